"""The browser chat: its page, what it sends, what it hears. Nothing here answers a person; that is the core's."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from time import monotonic
from zoneinfo import available_timezones

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from adapters._bodies import TooLarge, body
from adapters.web import guard
from adapters.web.look import Look, accepted
from adapters.web.markdown import to_html
from adapters.web.signin import COOKIE_LIFE, SignIn, Tries, network
from adapters.web.streams import Streams
from core.messages import Address, Line, Message, Sender
from core.ports import Clock
from core.store import Store
from core.store.admin import signin

COOKIE = "remora"
_LARGEST = 1 << 20
"""Bytes of a message as it is sent."""
_SMALL = 4_096
_LOOK_AGAIN = 5.0
"""Seconds after which an open page may find that its session was ended."""


@cache
def _zones() -> frozenset[str]:
    """Every IANA zone; walking through them takes long enough to be done once, at start."""
    return frozenset(available_timezones())


class _Sent(BaseModel):
    """What the page sends: words, or the button that was pressed with its label as the words."""

    id: str = Field(pattern=r"^[0-9a-zA-Z-]{16,64}$")
    text: str
    choice: str = Field("", max_length=64)
    zone: str = Field("", max_length=64)


class _Token(BaseModel):
    token: str = Field(max_length=200)


@dataclass(frozen=True, slots=True)
class _Visitor:
    person: str
    cookie: str


class Pages:
    """The routes of the chat."""

    def __init__(
        self,
        take: Callable[[Message], Awaitable[None]],
        *,
        sign_in: SignIn,
        streams: Streams,
        clock: Clock,
        history: Callable[[Address], Awaitable[Sequence[Line]]],
        store: Callable[[], Store],
        look: Look,
        secure: bool,
    ) -> None:
        """`take` keeps a message for good or raises `Unavailable`; `secure`: people reach us by https."""
        self._take, self._sign_in, self._streams, self._clock = take, sign_in, streams, clock
        self._history, self._store, self._secure = history, store, secure
        self._look = look
        self._tries = Tries(store, clock)
        self._zones = _zones()

    def routes(self) -> list[Route]:
        return [
            Route("/", self.chat),
            Route("/in", self.entrance),
            Route("/in", self.enter, methods=["POST"]),
            Route("/out", self.leave, methods=["POST"]),
            Route("/out/everywhere", self.leave_everywhere, methods=["POST"]),
            Route("/link", self.link, methods=["POST"]),
            Route("/session", self.session),
            Route("/send", self.send, methods=["POST"]),
            Route("/events", self.events),
            self._look.route(),
        ]

    async def chat(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return self._look.page(request, "entrance.html", 401)
        last = self._streams.now(visitor.person)  # before the history is read: what comes meanwhile is not missed
        past = await self._history(address_of(visitor.person))
        shown = [(one, await to_html(one.text, plain=one.plain)) for one in past]
        return self._look.page(
            request,
            "chat.html",
            person=visitor.person,
            form_token=self._sign_in.form_token(visitor.cookie),
            past=shown,
            last=last,
        )

    async def entrance(self, request: Request) -> Response:
        """Where a one-time link leads. Reading it uses nothing up; the page itself exchanges the link."""
        return self._look.page(request, "entrance.html")

    async def enter(self, request: Request) -> Response:
        words = self._look.words(request)
        if not guard.from_our_page(request):
            return JSONResponse({"error": words["forbidden"]}, 403)
        client = f"chat {network(request.client.host)}" if request.client else ""
        async with self._tries.one(client) as tried:
            if tried.wait:
                return JSONResponse({"error": words["enter_wait"]}, 429, headers={"Retry-After": str(tried.wait)})
            try:
                given = _Token.model_validate_json(await body(request, _SMALL))
                person, made_at = self._sign_in.redeem(given.token) or ("", self._clock.now())
            except (ValidationError, TooLarge):
                person = ""
            if person:
                async with self._store().read() as tx:
                    number, ended_at = await signin.ended(tx, person)
                tried.passed = ended_at is None or ended_at < made_at
        if not tried.passed:
            return JSONResponse({"error": words["enter_failed"]}, 401)
        response = Response(status_code=204)
        response.set_cookie(
            COOKIE,
            self._sign_in.cookie(person, number),
            max_age=int(COOKIE_LIFE.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=self._secure,
        )
        return response

    async def leave(self, request: Request) -> Response:
        visitor = await self._acting(request)
        if isinstance(visitor, Response):
            return visitor
        return self._left()

    async def leave_everywhere(self, request: Request) -> Response:
        """Ends the sessions of this person on all devices, and links that were not used yet."""
        visitor = await self._acting(request)
        if isinstance(visitor, Response):
            return visitor
        async with self._store().write() as tx:
            await signin.end(tx, visitor.person, self._clock.now())
        return self._left()

    def _left(self) -> Response:
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=self._secure)
        return response

    async def link(self, request: Request) -> Response:
        """A link for another device, under the address by which this one reached us."""
        visitor = await self._acting(request)
        if isinstance(visitor, Response):
            return visitor
        base = f"{'https' if self._secure else 'http'}://{request.headers['host']}"
        return JSONResponse({"url": self._sign_in.new_link(visitor.person, base)})

    async def session(self, request: Request) -> Response:
        return Response(status_code=204 if await self._visitor(request) else 401)

    async def send(self, request: Request) -> Response:
        """202 once the message is kept. The same id again is the same message, so a page may always ask again."""
        visitor = await self._acting(request)
        if isinstance(visitor, Response):
            return visitor
        words = self._look.words(request)
        try:
            sent = _Sent.model_validate_json(await body(request, _LARGEST))
        except TooLarge:
            return JSONResponse({"error": words["too_large"]}, 413)
        except ValidationError:
            return JSONResponse({"error": words["not_understood"]}, 400)
        message = self._message(request, visitor.person, sent)
        await self._take(message)
        if self._streams.find(visitor.person, message.event_id) is None:
            said = {"cause": message.event_id, "id": sent.id, "text": sent.text}
            self._streams.publish(visitor.person, "said", said)
        return JSONResponse({"id": sent.id}, 202)

    async def unavailable(self, request: Request, _error: Exception) -> Response:
        """The database does not answer now, or Remora is not there yet."""
        return JSONResponse({"error": self._look.words(request)["unavailable"]}, 503, headers={"Retry-After": "5"})

    async def events(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return Response(status_code=401)
        last = request.headers.get("last-event-id") or request.query_params.get("last", "")
        return StreamingResponse(
            self._while_signed_in(request, self._streams.follow(visitor.person, last)),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    async def _while_signed_in(self, request: Request, events: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """The events, until the session is ended somewhere, which is looked at every few seconds."""
        async with aclosing(events):
            looked = monotonic()
            async for event in events:
                if monotonic() - looked >= _LOOK_AGAIN:
                    if await self._visitor(request) is None:
                        return
                    looked = monotonic()
                yield event

    def _message(self, request: Request, person: str, sent: _Sent) -> Message:
        tags = accepted(request.headers.get("accept-language", ""))
        zone = sent.zone if sent.zone in self._zones else None
        return Message(
            event_id=f"{person}:{sent.id}",
            address=address_of(person),
            sender=Sender(account=person, name=person, locale=tags[0] if tags else None, zone=zone),
            text=sent.text,
            sent_at=self._clock.now().astimezone(dt.UTC),
            kind="choice" if sent.choice else "text",
            message_id=sent.id,
            choice=sent.choice,
        )

    async def _visitor(self, request: Request) -> _Visitor | None:
        cookie = request.cookies.get(COOKIE, "")
        named = self._sign_in.named(cookie) if cookie else None
        if named is None:
            return None
        async with self._store().read() as tx:
            number, _ = await signin.ended(tx, named[0])
        return _Visitor(named[0], cookie) if named[1] == number else None

    async def _acting(self, request: Request) -> _Visitor | Response:
        """The signed-in person behind a request that changes something, or why it is refused."""
        words = self._look.words(request)
        visitor = await self._visitor(request)
        if visitor is None:
            return JSONResponse({"error": words["ended"]}, 401)
        token = request.headers.get("x-form-token", "")
        if not (guard.from_our_page(request) and self._sign_in.form_token_fits(visitor.cookie, token)):
            return JSONResponse({"error": words["forbidden"]}, 403)
        return visitor


def address_of(person: str) -> Address:
    """Each person has one conversation here, the same on all of their devices."""
    return Address("web", "", person)
