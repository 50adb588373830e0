"""What the admin side works with: one value, made once by the composition root, given to every page and verb."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.admin.jobs import Jobs
from core.catalog import Bot
from core.health import Check
from core.intents.live import Live
from core.intents.releases import Editing
from core.knowledge.library import Library
from core.ports import Adapter, Clock, LanguageModel
from core.settings import Settings
from core.store import Store
from core.store.admin.figures import Spent


@dataclass(frozen=True, slots=True)
class Desk:
    """`editing` holds drafts and releases, `live` is what recognises now; `wake` lets what was just put into the outbox
    go at once; `adapters` are those of this process, by name; `jobs` is what takes too long for a page; `library` holds
    the documents in force; `spent` remembers what was spent on days that are over."""

    store: Store
    clock: Clock
    settings: Settings
    bot: Bot
    model: LanguageModel
    editing: Editing
    live: Live
    adapters: Mapping[str, Adapter]
    checks: Mapping[str, Check]
    wake: Callable[[], None]
    jobs: Jobs = field(default_factory=Jobs)
    library: Library | None = None
    spent: dict[dt.datetime, Spent] = field(default_factory=dict)
