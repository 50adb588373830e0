"""How the assistant is to listen and answer in a channel: chosen there, by whoever may talk to it, for everybody."""

from __future__ import annotations

import re

from core.language.phrases import say
from core.messages import Reply
from core.skills.base import Command, Outcome, Skill, Turn
from core.store import Tx, modes
from core.store.modes import MODES, Mode

_SAID: tuple[tuple[Mode, re.Pattern[str]], ...] = (
    ("strict", re.compile(
        r"(?:please )?(?:only|just) (?:answer|reply|respond|listen)(?: here)? (?:when|if|to) (?:you(?:'re|’re| are) )?mention(?:ed|s)|"
        r"(?:please )?(?:answer|reply|respond|listen)(?: here)? only (?:when|if|to) (?:you(?:'re|’re| are) )?mention(?:ed|s)|"
        r"(?:请)?只(?:有|在)?(?:被)?提到你(?:时|的时候)?(?:才|再)?(?:回答|回复|说话)", re.IGNORECASE)),
    ("quiet", re.compile(
        r"(?:please )?(?:answer|reply|respond)(?: here)? (?:quietly|only to (?:the asker|whoever asks|who asks))(?: here)?|"
        r"(?:请)?(?:在这里)?(?:悄悄|小声)(?:地)?(?:回答|回复)|(?:回答|回复)只(?:给|让)提问(?:的)?人看(?:到|见)?", re.IGNORECASE)),
    ("follow", re.compile(
        r"(?:please )?(?:follow (?:the )?threads|(?:answer|reply|respond) in threads(?: too)?)(?: here)?|"
        r"(?:请)?(?:在这里)?(?:跟随|跟进|跟着)(?:讨论串|消息列|对话串|话题)", re.IGNORECASE)),
)  # fmt: skip


def _recognize(turn: Turn) -> Mode | None:
    if turn.message.private or len(turn.text) > 80:
        return None
    return next((mode for mode, said in _SAID if said.fullmatch(turn.text.rstrip(" .!。！"))), None)


async def _answer(turn: Turn, found: Command | Mode) -> Outcome:
    language, address = turn.language, turn.message.address
    if turn.message.private or not address.workspace:
        return Outcome(Reply(say(language, "channel_elsewhere")), intent="channel", quiet=True)
    wish = found.rest.strip().lower() if isinstance(found, Command) else found
    chosen = next((one for one in MODES if one == wish), None)

    async def write(tx: Tx) -> Reply:
        if chosen is None:
            return Reply(
                say(language, f"channel_{await modes.mode(tx, address)}") + "\n" + say(language, "channel_ask")
            )
        await modes.choose(tx, address, chosen, turn.now)
        return Reply(say(language, f"channel_{chosen}"))

    return Outcome(write=write, intent="channel", quiet=chosen is None)


SKILL = Skill(name="channel", answer=_answer, recognize=_recognize, commands={"/channel": "help_channel"}, order=72)
