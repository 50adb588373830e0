"""How admin pages look: templates, their words in two languages, and what every template may call."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias

from jinja2 import DictLoader, Environment, StrictUndefined
from starlette.responses import HTMLResponse

from core.language.phrases import LANGUAGES, Language
from core.language.told import sentences
from core.reminders import wording
from core.reminders.quiet import zone_here
from core.settings import Settings, setting_name

if TYPE_CHECKING:
    from adapters.web.admin.screen import Screen, Visit

Words: TypeAlias = Mapping[str, Mapping[str, str]]
"""Section -> key -> what is said."""
_MINUTE = dt.timedelta(minutes=1)
_PACKAGE = resources.files("adapters.web.admin")


class Section(dict[str, str]):
    """What a screen says, by key."""


class _Templates(Environment):
    """`t.x.copy` is the word of that name, and not a method of dictionaries."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return obj[attribute] if isinstance(obj, Section) and attribute in obj else super().getattr(obj, attribute)


@cache
def load_words() -> dict[Language, dict[str, Section]]:
    """Each file under `words/LANGUAGE/` is a section; what a setting is for is said in English where it is defined."""
    words = {
        language: {
            file.name.removesuffix(".toml"): Section(tomllib.loads(file.read_text(encoding="utf-8")))
            for file in (_PACKAGE / "words" / language).iterdir()
            if file.name.endswith(".toml")
        }
        for language in LANGUAGES
    }
    helps = {setting_name(field): info.description or "" for field, info in Settings.model_fields.items()}
    words["en"]["settings_help"] = Section(helps)
    sentences()  # read now, not while a page waits
    return words


@cache
def _templates() -> _Templates:
    """They are files of the package: read and compiled once, however many applications this process makes."""
    sources = {file.name: file.read_text(encoding="utf-8") for file in (_PACKAGE / "templates").iterdir()}
    return _Templates(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


class Look:
    """Renders admin pages. Templates get `t` (words), `me` (the account), `may`, `moment`, `ago`, and the form token."""

    def __init__(self, version: str) -> None:
        """`version` changes with the files that pages ask for."""
        self.words = load_words()
        self.screens: Sequence[Screen] = ()
        self._version = version
        self._templates = _templates()

    def page(self, visit: Visit, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        here = visit.desk.settings.default_timezone

        def moment(when: dt.datetime, zone: str | None = None) -> str:
            return wording.moment(visit.language, when, zone_here(zone or here or "UTC"), visit.now)

        def ago(when: dt.datetime) -> str:
            past = visit.now - when
            return wording.distance(visit.language, when + past % _MINUTE if past > _MINUTE else when, visit.now)

        html = self._templates.get_template(template).render(
            t=self.words[visit.language],
            language=visit.language,
            me=visit.account,
            may=visit.actor.may,
            screens=[screen for screen in self.screens if screen.listed and visit.actor.may(screen.needs)],
            here=visit.request.url.path,
            said=self._said(visit),
            form_token=visit.form_token,
            version=self._version,
            moment=moment,
            ago=ago,
            told=visit.told,
            **values,
        )
        return HTMLResponse(html, status, headers={"Vary": "Accept-Language, Cookie, HX-Request"})

    def outside(self, template: str, language: Language, status: int = 200, **values: Any) -> HTMLResponse:
        """A page for somebody who is not signed in."""
        html = self._templates.get_template(template).render(
            t=self.words[language], language=language, version=self._version, **values
        )
        return HTMLResponse(html, status, headers={"Vary": "Accept-Language, Cookie"})

    def _said(self, visit: Visit) -> str:
        section, _, key = visit.ask("said").partition(".")
        return self.words[visit.language].get(section, Section()).get(key, "")
