"""Reminders of everybody: the list, one of them, all of a filter at once, what is ahead, and what was not delivered."""

from __future__ import annotations

from adapters.web.admin.screen import Screen, get, post
from adapters.web.admin.screens.reminders import ahead, bulk, editor, lists
from core.admin.roles import Permission

_EDIT: Permission = "reminders.edit"
SCREEN = Screen(
    "reminders",
    "bell",
    30,
    (
        get("/admin/reminders", lists.show),
        get("/admin/reminders/deliveries", lists.deliveries),
        post("/admin/reminders/deliveries/retry", lists.retry_all, _EDIT),
        post("/admin/reminders/deliveries/{id:int}/retry", lists.retry, _EDIT),
        get("/admin/reminders/calendar", ahead.calendar),
        get("/admin/reminders/calendar.ics", ahead.export, _EDIT),
        get("/admin/reminders/simulator", ahead.simulator),
        get("/admin/reminders/bulk", bulk.look, _EDIT),
        post("/admin/reminders/bulk", bulk.do, _EDIT),
        get("/admin/reminders/new", editor.new, _EDIT),
        post("/admin/reminders/new", editor.propose, _EDIT),
        get("/admin/reminders/new/preview", editor.preview_new, _EDIT),
        get("/admin/reminders/{id:int}", editor.show),
        post("/admin/reminders/{id:int}", editor.save, _EDIT),
        get("/admin/reminders/{id:int}/preview", editor.preview, _EDIT),
        post("/admin/reminders/{id:int}/run", editor.run, _EDIT),
        post("/admin/reminders/{id:int}/{verb}", editor.act, _EDIT),
    ),
)
