"""How the bot speaks now: its folder's persona and the settings' sampling, and over them what admins set, everywhere or for one
chat. Followed by every worker; a reply that was begun keeps its manner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from core.catalog import Bot
from core.errors import Refused
from core.language.phrases import LANGUAGES, Language
from core.messages import Address, Sampling
from core.settings import Settings
from core.store import Store, manners

LONGEST = 8_000
"""Characters of a persona."""
BOUNDS: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 5),
    "top_p": (0.01, 1),
    "top_k": (0, 1_000),
    "min_p": (0, 1),
    "repetition_penalty": (0.1, 10),
    "max_tokens": (1, 4_096),
    "seed": (0, 2**31 - 1),
}
"""What may be set of the sampling, from and to."""
_WHOLE = ("top_k", "max_tokens", "seed")


@dataclass(frozen=True, slots=True)
class Manner:
    """Personas with their variables, and how words are picked."""

    personas: Mapping[Language, str]
    sampling: Sampling


def of_settings(bot: Bot, settings: Settings) -> Manner:
    """As the bot's folder and the settings have it."""
    given = {field.name: getattr(settings, field.name) for field in fields(Sampling) if hasattr(settings, field.name)}
    return Manner(bot.personas, Sampling(**given))


def with_changes(manner: Manner, document: Mapping[str, Any]) -> Manner:
    """The same with what a document sets."""
    personas = {language: document.get(f"persona_{language}") or manner.personas[language] for language in LANGUAGES}
    changed = {name: document[name] for name in BOUNDS if document.get(name) is not None}
    return Manner(personas, replace(manner.sampling, **changed))


def read(given: Mapping[str, str]) -> dict[str, Any]:
    """A document from what was typed; empty fields set nothing. Raises `Refused` with the field and its bounds."""
    document: dict[str, Any] = {}
    for language in LANGUAGES:
        if text := given.get(f"persona_{language}", "").strip():
            if len(text) > LONGEST:
                raise Refused(f"persona_{language}: more than {LONGEST} characters", "shorten it")
            document[f"persona_{language}"] = text
    for name, (low, high) in BOUNDS.items():
        if not (typed := given.get(name, "").strip()):
            continue
        try:
            value = int(typed) if name in _WHOLE else float(typed)
        except ValueError:
            raise Refused(f"{name}: {typed[:40]!r} is no number", f"from {low:g} to {high:g}") from None
        if not low <= value <= high:
            raise Refused(f"{name}: {typed[:40]} is out of bounds", f"from {low:g} to {high:g}")
        document[name] = value
    return document


class Manners:
    """`of` says how to speak at an address; `tick`, called each second, follows the database."""

    def __init__(self, store: Store, bot: Bot, settings: Settings) -> None:
        self._store, self._bot = store, bot.name
        self._first = of_settings(bot, settings)
        self._stamps: Mapping[str, int] = {}
        self._documents: Mapping[str, Mapping[str, Any]] = {}

    async def tick(self) -> None:
        async with self._store.read() as tx:
            stamps = await manners.stamps(tx, self._bot)
            if stamps == self._stamps:
                return
            self._documents = {one.place: one.document for one in await manners.kept(tx, self._bot)}
            self._stamps = stamps

    def of(self, address: Address) -> Manner:
        made = with_changes(self._first, self._documents.get("", {}))
        return with_changes(made, self._documents.get(f"{address.platform}:{address.chat}", {}))
