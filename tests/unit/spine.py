"""The whole spine in this process, on the platform of the tests and a model that says what it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bots._app import App, running
from core.settings import Settings, load_settings
from core.store import Store
from tests.conftest import EVERYBODY
from tests.fakes.model import FakeModel
from tests.fakes.platform import FakePlatform


def settings_in(folder: Path, **more: Any) -> Settings:
    """Settings that read nothing of the machine they run on."""
    return load_settings(
        _env_file=None,
        **{
            "REMORA_DATA_DIR": folder / "data",
            "REMORA_MODEL_BACKEND": "off",
            "REMORA_INTENT_ENCODER": "off",
            "LOG_LEVEL": "ERROR",
            **EVERYBODY,
            **more,
        },
    )


@dataclass(frozen=True)
class Spine:
    app: App
    platform: FakePlatform
    model: FakeModel

    async def column(self, table: sa.Table, name: str) -> list[Any]:
        return await column(self.app.store, table, name)


async def column(store: Store, table: sa.Table, name: str) -> list[Any]:
    """A column of a table in the order of its rows."""
    async with store.read() as tx:
        return [row[0] for row in await tx.rows(sa.select(table.c[name]).order_by(table.c.id))]


@asynccontextmanager
async def spine_on(
    settings: Settings, platform: FakePlatform | None = None, model: FakeModel | None = None
) -> AsyncIterator[Spine]:
    platform, model = platform or FakePlatform(), model or FakeModel()
    async with running(settings, [platform], model=model) as app:
        yield Spine(app, platform, model)
