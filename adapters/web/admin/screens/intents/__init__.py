"""Intents: the list, the editor with its tester, what a draft was before; releases and files in modules beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get, post
from adapters.web.admin.screens.intents import exchange, review
from adapters.web.admin.screens.intents.form import ACTIONS, LIMITS, Typed
from adapters.web.markdown import to_html
from core.admin import drafting, labelling
from core.admin.intents import difference, overview
from core.intents.checks import MOST_EXAMPLES
from core.intents.definition import SLOT_KINDS, Intent
from core.intents.documents import document_of
from core.intents.problems import Problem, faults
from core.intents.releases import Conflict, NotPublishable
from core.store.admin.intents import Revision
from core.store.intents import Draft

_PAGE = 100
_PLATFORMS = ("telegram", "slack", "web")
_MOST = 4 << 20
"""Bytes of the form: 10,000 long examples are read, and refused with the reason."""


async def listed(visit: Visit) -> Response:
    sought, state = visit.ask("q").strip()[:200], visit.ask("state")
    found = await overview(visit.desk, sought)
    rows = [row for row in found.rows if not state or row.state == state]
    rest = [row for row in rows if row.name > visit.ask("after")]
    undone = visit.ask("undo")[:64]
    return visit.page(
        "intents.html", undone=undone, found=found, rows=rest[:_PAGE], more=len(rest) > _PAGE, sought=sought, state=state,
    )  # fmt: skip


async def new(visit: Visit) -> Response:
    """An empty form; with a sentence of the inbox as its first example, where it comes from there."""
    text = {"name": visit.ask("name")[:64], "action": "answer"}
    if source := visit.ask("source")[:600]:
        visit.actor.need("intents.edit")
        waiting = await labelling.sentence(visit.desk, source)
        text |= {"source": source, "examples": waiting.text} if waiting else {}
    blank = Typed.of({}, 0)
    return await _editor(visit, replace(blank, text={**blank.text, **text}))


async def edit(visit: Visit) -> Response:
    opened = await _opened(visit)
    return await _editor(visit, Typed.of(opened.draft.document, opened.draft.revision), opened=opened)


async def _opened(visit: Visit) -> drafting.Opened:
    found = await drafting.opened(visit.desk, visit.request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    return found


def _path(name: str) -> str:
    return f"/admin/intents/i/{quote(name, safe='')}"


async def _editor(
    visit: Visit,
    typed: Typed,
    status: int = 200,
    *,
    opened: drafting.Opened | None = None,
    problems: Sequence[Problem] | None = None,
    theirs: Draft | None = None,
    renamed: str = "",
) -> Response:
    intent, wrong = typed.intent()
    if problems is None:
        problems = [*wrong, *await drafting.looked_at(visit.desk, intent)] if intent and opened else []
    name = opened.draft.name if opened else ""
    past = await drafting.history(visit.desk, name, most=6) if name else []
    yours = document_of(intent) if intent else typed.document()
    said = visit.ask("said").strip()[:500]
    tried = await drafting.tried(visit.desk, said) if said else None
    return visit.page(
        "intents_edit.html", status, f=typed, opened=opened, problems=_shown(visit, typed, problems), theirs=theirs,
        conflict=difference(theirs.document, yours) if theirs else (), tried=tried, past=past,
        bubbles=await _bubbles(typed), kinds=SLOT_KINDS, actions=ACTIONS, limits=LIMITS, platforms=_PLATFORMS,
        commands=sorted(visit.desk.editing.commands), blank=_BLANK, said_before=said, renamed=renamed,
    )  # fmt: skip


_BLANK = {"name": "", "kind": "text", "required": "", "en": "", "zh": "", "values": ""}


def _shown(visit: Visit, typed: Typed, problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems with the field and line where they stand, in the admin's language; the faults first."""
    return [
        {
            "line": typed.lines.get(problem.where, 0),
            "field": problem.where.partition(".")[0].partition("[")[0],
            "bad": not problem.warning,
            "text": replace(problem, intent="", where="", line=None).text(visit.language),
            "other": str(problem.fields["other"]) if problem.key in ("near_example", "shared_example") else "",
        }
        for problem in sorted(problems, key=lambda one: (one.warning, typed.lines.get(one.where, 0)))[:100]
    ]


async def _bubbles(typed: Typed) -> list[dict[str, str]]:
    if typed.text["action"] != "answer":
        return []
    intent = typed.intent()[0]
    shown = []
    for row in typed.answers[:20]:
        if row["text"].strip():
            said = drafting.previewed(row["text"][:4_000], intent, row["language"])
            shown.append({**row, "html": await to_html(said, plain=False)})
    return shown


