"""Is every part well, who works, what waits, since when, in which version; and backups, made and taken along by owners."""

from __future__ import annotations

from starlette.responses import FileResponse, Response

from adapters.web.admin.screen import Screen, Visit, get, post
from core.admin import backup, state
from core.store.admin.figures import MOST
from core.store.workers import ALIVE

_BACKUPS = "/admin/system/backups"


async def show(visit: Visit) -> Response:
    found, kept = await state.system(visit.desk), await backup.shown(visit.desk)
    return visit.page("system.html", system=found, alive=ALIVE, now=visit.now, most=MOST, backups=kept)


async def backups(visit: Visit) -> Response:
    """The part of the page, which asks again while a backup is being made."""
    return visit.page("system_backups.html", backups=await backup.shown(visit.desk))


async def make(visit: Visit) -> Response:
    await backup.make(visit.desk, visit.actor)
    return await backups(visit) if visit.request.headers.get("hx-request") else visit.go("/admin/system")


async def take(visit: Visit) -> Response:
    name = visit.field("name")
    path = await backup.taken(visit.desk, name, visit.actor)
    return FileResponse(path, filename=name, media_type="application/octet-stream")


async def delete(visit: Visit) -> Response:
    await backup.delete(visit.desk, visit.field("name"), visit.actor)
    return visit.go("/admin/system", "system.backup_deleted")


SCREEN = Screen(
    "system", "pulse", 94,
    (
        get("/admin/system", show, "system.act"),
        get(_BACKUPS, backups, "system.backup"),
        post(_BACKUPS, make, "system.backup"),
        post(f"{_BACKUPS}/take", take, "system.backup"),
        post(f"{_BACKUPS}/delete", delete, "system.backup"),
    ),
    needs="system.act",
)  # fmt: skip
