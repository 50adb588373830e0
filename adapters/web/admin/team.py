"""The team's own sign-in, by OpenID Connect: a code with PKCE, and an ID token that is checked against the issuer's keys.

What belongs to a flow (state, nonce, verifier) is bound to the browser that began it, in a signed cookie of ten minutes.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import datetime as dt
import hmac
import json
import secrets
from functools import partial
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import ClaimsOption

from core.admin.accounts import Identity
from core.errors import Refused, Unavailable
from core.settings import Settings

BACK = "/admin/team/back"
FLOW_SECONDS = 600
_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
_SCOPE = "openid email profile"
_PATIENCE = 10.0
_KEPT = dt.timedelta(hours=1)


class NotProven(Refused):
    """What came back does not say who it is. `what` is for the log; the person is told to try again."""


class Team:
    """Speaks to the issuer of the settings."""

    def __init__(self, key: bytes) -> None:
        """`key` signs what the browser keeps of a flow."""
        self._key = key
        self._found: tuple[str, dt.datetime, dict[str, Any]] | None = None

    async def begin(self, settings: Settings, now: dt.datetime) -> tuple[str, str]:
        """Where to send the browser, and the cookie of the flow. Raises `Unavailable` where the issuer cannot be reached."""
        about = await self._metadata(settings, now)
        flow = {
            "state": secrets.token_urlsafe(24),
            "nonce": secrets.token_urlsafe(24),
            "verifier": secrets.token_urlsafe(48),
        }
        async with await asyncio.to_thread(_client, settings) as client:
            url, _ = client.create_authorization_url(
                about["authorization_endpoint"],
                state=flow["state"],
                nonce=flow["nonce"],
                code_verifier=flow["verifier"],
            )
        payload = json.dumps({**flow, "end": int(now.timestamp()) + FLOW_SECONDS}).encode()
        return url, f"{base64.urlsafe_b64encode(payload).decode()}.{self._mac(payload)}"

    async def end(self, settings: Settings, query: dict[str, str], cookie: str, now: dt.datetime) -> Identity:
        """Who came back. Raises `NotProven`, or `Unavailable` where the issuer cannot be reached."""
        flow = self._flow(cookie, now)
        if not flow or not hmac.compare_digest(flow["state"].encode(), query.get("state", "").encode()):
            raise NotProven("the flow was begun by another browser, or is over")
        if query.get("iss", settings.oidc_issuer) != settings.oidc_issuer or not query.get("code"):
            raise NotProven(f"the issuer refused: {query.get('error', 'no code')[:60]}")
        about = await self._metadata(settings, now)
        try:
            async with await asyncio.to_thread(_client, settings) as client:
                given = await client.fetch_token(
                    about["token_endpoint"], code=query["code"], code_verifier=flow["verifier"],
                    grant_type="authorization_code",
                )  # fmt: skip
                keys = (await client.request("GET", about["jwks_uri"], withhold_token=True)).raise_for_status().json()
            claims = _checked(str(given["id_token"]), keys, settings, flow["nonce"], now)
        except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as error:
            raise NotProven(f"what the issuer sent does not prove it ({type(error).__name__})") from error
        except httpx2.HTTPError as error:
            raise Unavailable("the team's sign-in cannot be reached", "see OIDC_ISSUER") from error
        return _identity(claims)

    async def _metadata(self, settings: Settings, now: dt.datetime) -> dict[str, Any]:
        """What the issuer says of itself, asked for once an hour."""
        issuer = settings.oidc_issuer
        if self._found is not None and self._found[0] == issuer and now - self._found[1] < _KEPT:
            return self._found[2]
        try:
            async with await asyncio.to_thread(partial(httpx2.AsyncClient, timeout=_PATIENCE)) as client:
                answer = await client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            about: dict[str, Any] = answer.raise_for_status().json()
            if (
                about["issuer"] != issuer
                or not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= about.keys()
            ):
                raise ValueError("it speaks of another issuer")
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("the team's sign-in cannot be reached", "see OIDC_ISSUER") from error
        self._found = (issuer, now, about)
        return about

    def _flow(self, cookie: str, now: dt.datetime) -> dict[str, str] | None:
        text, _, mac = cookie.partition(".")
        try:
            payload = base64.urlsafe_b64decode(text)
        except (binascii.Error, ValueError):
            return None
        if not hmac.compare_digest(self._mac(payload).encode(), mac.encode()):
            return None
        flow: dict[str, Any] = json.loads(payload)
        return flow if flow["end"] > now.timestamp() else None

    def _mac(self, payload: bytes) -> str:
        return hmac.digest(self._key, b"remora admin team\n" + payload, "sha256").hex()


def _client(settings: Settings) -> AsyncOAuth2Client:
    """Reads whose certificates we take: for a thread."""
    secret = settings.oidc_client_secret.get_secret_value()
    return AsyncOAuth2Client(
        settings.oidc_client_id,
        secret or None,
        scope=_SCOPE,
        redirect_uri=f"{settings.web_url}{BACK}",
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        timeout=_PATIENCE,
    )


def _checked(token: str, keys: Any, settings: Settings, nonce: str, now: dt.datetime) -> dict[str, Any]:
    """The claims of an ID token that is meant for us, now, in this flow."""
    decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
    there: ClaimsOption = {"essential": True}
    jwt.JWTClaimsRegistry(
        now=int(now.timestamp()), leeway=60, exp=there, iat=there, sub=there,
        iss={"essential": True, "value": settings.oidc_issuer}, aud={"essential": True, "value": settings.oidc_client_id},
        nonce={"essential": True, "value": nonce},
    ).validate(decoded.claims)  # fmt: skip
    if decoded.claims.get("azp", settings.oidc_client_id) != settings.oidc_client_id:
        raise ValueError("it was made for somebody else")
    return decoded.claims


def _identity(claims: dict[str, Any]) -> Identity:
    email, groups = claims.get("email"), claims.get("groups")
    proven = isinstance(email, str) and claims.get("email_verified") is True
    return Identity(
        f"{claims['iss']} {claims['sub']}",
        str(email).casefold() if proven else "",
        tuple(str(group) for group in groups) if isinstance(groups, list) else (),
    )
