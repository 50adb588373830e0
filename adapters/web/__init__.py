"""The HTTP side: the browser chat and the health of the process. Nothing heavy is imported until it is created."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from adapters.web.values import Check, History, Past
from core.ports import Clock
from core.settings import Settings

if TYPE_CHECKING:
    from adapters.web.adapter import WebAdapter

__all__ = ["Check", "History", "Past", "create"]


def create(
    settings: Settings,
    *,
    key: bytes,
    clock: Clock,
    history: History | None = None,
    checks: Mapping[str, Check] | None = None,
) -> WebAdapter:
    """The adapter, not yet connected: it serves from `connect` on.

    `key` signs cookies (at least 32 random bytes; all sign-ins end when it changes). `history` gives what was said
    before the page was opened; without it a page shows what this process remembers. `checks` decide `/readyz`.
    """
    from adapters.web.adapter import WebAdapter

    return WebAdapter(settings, key=key, clock=clock, history=history, checks=checks or {})
