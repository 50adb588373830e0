"""What Telegram shows of the bot: its commands, in each language and kind of chat, and what it says of itself.

Telegram keeps all that, so it is told only when it has changed since it was told last.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Sequence

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    MenuButtonCommands,
)
from telegram.error import RetryAfter, TelegramError

from adapters import Listed, Surroundings
from adapters.telegram.polling import reason, wait_of
from core.errors import Unavailable
from core.language.phrases import LANGUAGES, Language, say
from core.store import notes

log = logging.getLogger(__name__)

_CODES: dict[Language, str | None] = {"en": None, "zh": "zh"}
"""English is also for those whose language we do not speak."""
_PATIENCE = 60.0
_Call = Callable[[], Awaitable[object]]


async def present(bot: Bot, around: Surroundings) -> int:
    """Tells Telegram what has changed; returns with how many calls. Raises `Unavailable`; the next time tries again."""
    key = f"telegram:profile:{bot.token.partition(':')[0]}"
    told = {language: around.commands(language) for language in LANGUAGES}
    if not any(told.values()):
        return 0
    about = [say(language, f"telegram_{part}") for language in LANGUAGES for part in ("about", "short")]
    listed = [[(one.name, one.help, one.personal) for one in told[language]] for language in LANGUAGES]
    now = hashlib.sha256(json.dumps([1, about, listed]).encode()).hexdigest()
    async with around.store().read() as tx:
        if await notes.get(tx, key) == now:
            return 0
    calls = [call for language in LANGUAGES for call in _calls(bot, language, told[language])]
    calls.append(lambda: bot.set_chat_menu_button(menu_button=MenuButtonCommands()))
    try:
        for call in calls:
            await _patiently(call)
    except TelegramError as error:
        raise Unavailable(f"Telegram was not told of our commands: {reason(error)}", "try again later") from None
    async with around.store().write() as tx:
        await notes.put(tx, key, now, around.clock.now())
    log.info("Telegram was told of our commands", extra={"commands": len(told["en"])})
    return len(calls)


def _calls(bot: Bot, language: Language, commands: Sequence[Listed]) -> list[_Call]:
    """Those of one language: everything in private, in groups what is of use among others; who runs a group sees both."""
    code = _CODES[language]
    scopes: tuple[tuple[BotCommandScope, Sequence[Listed]], ...] = (
        (BotCommandScopeAllPrivateChats(), commands),
        (BotCommandScopeAllGroupChats(), [one for one in commands if not one.personal]),
        (BotCommandScopeAllChatAdministrators(), [one for one in commands if one.name != "start"]),
    )

    def setting(scope: BotCommandScope, some: Sequence[Listed]) -> _Call:
        listed = [BotCommand(one.name, one.help[:256]) for one in some]
        return lambda: bot.set_my_commands(listed, scope, code)

    return [
        *(setting(scope, some) for scope, some in scopes),
        lambda: bot.set_my_description(say(language, "telegram_about"), code),
        lambda: bot.set_my_short_description(say(language, "telegram_short"), code),
    ]


async def _patiently(call: _Call) -> None:
    try:
        await call()
    except RetryAfter as error:
        wait = wait_of(error).total_seconds()
        if wait > _PATIENCE:
            raise
        await asyncio.sleep(wait)
        await call()
