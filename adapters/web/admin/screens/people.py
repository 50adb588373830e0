"""People: who they are, what is remembered of them, a copy of everything, keeping them out, and their erasure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get, post
from core.admin import learning, reveal
from core.admin import people as acts
from core.admin.conversations import shown
from core.admin.roles import Denied
from core.errors import RemoraError
from core.memory import desk as memory
from core.reminders.quiet import zone_here
from core.store import Tx
from core.store.admin import audit, people
from core.store.admin.people import Somebody
from core.store.memory import active

PATH = "/admin/people"


async def show(visit: Visit) -> Response:
    words, blocked = visit.ask("q"), visit.ask("blocked") == "1"
    async with visit.desk.store.read() as tx:
        rows = await people.listed(tx, words, blocked=blocked, before=visit.number("before"))
    more = rows[people.PAGE - 1].id if len(rows) > people.PAGE else None
    return visit.page("people.html", rows=rows[: people.PAGE], more=more, words=words, blocked=blocked)


async def _person(visit: Visit, tx: Tx) -> Somebody:
    found = await people.get(tx, visit.row_id())
    if found is None:
        raise HTTPException(404)
    return found


def _subject(person: Somebody) -> str:
    return f"person:{person.id}"


async def person(visit: Visit, status: int = 200, problem: str = "", where: str = "", typed: str = "") -> Response:
    async with visit.desk.store.read() as tx:
        who = await _person(visit, tx)
        until = await reveal.open_until(tx, visit.actor, visit.session_id, _subject(who), visit.now)
        today = visit.now.astimezone(zone_here(who.zone or "UTC")).replace(hour=0, minute=0, second=0, microsecond=0)
        counts = await people.counts(tx, who.id, today.astimezone(dt.UTC))
        facts = await active(tx, who.id) if until else []
        log = await audit.entries(tx, person_id=who.id, limit=20) if visit.actor.may("audit.see") else []
    return visit.page(
        "people_person.html", status, who=who, until=until, counts=counts, facts=facts, log=log, problem=problem,
        where=where, typed=typed, shown=shown, base=f"{PATH}/{who.id}", settings=visit.desk.settings,
    )  # fmt: skip


async def _done(
    visit: Visit, work: Callable[[Tx, Somebody], Awaitable[Any]], said: str, where: str, typed: str
) -> Response:
    """Back to the person after the work; where it is refused, the page with what was typed."""
    try:
        async with visit.desk.store.write() as tx:
            who = await _person(visit, tx)
            await work(tx, who)
    except Denied as denied:
        return await person(visit, 422, denied.said(visit.language), where, typed)
    except RemoraError as error:
        return await person(visit, 422, visit.told(f"{error.what}; {error.mend}"), where, typed)
    return visit.go(f"{PATH}/{who.id}", said)


async def open_words(visit: Visit) -> Response:
    async def work(tx: Tx, who: Somebody) -> None:
        reason = reveal.reason_of(visit.field("reason"))
        await memory.seen(tx, visit.actor, who.id, reason, visit.now)
        await reveal.show(tx, visit.session_id, _subject(who), visit.now)

    return await _done(visit, work, "", "reveal", visit.field("reason"))


async def correct(visit: Visit) -> Response:
    async def work(tx: Tx, who: Somebody) -> None:
        await memory.correct(tx, visit.actor, who.id, visit.row_id("fact"), visit.field("text"), visit.now)

    return await _done(visit, work, "people.corrected", f"fact-{visit.row_id('fact')}", visit.field("text"))


async def pin(visit: Visit) -> Response:
    async def work(tx: Tx, who: Somebody) -> None:
        await memory.pin(tx, visit.actor, who.id, visit.row_id("fact"), visit.field("pinned") == "1", visit.now)

    return await _done(visit, work, "people.pinned", "", "")


async def forget(visit: Visit) -> Response:
    async def work(tx: Tx, who: Somebody) -> None:
        await memory.forget(tx, visit.actor, who.id, visit.row_id("fact"), visit.now)

    return await _done(visit, work, "people.forgotten", "", "")


async def block(visit: Visit) -> Response:
    async def work(tx: Tx, who: Somebody) -> None:
        await acts.block(tx, visit.actor, who, visit.field("reason"), visit.now)

    return await _done(visit, work, "people.blocked", "block", visit.field("reason"))


async def unblock(visit: Visit) -> Response:
    async def work(tx: Tx, who: Somebody) -> None:
        await acts.unblock(tx, visit.actor, who, visit.now)

    return await _done(visit, work, "people.unblocked", "", "")


async def sign_out(visit: Visit) -> Response:
    async def work(tx: Tx, who: Somebody) -> None:
        await acts.sign_out(tx, visit.actor, who, visit.now)

    return await _done(visit, work, "people.signed_out", "", "")


async def export(visit: Visit) -> Response:
    try:
        async with visit.desk.store.write() as tx:
            who = await _person(visit, tx)
            data = await acts.export(tx, visit.actor, who, visit.field("reason"), visit.now)
    except Denied as denied:
        return await person(visit, 422, denied.said(visit.language), "export", visit.field("reason"))
    text = json.dumps(data, ensure_ascii=False, indent=1)
    name = f'attachment; filename="person-{who.id}.json"'
    return Response(text, media_type="application/json", headers={"Content-Disposition": name})


async def erase(visit: Visit) -> Response:
    """Deletes everything of a person; the receipt says how much, and is in the audit log."""
    async with visit.desk.store.write() as tx:
        who = await _person(visit, tx)
        typed = visit.field("typed").strip()
        if typed == (who.name.strip() or str(who.id)):
            receipt = await memory.erase(tx, visit.actor, who.id, visit.now)
            await visit.actor.note(tx, visit.now, "privacy.receipt", _subject(who), {"rows": receipt["rows"]})
    if typed == (who.name.strip() or str(who.id)):
        receipt |= await learning.unlearned(visit.desk.store, visit.desk.settings, receipt.pop("learned_as"))
        return visit.page("people_receipt.html", receipt=receipt, rows=sorted(receipt["rows"].items()))
    problem = visit.words["people"]["erase_wrong"].format(name=who.name or who.id)
    return await person(visit, 422, problem, "erase", typed)


_ONE = f"{PATH}/{{id:int}}"
_FACT = f"{_ONE}/facts/{{fact:int}}"
SCREEN = Screen(
    "people",
    "people",
    50,
    (
        get(PATH, show),
        get(_ONE, person),
        post(f"{_ONE}/reveal", open_words, "text.reveal"),
        post(f"{_ONE}/export", export, "text.reveal"),
        post(_FACT, correct, "people.edit"),
        post(f"{_FACT}/pin", pin, "people.edit"),
        post(f"{_FACT}/forget", forget, "people.edit"),
        post(f"{_ONE}/block", block, "people.edit"),
        post(f"{_ONE}/unblock", unblock, "people.edit"),
        post(f"{_ONE}/sign-out", sign_out, "people.edit"),
        post(f"{_ONE}/erase", erase, "people.edit"),
    ),
)