async def check(visit: Visit) -> Response:
    """What is wrong with what stands in the form at this moment, and how its answers look."""
    typed = Typed.sent(visit.form)
    intent, problems = typed.intent()
    if intent is not None:
        problems += await drafting.looked_at(visit.desk, intent)
    lines = sum(map(len, typed.document()["examples"].values()))
    return visit.page(
        "intents_check.html", problems=_shown(visit, typed, problems), bubbles=await _bubbles(typed), lines=lines,
        most=MOST_EXAMPLES,
    )  # fmt: skip


async def try_out(visit: Visit) -> Response:
    """What a sentence would do with the intent as it stands in the form."""
    typed, said = Typed.sent(visit.form), visit.field("said").strip()[:500]
    intent = typed.intent()[0]
    tried = await drafting.tried(visit.desk, said, intent if intent and intent.examples else None) if said else None
    return visit.page("intents_why.html", tried=tried)


async def save(visit: Visit) -> Response:
    typed = Typed.sent(visit.form)
    intent, problems = typed.intent()
    opened = await drafting.opened(visit.desk, typed.text["name"].strip())
    if intent is None or faults(problems):
        return await _editor(visit, typed, 422, opened=opened if typed.revision else None, problems=problems)
    after = typed.revision or (opened.draft.revision if opened and opened.draft.deleted else 0)
    return await _saved(visit, typed, intent, after, opened, "intents.saved")


async def _saved(
    visit: Visit, typed: Typed, intent: Intent, after: int, opened: drafting.Opened | None, said: str
) -> Response:
    """Saves over a revision, and shows the form again with what keeps it from being saved."""
    editing = visit.desk.editing.noting(visit.note)
    try:
        await editing.save(intent, visit.actor.name, after)
    except NotPublishable as refused:
        return await _editor(visit, typed, 422, opened=opened if after else None, problems=refused.problems)
    except Conflict as refused:
        seen = replace(typed, revision=refused.theirs.revision if refused.theirs else 0)
        return await _editor(visit, seen, 422, opened=opened, theirs=refused.theirs)
    if typed.text["source"]:
        await editing.label(typed.text["source"], intent.name, visit.actor.name)
    return visit.go(_path(intent.name), said)


async def rename(visit: Visit) -> Response:
    opened, to = await _opened(visit), visit.field("to").strip()
    try:
        await visit.desk.editing.noting(visit.note).rename(opened.draft.name, to, visit.actor.name)
    except NotPublishable as refused:
        typed = Typed.of(opened.draft.document, opened.draft.revision)
        return await _editor(visit, typed, 422, opened=opened, problems=refused.problems, renamed=to)
    return visit.go(_path(to), "intents.renamed")


async def delete(visit: Visit) -> Response:
    opened = await _opened(visit)
    await visit.desk.editing.noting(visit.note).delete(opened.draft.name, visit.actor.name)
    return visit.go("/admin/intents", "intents.deleted", undo=opened.draft.name)


async def undelete(visit: Visit) -> Response:
    opened = await _opened(visit)
    await visit.desk.editing.noting(visit.note).delete(opened.draft.name, visit.actor.name, undo=True)
    return visit.go(_path(opened.draft.name), "intents.undeleted")


async def history(visit: Visit) -> Response:
    opened = await _opened(visit)
    found = await drafting.history(visit.desk, opened.draft.name, before=visit.number("before"))
    rows = [(one, _from_before(one, found[place + 1 : place + 2])) for place, one in enumerate(found[:50])]
    return visit.page("intents_history.html", opened=opened, rows=rows, more=len(found) > 50)


def _from_before(one: Revision, before: Sequence[Revision]) -> list[tuple[Any, str]]:
    return list(difference(before[0].document if before else None, one.document))


async def restore(visit: Visit) -> Response:
    opened, number, after = await _opened(visit), visit.field("number"), visit.field("revision")
    if not (number.isdecimal() and after.isdecimal() and len(number + after) < 18):
        raise HTTPException(404)
    old = await drafting.revision(visit.desk, opened.draft.name, int(number))
    if old is None:
        raise HTTPException(404)
    return await _saved(visit, Typed.of(document_of(old), int(after)), old, int(after), opened, "intents.restored")


_ONE = "/admin/intents/i/{name}"
SCREEN = Screen(
    "intents", "target", 10,
    (
        get("/admin/intents", listed),
        get("/admin/intents/new", new, "intents.edit"),
        get(_ONE, edit),
        get(f"{_ONE}/history", history),
        post("/admin/intents/check", check, "intents.edit", _MOST),
        post("/admin/intents/try", try_out, "see", _MOST),
        post("/admin/intents/save", save, "intents.edit", _MOST),
        post(f"{_ONE}/delete", delete, "intents.edit"),
        post(f"{_ONE}/rename", rename, "intents.edit"),
        post(f"{_ONE}/undelete", undelete, "intents.edit"),
        post(f"{_ONE}/restore", restore, "intents.edit"),
        *review.WAYS,
        *exchange.WAYS,
    ),
)  # fmt: skip
