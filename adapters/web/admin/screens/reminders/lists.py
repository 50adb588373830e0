"""Lists: reminders by what they are asked for by, and deliveries that failed, are late, or were left out."""

from __future__ import annotations

from typing import get_args

from starlette.responses import Response

from adapters.web.admin.screen import Visit
from adapters.web.admin.screens.reminders.shared import at, fields_of, number_in, query, rule_in_words
from core.admin.reminders import bulk, finding
from core.store.admin import reminders as looking
from core.store.admin.reminders import Trouble
from core.store.chats import WAITS_FOR_OWNER

_TROUBLES: tuple[Trouble, ...] = get_args(Trouble)


async def show(visit: Visit) -> Response:
    desk, fields = at(visit), fields_of(visit)
    asked = await finding.filter_of(desk, fields)
    found = await finding.page(desk, asked, visit.ask("after"))
    rows = [(one, rule_in_words(visit, one.reminder)) for one in found.listed]
    return visit.page(
        "reminders.html", rows=rows, fields=fields, filtered=query(fields), count=found.count, counted=looking.COUNTED,
        next_page=query(fields, after=found.after) if found.after else "", statuses=finding.STATUSES,
        platforms=sorted({*visit.desk.adapters, fields.get("platform", "")} - {""}), later=bool(visit.ask("after")),
        searched=looking.SEARCHED if looking.searches_newest(asked) else 0,
    )  # fmt: skip


async def deliveries(visit: Visit) -> Response:
    platform = visit.ask("platform")[:40]
    trouble: Trouble = next((one for one in _TROUBLES if one == visit.ask("trouble")), "failed")
    async with visit.desk.store.read() as tx:
        found = await looking.troubled(tx, trouble, platform, visit.now, visit.number("before"))
        count = await looking.count_troubled(tx, trouble, platform, visit.now)
    shown = found[: looking.PAGE]
    return visit.page(
        "reminders_deliveries.html", rows=shown, trouble=trouble, troubles=_TROUBLES, platform=platform, count=count,
        counted=looking.COUNTED, before=shown[-1].id if len(found) > looking.PAGE else None,
        platforms=sorted({*visit.desk.adapters, platform} - {""}), waits=WAITS_FOR_OWNER,
        later=visit.number("before") is not None,
    )  # fmt: skip


async def retry(visit: Visit) -> Response:
    tried = await bulk.retry(at(visit), number_in(visit))
    visit.desk.wake()
    reminder = visit.field("reminder")
    back = f"/admin/reminders/{reminder}" if reminder.isdecimal() else "/admin/reminders/deliveries"
    return visit.go(back, "reminders.retried" if tried else "reminders.retried_not")


async def retry_all(visit: Visit) -> Response:
    count = await bulk.retry_all(at(visit), visit.field("platform")[:40])
    visit.desk.wake()
    return visit.go("/admin/reminders/deliveries", "reminders.retried" if count else "reminders.retried_not")
