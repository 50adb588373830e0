"""Chat platforms; none knows another. Each package here whose module has `create(settings)` is one; there is no list.

`adapters/console.py` is the reference: copy it to add a platform.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from core.ports import Adapter
from core.settings import Settings


def available() -> list[str]:
    """Names of the platforms found here, the console apart: it belongs to the terminal that opens it."""
    return sorted(module.name for module in iter_modules(__path__) if module.ispkg)


def create(name: str, settings: Settings) -> Adapter | None:
    """The adapter of a platform; None where the settings do not switch it on."""
    adapter: Adapter | None = import_module(f"adapters.{name}").create(settings)
    return adapter
