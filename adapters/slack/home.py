"""The Home tab: one's reminders with what can be done about them, one's settings, and what is known of one."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.slack.render import plain
from adapters.slack.rich import rich_text
from adapters.slack.web import Json
from core.language.phrases import Language, counted, say
from core.messages import Moment
from core.overview import Overview
from core.reminders import wording
from core.render import literal, shortened
from core.store.reminders import Reminder

PAGE = 20
"""Reminders shown at once. Each takes two blocks of the hundred that Slack allows."""
_LONGEST = 300
"""Characters of a reminder's text that are shown in the list."""


def home(overview: Overview, page: int) -> Json:
    """The view; `page` counts from 0 and is set right where it is beyond the last one. Who never wrote is greeted."""
    if not overview.person.id:
        return {"type": "home", "blocks": [_words(say(overview.language, "hello", name=""))]}
    return {"type": "home", "blocks": [*_reminders(overview, page), *_settings(overview), *_known(overview)]}


def button(label: str, value: str, verb: str, language: Language, *, ask: str = "", style: str = "") -> Json:
    """With `ask`, Slack asks that first."""
    made = {"type": "button", "action_id": f"home:{verb}", "text": plain(label), "value": value}
    if ask:
        texts = {"title": label, "text": ask, "confirm": say(language, "yes"), "deny": say(language, "no")}
        made["confirm"] = {part: plain(text, 100 if part == "title" else 300) for part, text in texts.items()}
    return made | ({"style": style} if style else {})


def _reminders(overview: Overview, page: int) -> list[Json]:
    language, own = overview.language, overview.reminders
    last = max(len(own) - 1, 0) // PAGE
    page = min(max(page, 0), last)
    below = [button(say(language, "home_add"), "add", "add", language, style="primary")]
    if page > 0:
        below.append(button("◀", f"page:{page - 1}", "back", language))
    if page < last:
        below.append(button("▶", f"page:{page + 1}", "on", language))
    blocks = [_header(counted(language, "home_reminders", len(own)))]
    for one in own[page * PAGE : (page + 1) * PAGE]:
        blocks += [_line(overview, one), _actions([*_verbs(overview, one)])]
    return [*blocks, _actions(below)]


def _line(overview: Overview, one: Reminder) -> Json:
    language = overview.language
    when = overview.moment(one.rings) if one.rings else "–"
    text = literal(shortened(one.text, _LONGEST)) if one.text else say(language, "reminder_untitled")
    rule = overview.rule(one)
    more = (f" · {rule}" if rule else "") + (say(language, "paused_mark") if one.state == "paused" else "")
    return rich_text(f"**{text}**\\\n{when}{more}", (Moment(when, one.rings),) if one.rings else ())


def _verbs(overview: Overview, one: Reminder) -> Sequence[Json]:
    language = overview.language
    verbs = ["done", *(["snooze"] if one.last_due else []), "edit", "cancel"]
    made = []
    for verb in verbs:
        label = say(language, {"snooze": "button_snooze_pick"}.get(verb, f"button_{verb}"))
        value = f"reminders:{verb}:{one.id}" + (":pick" if verb == "snooze" else "")
        task = wording.task(language, shortened(one.text, 100)).replace("\\", "")
        ask = say(language, "home_cancel_ask", task=task) if verb == "cancel" else ""
        made.append(button(label, value, verb, language, ask=ask))
    return made


def _settings(overview: Overview) -> list[Json]:
    language, person = overview.language, overview.person
    quiet = f"{person.quiet_from} – {person.quiet_until}" if person.quiet_from else say(language, "home_none")
    digest = overview.rule(overview.digest) if overview.digest else say(language, "home_none")
    spoken = say(language, f"field_language_{person.language or 'auto'}")
    lines = [
        say(language, "home_zone", zone=person.zone or say(language, "home_none")),
        say(language, "home_language", spoken=spoken),
        say(language, "home_quiet", hours=quiet),
        say(language, "home_digest", when=digest),
    ]
    change = button(say(language, "home_change"), "settings", "settings", language)
    return [_header(say(language, "home_settings")), _words("\n".join(lines)), _actions([change])]


def _known(overview: Overview) -> list[Json]:
    language = overview.language
    lines = [
        say(language, "home_name", name=literal(overview.person.name) or say(language, "home_none")),
        counted(language, "home_turns", overview.turns),
        *(f"- {literal(shortened(fact, _LONGEST))}" for fact in overview.facts[:PAGE]),
    ]
    if (more := len(overview.facts) - PAGE) > 0:
        lines.append(say(language, "reminder_more", count=more))
    ask = say(language, "home_forget_ask")
    forget = button(say(language, "home_forget"), "say:/forget", "forget", language, ask=ask, style="danger")
    facts = [button(say(language, "home_facts"), "say:/memory", "facts", language)] if overview.facts else []
    return [_header(say(language, "home_known")), _words("\n".join(lines)), _actions([*facts, forget])]


def _header(text: str) -> Json:
    return {"type": "header", "text": plain(text, 150)}


def _words(markdown: str) -> Json:
    return rich_text(markdown, ())


def _actions(elements: list[Json]) -> Json:
    return {"type": "actions", "elements": elements}
