"""A team's own sign-in (OpenID Connect) on this machine: it hands out codes for whomever it is told, and checks PKCE."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

CLIENT, SECRET = "remora-test", "not-a-real-secret"


@dataclass
class Issuer:
    """`claims` are those of whoever signs in next, over the usual ones; `key` signs, `shown` is what it says its keys are."""

    url: str = ""
    now: int = 0
    claims: dict[str, Any] = field(default_factory=dict)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    algorithm: str = "ES256"
    down: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shown = KeySet([self.key])

    def approve(self, url: str, **claims: Any) -> dict[str, str]:
        """What the browser brings back after somebody signed in at the address to which it was sent."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(f"{self.url}/authorize")
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
        self.claims = claims
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        self.asked.append(asked)
        return {"code": code, "state": asked["state"]}

    async def about(self, _request: web.Request) -> web.Response:
        if self.down:
            return web.Response(status=503)
        ways = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return web.json_response({"issuer": self.url, **{name: f"{self.url}/{way}" for name, way in ways.items()}})

    async def keys(self, _request: web.Request) -> web.Response:
        return web.json_response(self.shown.as_dict(private=False))

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        given = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._codes.pop(str(form["code"]), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form["code_verifier"]).encode()).digest())
        right = asked is not None and challenge.decode().rstrip("=") == asked["code_challenge"]
        if not right or asked is None or request.headers.get("Authorization") != f"Basic {given}":
            return web.json_response({"error": "invalid_grant"}, status=400)
        usual = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "42",
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": asked["nonce"],
        }
        claims = {name: value for name, value in {**usual, **self.claims}.items() if value is not None}
        signed = jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, self.key, algorithms=[self.algorithm])
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": signed})


@asynccontextmanager
async def issuer() -> AsyncIterator[Issuer]:
    made = Issuer()
    app = web.Application()
    app.add_routes(
        [
            web.get("/.well-known/openid-configuration", made.about),
            web.get("/keys", made.keys),
            web.post("/token", made.token),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()
