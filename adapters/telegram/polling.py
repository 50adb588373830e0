"""Long polling: an update counts as taken only when our side has kept it."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.transport import RawBot
from adapters.telegram.updates import KINDS
from core.errors import Unavailable

log = logging.getLogger(__name__)


_LONG = 60.0
"""Seconds of a wanted silence from which somebody should know of it, and between two times of saying so."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in seconds."""

    poll: int = 30
    """Longest time that one call waits for updates."""
    between_looks: float = 120.0
    """How often we look whether the webhook is still ours."""
    first_delay: float = 0.5
    longest_delay: float = 30.0
    """Back-off after a failure: doubling from the first to the longest, with jitter."""
    before_preview: float = 0.25
    """A reply that is ready by then needs no preview."""
    between_drafts: float = 1.0
    renew_draft: float = 20.0
    """Telegram shows a draft for thirty."""
    before_growing: float = 2.0
    """A reply that is ready by then needs no message that grows in a group; "typing", which is shown for five, does."""
    between_edits: float = 3.0
    last_draft: float = 2.0
    """How long the final message waits for a call under way, whose draft would otherwise appear after it."""


Tell: TypeAlias = Callable[[str, str, str], Awaitable[None]]
"""Lets `remora doctor` know of a trouble: its key, what it is, and how to mend it."""


class Backoff:
    """Delays that double while something fails."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.failures = 0

    def next(self) -> float:
        longest = min(self._pace.first_delay * 2.0 ** min(self.failures, 16), self._pace.longest_delay)
        self.failures += 1
        return longest * random.uniform(0.5, 1.0)


async def poll(bot: RawBot, pace: Pace, take: Callable[[object], Awaitable[int | None]], tell: Tell) -> None:
    """Fetches updates until cancelled and gives each to `take`: those of a chat in order, different chats at the same
    time, since the database takes many in the time that it takes one.

    `take` returns the id of an update that is done with (None: it has none). When it raises `Unavailable`, this update
    and the later ones stay unconfirmed, and are fetched again after a while.
    """
    offset: int | None = None
    backoff = Backoff(pace)
    while True:
        try:
            updates = await bot.raw_updates(offset, pace.poll, KINDS)
        except TelegramError as error:
            await recover(bot, error, backoff, tell)
            continue
        lanes: dict[object, list[object]] = {}
        for update in updates:
            lanes.setdefault(_chat_of(update), []).append(update)
        done: dict[int, int | None] = {}
        took = await asyncio.gather(
            *(_take_in_order(one, take, done) for one in lanes.values()), return_exceptions=True
        )
        for update in updates:
            if id(update) not in done:
                break
            offset = offset if (number := done[id(update)]) is None else number + 1
        try:
            for failure in took:
                if failure is not None:
                    raise failure
        except Unavailable as error:
            delay = backoff.next()
            log.warning("messages wait at Telegram", extra={"why": error.what, "seconds": round(delay, 1)})
            await asyncio.sleep(delay)
            continue
        if backoff.failures:
            log.info("receiving from Telegram again", extra={"failures": backoff.failures})
            backoff.failures = 0


async def _take_in_order(
    updates: Iterable[object], take: Callable[[object], Awaitable[int | None]], done: dict[int, int | None]
) -> None:
    for update in updates:
        done[id(update)] = await take(update)


def _chat_of(update: object) -> object:
    """The chat that an update is about, as far as it can be read."""
    for payload in update.values() if isinstance(update, dict) else ():
        if isinstance(payload, dict):
            about = payload.get("message") or payload
            chat = about.get("chat") if isinstance(about, dict) else None
            return chat.get("id") if isinstance(chat, dict) and isinstance(chat.get("id"), int) else None
    return None


async def recover(bot: Bot, error: TelegramError, backoff: Backoff, tell: Tell) -> None:
    """Waits as long as the failure asks for, and tells those who can do something about it."""
    delay = backoff.next()
    match error:
        case RetryAfter():
            delay = max(delay, wait_of(error).total_seconds())
            log.warning("Telegram asks us to wait", extra={"seconds": round(delay)})
            while delay > _LONG:
                await tell("limit", f"Telegram wants no calls for {round(delay / 60)} minutes", "it goes on by itself")
                await asyncio.sleep(_LONG)
                delay -= _LONG
        case Conflict() if "webhook is active" in error.message:
            log.warning("a webhook is set for this bot; it is removed, since we poll")
            await _remove_webhook(bot)
        case Conflict():
            log.warning("another program polls with the same TELEGRAM_BOT_TOKEN; stop one of them")
            mend = "stop the other one, or make a bot of its own for it with @BotFather"
            await tell("poller", "another program fetches the messages of the same Telegram bot", mend)
        case InvalidToken():
            log.error("Telegram no longer accepts TELEGRAM_BOT_TOKEN; copy the new one from @BotFather and start again")
            mend = "copy the new token from @BotFather and start again"
            await tell("token", "Telegram no longer accepts TELEGRAM_BOT_TOKEN", mend)
        case _:
            level = logging.WARNING if backoff.failures == 1 else logging.DEBUG
            log.log(level, "Telegram cannot be reached", extra={"why": reason(error), "seconds": round(delay, 1)})
    await asyncio.sleep(delay)


async def _remove_webhook(bot: Bot) -> None:
    try:
        await bot.delete_webhook(drop_pending_updates=False)
    except TelegramError as error:
        log.warning("the webhook could not be removed", extra={"why": reason(error)})


def wait_of(error: RetryAfter) -> dt.timedelta:
    """How long Telegram wants us to wait; the library gives seconds or a span, as it is set up."""
    wait = error.retry_after
    return wait if isinstance(wait, dt.timedelta) else dt.timedelta(seconds=wait)


def reason(error: TelegramError) -> str:
    """The kind of failure. Not its text: that may quote an address with the token, or what somebody wrote."""
    cause = error.__cause__
    return f"{type(error).__name__} ({type(cause).__name__})" if cause is not None else type(error).__name__
