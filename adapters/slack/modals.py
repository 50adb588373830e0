"""Forms in a window of their own: a reminder to add or edit, until when to put one off, one's settings.

What a form is about travels in its `private_metadata`, which people cannot change; what they fill in is checked while
the window is still open, and only then handed over.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from adapters.slack.render import plain
from adapters.slack.render import words as words_of
from adapters.slack.web import Json
from core.language.phrases import Language, say
from core.language.zones import find_zone
from core.overview import Overview, unclear
from core.render import shortened
from core.store.reminders import Reminder

_FORMS = ("reminder", "snooze", "settings")
_TITLE = 24
_LATENESS = ("usual", "send", "limit:60", "skip", "next")
_LONGEST = 2_000
"""Characters of a reminder's text."""


@dataclass(frozen=True, slots=True)
class About:
    """What a form is about, and where it is answered."""

    chat: str
    thread: str = ""
    ts: str = ""
    """The message on which its button stands."""
    number: int = 0
    """The reminder's; 0: a new one."""


_ABOUT = TypeAdapter(About)


class _Option(BaseModel):
    value: str = ""


class _Value(BaseModel):
    value: str | None = None
    selected_time: str | None = None
    selected_date_time: int | None = None
    selected_option: _Option | None = None


class _State(BaseModel):
    values: dict[str, dict[str, _Value]] = {}


class View(BaseModel):
    """A form that was filled in."""

    id: str
    callback_id: str = ""
    private_metadata: str = ""
    state: _State = Field(default_factory=_State)

    @property
    def about(self) -> About | None:
        """None for a form that we no longer know."""
        try:
            return _ABOUT.validate_json(self.private_metadata) if self.callback_id in _FORMS else None
        except ValidationError:
            return None

    @property
    def fields(self) -> dict[str, str]:
        """What was filled in, by the ids of the blocks."""
        return {block: _said(next(iter(inputs.values()))) for block, inputs in self.state.values.items() if inputs}


def _said(given: _Value) -> str:
    chosen = given.selected_option.value if given.selected_option else None
    moment = str(given.selected_date_time) if given.selected_date_time else None
    return (given.value or given.selected_time or moment or chosen or "").strip()


def reminder_form(overview: Overview, about: About) -> Json:
    """Adds a reminder, or edits the one that it is about."""
    language = overview.language
    old = overview.about
    title = "form_edit" if old else "form_add"
    when = _input(language, "when", {"type": "plain_text_input"}, optional=old is not None)
    if old is not None:
        when["hint"] = plain(say(language, "field_when_now", when=_when(overview, old)), _LONGEST)
    what: Json = {"type": "plain_text_input", "max_length": _LONGEST, "multiline": True}
    if old is not None and old.text:
        what["initial_value"] = shortened(old.text, _LONGEST)
    late = _select(language, "lateness", _LATENESS)
    blocks = [_input(language, "what", what, optional=True), when, _input(language, "lateness", late, optional=True)]
    return _modal(language, title, "reminder", about, blocks)


def snooze_form(overview: Overview, about: About) -> Json:
    """Until when; tomorrow at nine is proposed."""
    tomorrow = overview.now.astimezone(overview.zone).date() + dt.timedelta(days=1)
    usual = dt.datetime.combine(tomorrow, dt.time(9), overview.zone)
    element = {"type": "datetimepicker", "initial_date_time": round(usual.timestamp())}
    blocks = [_input(overview.language, "until", element)]
    return _modal(overview.language, "form_snooze", "snooze", about, blocks)


def settings_form(overview: Overview, about: About) -> Json:
    language, person = overview.language, overview.person
    zone: Json = {"type": "plain_text_input"} | ({"initial_value": person.zone} if person.zone else {})
    spoken = _select(language, "language", ("auto", "en", "zh"), person.language or "auto")
    digest = overview.digest.starts_local[11:16] if overview.digest else None
    times = {"quiet_from": person.quiet_from, "quiet_until": person.quiet_until, "digest": digest}
    blocks = [
        _input(language, "zone", zone),
        _input(language, "language", spoken),
        *(_input(language, name, _clock(time), optional=True) for name, time in times.items()),
    ]
    return _modal(language, "home_settings", "settings", about, blocks)


def notice(language: Language, words: str) -> Json:
    """A window that only says something."""
    block = {"type": "section", "text": plain(words, _LONGEST)}
    return {"type": "modal", "title": plain(say(language, "form_notice"), _TITLE), "blocks": [block]}


def wrong(view: View, about: About, overview: Overview) -> Mapping[str, str]:
    """What cannot be taken as it was filled in, by block."""
    language, fields = overview.language, view.fields
    match view.callback_id:
        case "reminder":
            words = fields.get("when", "")
            if not words:
                return {} if about.number else {"when": say(language, "form_no_time")}
            why = unclear(words, language, overview.zone, overview.now)
            return {"when": words_of(why)} if why else {}
        case "snooze":
            late = int(fields.get("until") or 0) <= overview.now.timestamp()
            return {"until": say(language, "form_past")} if late else {}
        case "settings":
            found = {}
            if find_zone(fields.get("zone", "")) is None:
                found["zone"] = say(language, "form_no_zone")
            if bool(fields.get("quiet_from")) != bool(fields.get("quiet_until")):
                found["quiet_until"] = say(language, "form_quiet_both")
            return found
    return {}


def wishes(fields: Mapping[str, str], overview: Overview) -> Sequence[str]:
    """The settings that were changed, as the person could have typed them."""
    person, wished = overview.person, []
    zone, language = find_zone(fields.get("zone", "")), fields.get("language", "auto")
    if zone != person.zone:
        wished.append(f"/timezone {zone}")
    if language != (person.language or "auto"):
        wished.append(f"/language {language}")
    start, end, digest = (fields.get(name, "") for name in ("quiet_from", "quiet_until", "digest"))
    if (start, end) != (person.quiet_from or "", person.quiet_until or ""):
        wished.append(f"/quiet {start} to {end}" if start else "/quiet off")
    if digest != (overview.digest.starts_local[11:16] if overview.digest else ""):
        wished.append(f"send me my schedule every day at {digest}" if digest else "morning digest off")
    return wished


def _when(overview: Overview, old: Reminder) -> str:
    return overview.rule(old) or (overview.moment(old.rings) if old.rings else "–")


def _modal(language: Language, title: str, kind: str, about: About, blocks: Sequence[Json]) -> Json:
    return {
        "type": "modal",
        "callback_id": kind,
        "private_metadata": json.dumps(asdict(about)),
        "title": plain(say(language, title), _TITLE),
        "submit": plain(say(language, "form_save"), _TITLE),
        "close": plain(say(language, "form_close"), _TITLE),
        "blocks": list(blocks),
    }


def _input(language: Language, name: str, element: Json, *, optional: bool = False) -> Json:
    label = plain(say(language, f"field_{name}"), _LONGEST)
    return {
        "type": "input", "block_id": name, "label": label, "optional": optional,
        "element": element | {"action_id": name},
    }  # fmt: skip


def _select(language: Language, name: str, values: Sequence[str], chosen: str = "") -> Json:
    options = [
        {"text": plain(say(language, f"field_{name}_{value.partition(':')[0]}")), "value": value} for value in values
    ]
    initial = {"initial_option": options[values.index(chosen)]} if chosen in values else {}
    return {"type": "static_select", "options": options} | initial


def _clock(time: str | None) -> Json:
    return {"type": "timepicker"} | ({"initial_time": time} if time else {})
