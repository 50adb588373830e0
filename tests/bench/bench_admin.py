"""Admin pages on a full database: server time of each page, bytes of a cold one, beside two ready-made admin panels.

    python -m tests.bench.bench_admin [--people 5000] [--reminders 100000] [--messages 1000000] [--rounds 21]
                                      [--databases sqlite postgresql] [--peers]

A page is asked for in this process over ASGI, signed in as an owner, `--rounds` times in turn with the others; its figure
is the median in milliseconds. `cold_kib` is what a browser without anything kept transfers for the page: its HTML, and
compressed as we send them its style sheets and scripts. `--peers`: lists of the same tables in sqladmin and
starlette-admin (`pip install sqladmin starlette-admin`; they bring a synchronous engine, SQLite only), as they come.
One JSON line a figure.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import gzip
import json
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy as sa

from adapters.web.admin.side import all_screens
from adapters.web.look import Look
from core.store import Store, migrate
from core.store.tables import account, inbox, outbox, person, reminder, session, turn
from tests.conftest import make_settings
from tests.fakes.admin import SITE, admin_side
from tests.fakes.postgres import server_of_run

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
_PER_SESSION = 20


async def fill(store: Store, people: int, reminders: int, messages: int) -> None:
    """People with accounts, their conversations over a year, and their reminders: most to come, some rung or failed."""
    sqlite = store.url.get_backend_name() == "sqlite"

    def ago(seconds: str) -> str:
        if sqlite:
            return f"strftime('%Y-%m-%d %H:%M:%f000', '2026-11-25 12:00:00', '-' || ({seconds}) || ' seconds')"
        return f"TIMESTAMPTZ '2026-11-25 12:00:00+00' - ({seconds}) * INTERVAL '1 second'"

    def numbers(most: int) -> str:
        return f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most})"

    false, json_ = ("0", "") if sqlite else ("false", "::json")
    address = (
        """'{"platform": "telegram", "workspace": "", "chat": "' || (i % {people} + 1) || '", "thread": ""}'""".replace(
            "{people}", str(people)
        )
    )
    sessions = messages // _PER_SESSION
    statements = [
        f"INSERT INTO {person.name} (id, name, zone, zone_source, created_at) {numbers(people)} "
        f"SELECT i, 'Person ' || i, CASE i % 3 WHEN 0 THEN 'Asia/Shanghai' WHEN 1 THEN 'Europe/Paris' ELSE 'America/New_York' END, 'person', {ago('i * 60')} FROM n",
        f"INSERT INTO {account.name} (id, platform, workspace, account, handle, person_id, created_at) {numbers(people)} "
        f"SELECT i, CASE i % 2 WHEN 0 THEN 'slack' ELSE 'telegram' END, '', CAST(i AS TEXT), 'p' || i, i, {ago('i * 60')} FROM n",
        f"INSERT INTO {session.name} (id, person_id, address_key, started_at, last_at) {numbers(sessions)} "
        f"SELECT i, i % {people} + 1, 'telegram||' || (i % {people} + 1) || '|', {ago('i * 600')}, {ago('i * 600 - 300')} FROM n",
        f"INSERT INTO {inbox.name} (id, platform, event_id, address_key, message, received_at, state) {numbers(messages)} "
        f"SELECT i, 'telegram', 'e' || i, 'telegram||' || (i % {people} + 1) || '|', '{{}}'{json_}, {ago('i * 30')}, 'done' FROM n",
        f"INSERT INTO {turn.name} (id, inbox_id, session_id, person_id, said, replied, intent, model, started_at, finished_at) {numbers(messages)} "
        f"SELECT i, i, i / {_PER_SESSION} % {sessions} + 1, i / {_PER_SESSION} % {people} + 1, 'what about number ' || i, 'that is answer ' || i, "
        f"CASE i % 5 WHEN 0 THEN 'chat' WHEN 1 THEN 'help' ELSE 'reminders' END, '', {ago('i * 30')}, {ago('i * 30 - 1')} FROM n",
        f"INSERT INTO {reminder.name} (id, person_id, cause, platform, address, address_key, text, zone, absolute, state, starts_local, next_due, next_local, shared, created_at, updated_at) "
        f"{numbers(reminders)} SELECT i, i % {people} + 1, 'c' || i, 'telegram', ({address}){json_}, 'telegram||' || (i % {people} + 1) || '|', 'call number ' || i, 'Europe/Paris', {false}, "
        f"CASE i % 10 WHEN 0 THEN 'fired' WHEN 1 THEN 'paused' ELSE 'active' END, '2027-01-01T09:00:00', "
        f"CASE i % 10 WHEN 0 THEN NULL ELSE {ago('-3600 - i * 40')} END, '2027-01-01T09:00:00', {false}, {ago('i * 40')}, {ago('i * 40')} FROM n",
        f"INSERT INTO {outbox.name} (id, cause, platform, address_key, address, reply, person_id, reminder_id, state, due_at, judged, next_try_at, doubtful, reason, created_at, finished_at) "
        f"{numbers(reminders)} SELECT i, 'reminder\\:' || i || '\\:2027-01-01T09\\:00\\:00', 'telegram', 'telegram||' || (i % {people} + 1) || '|', ({address}){json_}, '{{\"text\": \"x\"}}'{json_}, i % {people} + 1, i, "
        f"CASE i % 100 WHEN 0 THEN 'parked' ELSE 'sent' END, {ago('i * 300')}, {false}, {ago('i * 300')}, {false}, CASE i % 100 WHEN 0 THEN 'chat not found' ELSE '' END, {ago('i * 300')}, {ago('i * 300')} FROM n",
    ]
    for statement in statements:
        async with store.write() as tx:
            await tx.run(sa.text(statement))
    if not sqlite:
        async with store.write() as tx:
            for table in (person, account, session, inbox, turn, reminder, outbox):
                await tx.run(
                    sa.text(
                        f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))"
                    )
                )
    async with store.write() as tx:
        await tx.run(sa.text("ANALYZE"))


async def times(
    ask: Callable[[str], Awaitable[httpx2.Response]], paths: list[str], rounds: int
) -> dict[str, tuple[float, httpx2.Response]]:
    taken: dict[str, list[float]] = {path: [] for path in paths}
    answers: dict[str, httpx2.Response] = {}
    for _ in range(rounds):
        for path in paths:
            began = time.perf_counter()
            answers[path] = await ask(path)
            taken[path].append((time.perf_counter() - began) * 1_000)
    return {path: (statistics.median(taken[path]), answers[path]) for path in paths}


def cold_kib(answer: httpx2.Response, look: Look) -> float:
    """The page, and what it asks for, as it goes over the line."""
    names = set(re.findall(r"/static/([\w.-]+)\?v=", answer.text))
    static = sum(len(gzip.compress(look._files[name], 9)) for name in names)
    return (len(answer.content) + static) / 1024


async def ours(database: str, url: str, options: argparse.Namespace, folder: Path) -> None:
    store = Store(url)
    await migrate.upgrade(store)
    began = time.perf_counter()
    await fill(store, options.people, options.reminders, options.messages)
    tell("filled", database=database, seconds=round(time.perf_counter() - began, 1))
    from tests.fakes.clock import SettableClock

    async with admin_side(store, make_settings(folder), SettableClock(NOW)) as admin, admin.browser("owner") as owner:
        ways = [way.path for screen in all_screens() for way in screen.ways if way.method == "GET"]
        plain = [path for path in ways if "{" not in path]
        plain += [re.sub(r"\{\w+(:\w+)?\}", "77", path) for path in ways if re.search(r"\{\w+:int\}", path)]
        look = await asyncio.to_thread(Look)
        for path, (median, answer) in (await times(owner.get, plain, options.rounds)).items():
            kib = (
                round(cold_kib(answer, look), 1)
                if answer.headers.get("content-type", "").startswith("text/html")
                else None
            )
            tell("page", database=database, path=path, status=answer.status_code, ms=round(median, 1), cold_kib=kib)
    await store.aclose()


async def peers(file: Path, options: argparse.Namespace) -> None:
    """The lists of people, reminders and turns in two ready-made panels on the same SQLite file."""
    from sqladmin import Admin as SqlAdmin
    from sqladmin import ModelView as SqlView
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.orm import registry
    from starlette.applications import Starlette
    from starlette_admin.contrib.sqla import Admin as StarletteAdmin
    from starlette_admin.contrib.sqla import ModelView as StarletteView

    mapped: dict[str, type] = {}
    mapping = registry()
    for table in (person, reminder, turn):
        mapped[table.name] = type(table.name.title(), (), {})
        mapping.map_imperatively(mapped[table.name], table)
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    sql = Starlette()
    panel = SqlAdmin(sql, engine)
    for name, model in mapped.items():
        shown = [getattr(model, column) for column in ("id", "created_at" if name != "turn" else "started_at")]
        panel.add_view(type(f"{name}View", (SqlView,), {"column_list": shown}, model=model))
    other, star = Starlette(), StarletteAdmin(engine)
    for model in mapped.values():
        star.add_view(StarletteView(model))
    star.mount_to(other)
    lists = [f"/admin/{one}/list" for one in mapped]
    for name, app in (("sqladmin", sql), ("starlette-admin", other)):
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=SITE) as client:
            for path, (median, answer) in (await times(client.get, lists, options.rounds)).items():
                tell(
                    "peer",
                    peer=name,
                    path=path,
                    status=answer.status_code,
                    ms=round(median, 1),
                    html_kib=round(len(answer.content) / 1024, 1),
                )
    await engine.dispose()


def tell(kind: str, **figures: Any) -> None:
    print(json.dumps({"bench": "admin", "kind": kind, **figures}), flush=True)


async def main(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for database in options.databases:
            file = Path(folder) / "remora.db"
            if database == "sqlite":
                await ours(database, f"sqlite:///{file}", options, Path(folder))
                if options.peers:
                    await peers(file, options)
            else:
                server = await asyncio.to_thread(server_of_run, Path(folder))
                await ours(database, server.url_of(await server.create(empty=True)), options, Path(folder))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=5_000)
    parser.add_argument("--reminders", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--peers", action="store_true")
    asyncio.run(main(parser.parse_args()))
