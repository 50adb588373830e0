"""Is every part well, who works, what waits, since when, and in which version."""

from __future__ import annotations

from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get
from core.admin import state
from core.store.admin.figures import MOST


async def show(visit: Visit) -> Response:
    found = await state.system(visit.desk)
    return visit.page("system.html", system=found, alive=state.ALIVE, now=visit.now, most=MOST)


SCREEN = Screen("system", "pulse", 94, (get("/admin/system", show, "system.act"),), needs="system.act")
