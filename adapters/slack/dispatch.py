"""From a payload of Slack to our own two listeners, by bolt: it knows the shapes, drops our own events, and serves
Socket Mode and HTTP alike.

Bolt acknowledges before its listeners run unless `process_before_response` is set; with it, its answer is ready only
when the listener has returned. An answer of 200 means: handed over for good, or not for us.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from pydantic import ValidationError
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.inbound import Identity
from adapters.slack.quiet import library_logger
from adapters.slack.web import Json
from core.errors import Unavailable

log = logging.getLogger(__name__)

Listener: TypeAlias = Callable[[Json], Awaitable[None]]


class Dispatcher:
    """Runs the listener that a payload is for."""

    def __init__(self, identity: Identity, on_message: Listener, on_press: Listener) -> None:
        async def authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=enterprise_id,
                team_id=team_id or identity.team,
                bot_user_id=identity.user,
                bot_id=identity.bot,
            )

        self._on_message = on_message
        self._on_press = on_press
        self._app = AsyncApp(
            name="remora",
            logger=library_logger(),
            signing_secret="",
            # Bolt makes a client for every request from this one; it has no token and is never used to call.
            client=AsyncWebClient(logger=library_logger()),
            authorize=authorize,
            process_before_response=True,
            raise_error_for_unhandled_request=True,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        self._app.event(re.compile("^(?:message|app_mention|agent_session_stopped)$"))(self._message)
        self._app.action(re.compile("^choice:"))(self._press)
        self._app.error(self._failed)

    async def dispatch(self, payload: Json) -> bool:
        """Whether the payload is dealt with, so that Slack may be told so."""
        try:
            request = AsyncBoltRequest(mode="socket_mode", body=payload)
        except (TypeError, AttributeError, KeyError):  # bolt reads ids out of it before any of its checks
            log.warning("an event of unknown shape was dropped", extra={"kind": kind_of(payload)})
            return True
        response = await self._app.async_dispatch(request)
        return response.status == 200

    async def _message(self, body: Json) -> None:
        await self._on_message(body)

    async def _press(self, body: Json, ack: AsyncAck) -> None:
        await self._on_press(body)
        await ack()

    async def _failed(self, error: Exception, body: Json) -> BoltResponse | None:
        """Bolt's own boundary hands everything to this one; what returns None is not acknowledged."""
        match error:
            case BoltUnhandledRequestError():
                log.info("nothing to do for an event", extra={"kind": kind_of(body)})
                return BoltResponse(status=200)
            case ValidationError():
                log.warning("an event of unknown shape was dropped", extra={"kind": kind_of(body)})
                return BoltResponse(status=200)
            case Unavailable():
                log.warning("not taken, Slack will send it again", extra={"kind": kind_of(body), "why": error.what})
            case _:
                # The text of an unforeseen error may hold a person's words; its type and place do not.
                where = error.__traceback__
                while where is not None and where.tb_next is not None:
                    where = where.tb_next
                place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else "unknown place"
                fields = {"kind": kind_of(body), "error": type(error).__name__, "at": place}
                log.error("an event could not be dealt with", extra=fields)
        return BoltResponse(status=500)


def kind_of(payload: Json) -> str:
    """What a payload is, without anything a person wrote."""
    event = payload.get("event")
    if isinstance(event, dict):
        return " ".join(str(event[name]) for name in ("type", "subtype") if event.get(name))
    return "slash_command" if "command" in payload else str(payload.get("type", "unknown"))
