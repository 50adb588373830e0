"""The settings in force, to read: they are changed in `.env` or the environment, where Remora is started."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get
from core.admin.effective import effective


async def show(visit: Visit) -> Response:
    found = await asyncio.to_thread(effective, visit.desk.settings)
    text, changed = visit.ask("q").strip()[:100], visit.ask("changed") == "1"
    low = text.casefold()
    helps = visit.words["settings_help"]
    rows = [
        (row, helps.get(row.name, row.help))
        for row in found
        if (not changed or row.source != "default")
        and low in f"{row.name} {row.help} {helps.get(row.name, '')}".casefold()
    ]
    return visit.page("settings.html", rows=rows, text=text, changed=changed)


SCREEN = Screen("settings", "sliders", 93, (get("/admin/settings", show, "system.act"),), needs="system.act")
