"""What the assistant can do besides talking. Each module here that exports `SKILL` is a skill; there is no list."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from core.skills.base import Skill


@cache
def available() -> tuple[Skill, ...]:
    """Every skill found in this package, in the order in which they are asked."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    skills = [module.SKILL for module in modules if hasattr(module, "SKILL")]
    return tuple(sorted(skills, key=lambda skill: (skill.order, skill.name)))
