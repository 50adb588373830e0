"""What tests of the admin side get."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.settings import Settings
from core.store import Store
from tests.fakes.admin import AdminSide, admin_side


@pytest.fixture
async def admin(store: Store, settings: Settings) -> AsyncIterator[AdminSide]:
    async with admin_side(store, settings) as side:
        yield side
