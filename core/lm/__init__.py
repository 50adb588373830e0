"""Language models, one backend a file: every module beside this one exports `create(settings)`.

Packages in here are not backends but what backends are made of.
"""

from __future__ import annotations

import importlib
import pkgutil

from core.errors import ConfigurationError
from core.ports import LanguageModel
from core.settings import Settings


def available() -> list[str]:
    """Names of the backends, found by their files; nothing is imported."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)


def create(settings: Settings) -> LanguageModel:
    """The model that the settings name. Returns at once; it loads when `ready()` or `generate()` first wants it."""
    names = available()
    if settings.model_backend not in names:
        raise ConfigurationError(
            f"REMORA_MODEL_BACKEND: there is no backend {settings.model_backend!r}", f"choose one of {', '.join(names)}"
        )
    model: LanguageModel = importlib.import_module(f"{__name__}.{settings.model_backend}").create(settings)
    return model
