"""Intents as files: export, and import with a preview that can be taken back."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.screen import Visit, get, post
from core.admin.importing import Preview, applied, previewed
from core.admin.intents import differing
from core.errors import Refused
from core.intents.files import to_csv, to_yaml
from core.store.admin import audit

_MOST = 9 << 20
_SHOWN = 200


async def export(visit: Visit) -> Response:
    """The same bytes as `remora intents export`: the drafts, or a release."""
    number = visit.number("release")
    editing = visit.desk.editing
    if number is not None and number not in {one.number for one in await editing.releases()}:
        raise HTTPException(404)
    found = await editing.live(number) if number or visit.ask("release") == "live" else await editing.edited()
    table = visit.ask("as") == "csv"
    name = f"intents-{number}" if number else "intents"
    return Response(
        (to_csv(found) if table else to_yaml(found)).encode(),
        media_type="text/csv" if table else "application/yaml",
        headers={"Content-Disposition": f'attachment; filename="{name}.{"csv" if table else "yaml"}"'},
    )


async def ask(visit: Visit) -> Response:
    return await _page(visit)


async def preview(visit: Visit) -> Response:
    upload, replace = visit.form.get("file"), bool(visit.field("replace"))
    if not isinstance(upload, UploadFile) or not upload.filename:
        return await _page(visit, 422, wrong="import_no_file")
    data, name = await upload.read(), upload.filename[:200]
    found = await previewed(visit.desk.editing, data, name, replace=replace)
    return await _previewed(visit, found, data, name, replace=replace, changed=False)


async def apply(visit: Visit) -> Response:
    name, replace = visit.field("name"), bool(visit.field("replace"))
    data = visit.field("text").replace("\r\n", "\n").encode("utf-8", "replace")
    editing = visit.desk.editing.noting(visit.note)
    found, batch = await applied(editing, data, name, visit.actor.name, replace=replace, seen=visit.field("drafts"))
    if not batch:
        return await _previewed(visit, found, data, name, replace=replace, changed=True)
    return visit.go("/admin/intents/import", "intents.imported")


async def revert(visit: Visit) -> Response:
    try:
        done = await visit.desk.editing.noting(visit.note).revert(visit.field("batch"), visit.actor.name)
    except Refused:
        return await _page(visit, 422, wrong="revert_gone")
    return await _page(visit, reverted=done)


async def _previewed(
    visit: Visit, found: Preview, data: bytes, name: str, *, replace: bool, changed: bool
) -> Response:  # fmt: skip
    diffs = [(change, differing(change)) for change in found.changes[:_SHOWN]]
    text = "" if found.faulty else data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    return await _page(
        visit, 422 if found.faulty or changed else 200, found=found, diffs=diffs, text=text, file=name, replace=replace,
        changed=changed and not found.faulty, problems=[problem.text(visit.language) for problem in found.problems[:_SHOWN]],
    )  # fmt: skip


async def _page(visit: Visit, status: int = 200, **values: object) -> Response:
    async with visit.desk.store.read() as tx:
        past = await audit.entries(tx, verb="intent.import", subject="batch:", limit=5)
    nothing = {"found": None, "diffs": (), "text": "", "file": "", "replace": False, "changed": False, "problems": ()}
    shown = {**nothing, "wrong": "", "reverted": None, **values}
    return visit.page("intents_import.html", status, past=past, **shown)


WAYS = (
    get("/admin/intents/export", export),
    get("/admin/intents/import", ask, "intents.edit"),
    post("/admin/intents/import", preview, "intents.edit", _MOST),
    post("/admin/intents/import/apply", apply, "intents.edit", _MOST),
    post("/admin/intents/import/revert", revert, "intents.edit"),
)
