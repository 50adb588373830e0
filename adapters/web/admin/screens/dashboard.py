"""The first page: is everything well, and what needs somebody."""

from __future__ import annotations

from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get
from core.errors import RemoraError


async def show(visit: Visit) -> Response:
    checks: list[tuple[str, bool, str]] = []
    for name, check in visit.desk.checks.items():
        try:
            checks.append((name, True, await check()))
        except RemoraError as error:
            checks.append((name, False, error.what))
    return visit.page("dashboard.html", checks=checks)


SCREEN = Screen("dashboard", "grid", 0, (get("/admin", show),))
