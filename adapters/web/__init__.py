"""The HTTP side: the browser chat and the health of the process. Nothing heavy is imported until it is created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters import Surroundings
from core.settings import Settings

if TYPE_CHECKING:
    from adapters.web.adapter import WebAdapter


def create(settings: Settings, around: Surroundings) -> WebAdapter:
    """The adapter, not yet connected: it serves from `connect` on. The checks decide `/readyz`."""
    from adapters.web.adapter import WebAdapter

    return WebAdapter(settings, around)
