"""What admins did: found by who, what and on what, exported, and proven to be whole."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from adapters.web.admin.screen import Screen, Visit, get
from core.store import Store
from core.store.admin import audit

_PATH = "/admin/audit"
_PAGE = 50
_FILTERS = ("who", "verb", "subject")
_AT_ONCE = 500


def _filters(visit: Visit) -> dict[str, str]:
    return {name: visit.ask(name).strip()[:200] for name in _FILTERS}


async def show(visit: Visit) -> Response:
    wanted = _filters(visit)
    async with visit.desk.store.read() as tx:
        found = await audit.entries(
            tx,
            before=visit.number("before"),
            limit=_PAGE + 1,
            who=wanted["who"],
            verb=wanted["verb"],
            subject=wanted["subject"],
        )
        names = await audit.names(tx)
    later = visit.number("before") is not None
    return visit.page(
        "audit.html", entries=found[:_PAGE], more=len(found) > _PAGE, later=later, names=names, wanted=wanted
    )


async def verify(visit: Visit) -> Response:
    """A part of the page: walking through the whole log is asked for, not done at every look."""
    async with visit.desk.store.read() as tx:
        count, broken = await audit.first_broken(tx)
    return visit.page("audit_state.html", count=count, broken=broken)


async def export(visit: Visit) -> Response:
    """The entries that the filters find, one JSON object a line, the newest first."""
    name = f"remora-audit-{visit.now:%Y-%m-%d}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    lines = _lines(visit.desk.store, _filters(visit))
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)


async def _lines(store: Store, wanted: dict[str, str]) -> AsyncIterator[str]:
    """However many there are, a few at a time are in memory, and no transaction is open while the reader is slow."""
    before: int | None = None
    while True:
        async with store.read() as tx:
            found = await audit.entries(
                tx, before=before, limit=_AT_ONCE, who=wanted["who"], verb=wanted["verb"], subject=wanted["subject"]
            )
        yield "".join(f"{audit.as_json(entry)}\n" for entry in found)
        if len(found) < _AT_ONCE:
            return
        before = found[-1].id


SCREEN = Screen(
    "audit",
    "scroll",
    90,
    (
        get(_PATH, show, "audit.see"),
        get(f"{_PATH}/verify", verify, "audit.see"),
        get(f"{_PATH}/export", export, "audit.see"),
    ),
    needs="audit.see",
    group="operation",
)
