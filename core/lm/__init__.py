"""Language models, one backend a file: every module beside this one exports `create(settings)`.

Packages in here are not backends but what backends are made of.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import ConfigurationError, ModelUnavailable
from core.ports import LanguageModel
from core.settings import Settings

log = logging.getLogger(__name__)


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


@contextmanager
def warming(model: LanguageModel) -> Iterator[None]:
    """The model loads meanwhile. That it cannot is logged, and everything else goes on without it."""

    async def load() -> None:
        try:
            await model.ready()
        except ModelUnavailable as error:
            log.warning("there is no language model", extra={"why": error.what, "mend": error.mend})

    loading = asyncio.create_task(load(), name="model-loading")
    try:
        yield
    finally:
        loading.cancel()
