"""`remora doctor`: is everything well, and if not, how to mend it."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from core.ports import Adapter
    from core.settings import Settings


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended by itself: folders, tables, model weights.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a check.")
def command(fix: bool, as_json: bool) -> None:
    """Check the installation; safe to paste: it shows no secret and nobody's words."""
    import asyncio

    from core.logs import configure
    from core.settings import load_settings

    configure("CRITICAL")
    settings = load_settings()
    if fix:
        _fix(settings)
    failed = asyncio.run(_examine(settings, as_json))
    if failed:
        raise click.exceptions.Exit(1)


def _fix(settings: Settings) -> None:
    import asyncio

    from bots._prepare import prepare
    from core.store import Store, migrate

    async def upgrade() -> None:
        async with aclosing(Store(settings.store_url)) as store:
            await migrate.upgrade(store)

    asyncio.run(upgrade())
    prepare(settings, lambda line: click.echo(line, err=True))


async def _examine(settings: Settings, as_json: bool) -> int:
    from core.errors import RemoraError

    failed = 0
    for name, check in _checks(settings).items():
        result: dict[str, object] = {"check": name, "ok": True, "what": "", "mend": ""}
        try:
            result["what"] = await check()
        except RemoraError as error:
            failed += 1
            result |= {"ok": False, "what": error.what, "mend": error.mend}
        if as_json:
            click.echo(json.dumps(result, ensure_ascii=False))
            continue
        click.echo(f"{'ok  ' if result['ok'] else 'WRONG'} {name}: {result['what']}")
        if result["mend"]:
            click.echo(f"      mend: {result['mend']}")
    return failed


def _checks(settings: Settings) -> dict[str, Callable[[], Awaitable[str]]]:
    from core import health

    async def database() -> str:
        from core.store import Store

        async with aclosing(Store(settings.store_url)) as store:
            return await health.database(store)

    async def troubles() -> str:
        from core.clock import SystemClock
        from core.store import Store

        async with aclosing(Store(settings.store_url)) as store:
            return await health.troubles(store, SystemClock())

    async def model() -> str:
        from core import lm

        async with aclosing(lm.create(settings)) as made:
            await made.ready()
            return f"{made.info.name} ({made.info.backend}) answers"

    async def zones() -> str:
        from zoneinfo import available_timezones

        return f"{len(available_timezones())} time zones"

    async def bot() -> str:
        from bots._app import BOTS
        from core.catalog import load_bot

        return load_bot(BOTS / settings.bot).title

    return {
        "data folder": lambda: health.data_folder(settings.data_dir),
        "time zones": zones,
        "database": database,
        "bot": bot,
        "model": model,
        "web": lambda: health.port_free(settings.host, settings.port),
        **{name: _platform(name, settings) for name in _chat_platforms()},
        "troubles": troubles,  # last: asking the platforms may bring some to light
    }


def _chat_platforms() -> list[str]:
    from adapters import available

    return [name for name in available() if name != "web"]


def _platform(name: str, settings: Settings) -> Callable[[], Awaitable[str]]:
    async def check() -> str:
        from bots._app import made
        from core.store import Store

        async with aclosing(Store(settings.store_url)) as store:
            adapter: Adapter | None = made(name, settings, hooks={}, opened=store)
            if adapter is None:
                return "off: no token"
            async with adapter.connect():
                return f"connected: {adapter.where}"

    return check
