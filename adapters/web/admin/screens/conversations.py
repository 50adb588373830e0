"""Conversations: who talks, how replies came out, and writing to somebody in the assistant's place. What people wrote is
hidden until it is revealed with a reason."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get, post
from adapters.web.markdown import to_html
from core.admin import conversations as acts
from core.admin import knowledge, reveal
from core.admin.roles import Denied
from core.reminders.quiet import zone_here
from core.store import Tx, training
from core.store.admin import conversations, people, takeovers
from core.store.admin.conversations import Conversation, Filter, Note, TurnRow
from core.store.admin.takeovers import Takeover

PATH = "/admin/conversations"
_ASKED = ("person", "platform", "chat", "intent", "rating", "from", "to", "led")
_PLATFORMS = ("console", "slack", "telegram", "web")


# --- lists


async def show(visit: Visit) -> Response:
    zone = zone_here(visit.desk.settings.default_timezone or "UTC")
    since, wrong_since = _day(visit.ask("from"), zone)
    until, wrong_until = _day(visit.ask("to"), zone, ends=True)
    wanted = Filter(
        platform=visit.ask("platform"), chat=visit.ask("chat").strip(), intent=visit.ask("intent"),
        rating={"good": 1, "bad": -1}.get(visit.ask("rating"), 0), since=since,
        until=until, led=visit.ask("led") == "1",
    )  # fmt: skip
    async with visit.desk.store.read() as tx:
        if who := visit.ask("person").strip():
            wanted = replace(wanted, person_ids=await people.meant(tx, who))
        listed = await conversations.listed(tx, wanted, visit.ask("before"))
        intents = await conversations.intents(tx)
    asked = {name: visit.ask(name) for name in _ASKED}
    return visit.page(
        "conversations.html", rows=listed.rows, further=listed.further, asked=asked, intents=intents,
        platforms=sorted({*_PLATFORMS, *visit.desk.adapters}), wrong=wrong_since or wrong_until, shown=acts.shown,
        given={name: value for name, value in asked.items() if value},
    )  # fmt: skip


def _day(text: str, zone: ZoneInfo, *, ends: bool = False) -> tuple[dt.datetime | None, str]:
    """When that day begins, or ends, and the text where it names no day."""
    if not text:
        return None, ""
    try:
        day = dt.date.fromisoformat(text) + dt.timedelta(days=int(ends))
        return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC), ""
    except (ValueError, OverflowError):
        return None, text


async def problems(visit: Visit) -> Response:
    async with visit.desk.store.read() as tx:
        rows = await conversations.problems(tx, visit.number("before"))
        lost = await conversations.undelivered(tx)
    more = rows[conversations.PAGE - 1].id if len(rows) > conversations.PAGE else None
    return visit.page("conversations_problems.html", rows=rows[: conversations.PAGE], more=more, lost=lost)


# --- one conversation


@dataclass(frozen=True, slots=True)
class Seen:
    """What a visit may see of a conversation: `until`, its words are revealed; `words`: for that, or since it is held."""

    of: Conversation
    taken: Takeover | None
    until: dt.datetime | None
    words: bool


async def _seen(visit: Visit, tx: Tx) -> Seen:
    of = await conversations.get(tx, visit.row_id())
    if of is None:
        raise HTTPException(404)
    taken = await takeovers.holder(tx, of.person_id, of.place, visit.now)
    until = await reveal.open_until(tx, visit.actor, visit.session_id, acts.subject(of), visit.now)
    mine = taken is not None and acts.mine(taken, visit.actor) and visit.actor.may("text.reveal")
    return Seen(of, taken, until, until is not None or mine)


async def _flow(visit: Visit, tx: Tx, seen: Seen, before: int | None = None) -> dict[str, Any]:
    """Turns and what the team wrote between them, the oldest first, with a mark that changes when they do."""
    rows = await conversations.turns(tx, seen.of, words=seen.words, before=before, also=seen.taken)
    rows = knowledge.without(rows, await knowledge.closed_to(tx, visit.actor), visit.language)
    more = rows[conversations.PAGE - 1].id if len(rows) > conversations.PAGE else None
    rows = rows[: conversations.PAGE]
    team = await conversations.spoken(tx, seen.of)
    oldest = rows[-1].started_at if rows and more else seen.of.started_at
    newest = rows[0].started_at if rows and before else visit.now
    between = [one for one in team if oldest <= one[0] <= newest]
    items: list[tuple[dt.datetime, TurnRow | None, tuple[dt.datetime, str, str] | None]] = [
        *((row.started_at, row, None) for row in rows), *((one[0], None, one) for one in between),
    ]  # fmt: skip
    items.sort(key=lambda item: item[0])
    state = [
        seen.words,
        seen.of.held_by,
        [(row.id, row.ratings, row.replied) for row in rows],
        [one[:2] for one in between],
    ]
    mark = hashlib.sha256(repr(state).encode()).hexdigest()[:16]
    return {
        "items": items,
        "rows": rows,
        "more": more,
        "mark": mark,
        "seen": seen,
        "of": seen.of,
        "before": before,
        "shown": acts.shown,
    }


async def _rich(rows: Sequence[TurnRow]) -> dict[int, str]:
    """The replies as their readers saw them: Markdown, by the chat page's own renderer."""
    return {row.id: await to_html(row.replied, plain=False) for row in rows if row.replied}


