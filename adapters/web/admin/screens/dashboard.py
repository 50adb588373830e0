"""The first page: is everything well, and what needs somebody."""

from __future__ import annotations

from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get
from core.admin import state
from core.store.admin.figures import MOST


async def show(visit: Visit) -> Response:
    found = await state.overview(visit.desk, visit.account, audited=visit.actor.may("audit.see"))
    return visit.page("dashboard.html", found=found, info=visit.desk.model.info, bot=visit.desk.bot, most=MOST)


SCREEN = Screen("dashboard", "grid", 0, (get("/admin", show),))
