"""One's reminders in a calendar program: a private address, told in private only. We keep no more than its hash."""

from __future__ import annotations

import secrets

from core.language.phrases import say
from core.language.wishes import FeedWish, feed_wish
from core.messages import Reply
from core.reminders.feed import key_of
from core.skills.base import Outcome, Skill, Turn
from core.store import Tx, preferences

_SECRET_BYTES = 24


def _recognize(turn: Turn) -> FeedWish | None:
    return feed_wish(turn.text)


async def _answer(turn: Turn, wish: FeedWish) -> Outcome:
    if not turn.message.private:
        return Outcome(Reply(say(turn.language, "only_in_private"), quiet=True), intent="calendar_feed")

    async def write(tx: Tx) -> Reply:
        had = await preferences.feed_key(tx, turn.person.id)
        if wish == "off":
            await preferences.set_feed_key(tx, turn.person.id, None)
            return Reply(say(turn.language, "feed_off" if had else "feed_was_off"))
        if wish == "show" and had:
            return Reply(say(turn.language, "feed_known"))
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        await preferences.set_feed_key(tx, turn.person.id, key_of(secret))
        key = "feed_new" if had else "feed_first"
        return Reply(say(turn.language, key, url=f"{turn.settings.web_url}/calendar/{secret}.ics"))

    return Outcome(write=write, intent="calendar_feed", secret=True)


SKILL = Skill(name="calendar_feed", answer=_answer, recognize=_recognize, order=16)