async def talk(visit: Visit, status: int = 200, problem: str = "", typed: str = "", where: str = "") -> Response:
    async with visit.desk.store.read() as tx:
        seen = await _seen(visit, tx)
        flow = await _flow(visit, tx, seen, visit.number("before"))
        notes = await conversations.notes(tx, seen.of.id)
    held = seen.taken is not None
    mine = seen.taken is not None and acts.mine(seen.taken, visit.actor)
    return visit.page(
        "conversations_talk.html", status, **flow, rich=await _rich(flow["rows"]), notes=notes, held=held, mine=mine, problem=problem, typed=typed,
        where=where, most=acts.LONGEST, hours=acts.HOURS, base=f"{PATH}/{seen.of.id}",
    )  # fmt: skip


async def flow(visit: Visit) -> Response:
    """The conversation as it grows, for a page that asks again and again; nothing where it has not changed."""
    async with visit.desk.store.read() as tx:
        seen = await _seen(visit, tx)
        shown = await _flow(visit, tx, seen)
    if shown["mark"] == visit.ask("mark"):
        return Response(status_code=204)
    rich = await _rich(shown["rows"])
    return visit.page(
        "conversations_flow.html", **shown, rich=rich, held=seen.taken is not None, base=f"{PATH}/{seen.of.id}"
    )


async def turn(visit: Visit) -> Response:
    async with visit.desk.store.read() as tx:
        seen = await _seen(visit, tx)
        row = await _turn(visit, tx, seen)
        prompt = await acts.prompt(tx, visit.actor, seen.of, row.id) if seen.words else None
        better = await training.corrected(tx, row.id) if seen.words else ""
        notes: list[Note] = await conversations.notes(tx, seen.of.id, row.id)
    ms = dict(row.trace.get("ms", {}))
    return visit.page(
        "conversations_turn.html", of=seen.of, seen=seen, row=row, rich=await _rich([row]), facts=acts.explained(row), prompt=prompt, notes=notes,
        corrected=better,
        phases=[(phase, value) for phase, value in ms.items() if phase != "total"], total=ms.get("total", 0.0),
        ranking=row.trace.get("ranking", ()), base=f"{PATH}/{seen.of.id}", days=visit.desk.settings.prompt_days,
    )  # fmt: skip


async def _turn(visit: Visit, tx: Tx, seen: Seen) -> TurnRow:
    row = await conversations.turn_of(tx, visit.row_id("turn"), words=seen.words, of=seen.of, also=seen.taken)
    if row is None:
        raise HTTPException(404)
    return knowledge.without([row], await knowledge.closed_to(tx, visit.actor), visit.language)[0]


# --- what is done there


async def open_words(visit: Visit) -> Response:
    async with visit.desk.store.write() as tx:
        of = (await _seen(visit, tx)).of
        try:
            subject, reason = acts.subject(of), visit.field("reason")
            await reveal.reveal(tx, visit.actor, visit.session_id, subject, of.person_id, reason, visit.now)
        except Denied as denied:
            problem = denied.said(visit.language)
        else:
            return visit.go(_back(visit, of))
    return await talk(visit, 422, problem, visit.field("reason"), "reveal")


async def hide_words(visit: Visit) -> Response:
    async with visit.desk.store.write() as tx:
        of = (await _seen(visit, tx)).of
        await reveal.hide(tx, visit.session_id, acts.subject(of))
    return visit.go(_back(visit, of))


def _back(visit: Visit, of: Conversation) -> str:
    turn = visit.field("turn")
    return (
        f"{PATH}/{of.id}/turns/{turn}" if turn.isascii() and turn.isdecimal() and len(turn) < 19 else f"{PATH}/{of.id}"
    )


async def take(visit: Visit) -> Response:
    async with visit.desk.store.write() as tx:
        of = (await _seen(visit, tx)).of
        try:
            taken = await acts.take_over(
                tx, visit.actor, of, visit.field("reason"), visit.now, visit.desk.settings.default_language
            )
        except Denied as denied:
            problem = denied.said(visit.language)
        else:
            problem = "" if taken else visit.words["conversations"]["held_already"]
    if problem:
        return await talk(visit, 422, problem, visit.field("reason"), "take")
    visit.desk.wake()
    return visit.go(f"{PATH}/{of.id}", "conversations.taken")


async def write(visit: Visit) -> Response:
    try:
        async with visit.desk.store.write() as tx:
            of = (await _seen(visit, tx)).of
            await acts.write(tx, visit.actor, of, visit.field("text"), visit.now)
    except Denied as denied:
        return await talk(visit, 422, denied.said(visit.language), visit.field("text"), "write")
    visit.desk.wake()
    return visit.go(f"{PATH}/{of.id}")


async def hand_back(visit: Visit) -> Response:
    try:
        async with visit.desk.store.write() as tx:
            of = (await _seen(visit, tx)).of
            await acts.hand_back(tx, visit.actor, of, visit.now)
    except Denied as denied:
        return await talk(visit, 422, denied.said(visit.language))
    visit.desk.wake()
    return visit.go(f"{PATH}/{of.id}", "conversations.handed_back")


async def note(visit: Visit) -> Response:
    try:
        async with visit.desk.store.write() as tx:
            seen = await _seen(visit, tx)
            turn_id = (await _turn(visit, tx, seen)).id if "turn" in visit.request.path_params else None
            await acts.note(tx, visit.actor, seen.of, turn_id, visit.field("text"), visit.now)
    except Denied as denied:
        return await talk(visit, 422, denied.said(visit.language), visit.field("text"), "note")
    return visit.go(f"{PATH}/{seen.of.id}" + (f"/turns/{turn_id}" if turn_id else ""), "conversations.noted")


async def drop_note(visit: Visit) -> Response:
    async with visit.desk.store.write() as tx:
        of = (await _seen(visit, tx)).of
        await acts.drop_note(tx, visit.actor, of, visit.row_id("note"), visit.now)
    return visit.go(f"{PATH}/{of.id}", "conversations.note_gone")


async def label(visit: Visit) -> Response:
    async with visit.desk.store.write() as tx:
        seen = await _seen(visit, tx)
        row = await _turn(visit, tx, seen)
        done = await acts.to_be_labelled(tx, visit.actor, seen.of, row.id, visit.desk.settings.bot, visit.now)
    said = "conversations.labelled" if done else "conversations.not_labelled"
    return visit.go(f"{PATH}/{seen.of.id}/turns/{row.id}", said)


async def export(visit: Visit) -> Response:
    try:
        async with visit.desk.store.write() as tx:
            of = (await _seen(visit, tx)).of
            text = await acts.export(tx, visit.actor, of, visit.field("reason"), visit.now, visit.language)
    except Denied as denied:
        return await talk(visit, 422, denied.said(visit.language), visit.field("reason"), "export")
    name = f'attachment; filename="conversation-{of.id}.json"'
    return Response(text, media_type="application/json", headers={"Content-Disposition": name})


async def delete(visit: Visit) -> Response:
    async with visit.desk.store.write() as tx:
        of = (await _seen(visit, tx)).of
        await acts.delete(tx, visit.actor, of, visit.now)
    return visit.go(PATH, "conversations.deleted")


_ONE = f"{PATH}/{{id:int}}"
SCREEN = Screen(
    "conversations",
    "chat",
    40,
    (
        get(PATH, show),
        get(f"{PATH}/problems", problems),
        get(_ONE, talk),
        get(f"{_ONE}/flow", flow),
        get(f"{_ONE}/turns/{{turn:int}}", turn),
        post(f"{_ONE}/reveal", open_words, "text.reveal"),
        post(f"{_ONE}/hide", hide_words, "text.reveal"),
        post(f"{_ONE}/export", export, "text.reveal"),
        post(f"{_ONE}/take", take, "conversations.lead"),
        post(f"{_ONE}/write", write, "conversations.lead"),
        post(f"{_ONE}/back", hand_back, "conversations.lead"),
        post(f"{_ONE}/notes", note, "conversations.lead"),
        post(f"{_ONE}/notes/{{note:int}}/delete", drop_note, "conversations.lead"),
        post(f"{_ONE}/turns/{{turn:int}}/notes", note, "conversations.lead"),
        post(f"{_ONE}/turns/{{turn:int}}/label", label, "conversations.lead"),
        post(f"{_ONE}/delete", delete, "conversations.lead"),
    ),
)
