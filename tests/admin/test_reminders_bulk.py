"""All reminders of a filter at once, and what is ahead: counted before, done once, told once; worked out as it will be."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.reminders.planning import plan_due
from core.store import reminders
from core.store.admin import audit
from core.store.tables import downtime, outbox
from core.store.tables import person as person_table
from core.store.tables import reminder as table
from tests.admin.people_and_reminders import person, reminder
from tests.fakes.admin import AdminSide, Browser

START = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)
BULK = "/admin/reminders/bulk"


@pytest.fixture
async def people(admin: AdminSide) -> list[int]:
    admin.clock.set(START)
    return [await person(admin.desk.store, name, START) for name in ("ann", "bob")]


async def states(admin: AdminSide) -> list[str]:
    async with admin.desk.store.read() as tx:
        return [row.state for row in await tx.rows(sa.select(table.c.state).order_by(table.c.id))]


async def told(admin: AdminSide) -> list[str]:
    async with admin.desk.store.read() as tx:
        rows = await tx.rows(sa.select(outbox.c.reply).where(outbox.c.cause.like("admin:bulk:%")).order_by(outbox.c.id))
        return [row.reply["text"] for row in rows]


async def done(browser: Browser, verb: str, minutes: str = "", **fields: str) -> str:
    """Does it from the page that shows it, on to its end; the last page."""
    query = "&".join(f"{name}={value}" for name, value in {"verb": verb, "minutes": minutes, **fields}.items())
    page = (await browser.get(f"{BULK}?{query}")).text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token, page
    form = {"verb": verb, "minutes": minutes, "token": token[1], **fields}
    while True:
        answer = await browser.post(BULK, form)
        assert answer.status_code == 200
        after = re.search(r'name="after" value="(\d+)"', answer.text)
        if after is None:
            return answer.text
        form |= {"after": after[1]}


async def test_a_page_counts_and_shows_before_anything_is_done(admin: AdminSide, people: list[int]) -> None:
    for number in range(3):
        await reminder(admin.desk.store, people[0], f"task {number}", "2026-11-27T09:00", START)
    await reminder(admin.desk.store, people[1], "rests", "2026-11-27T09:00", START, state="paused")
    async with admin.browser("operator") as browser:
        page = (await browser.get(f"{BULK}?verb=move&minutes=90")).text
    assert "4 reminders match" in page
    assert re.findall(r"<b>(\d+)</b><span>", page) == ["3", "1", "1"]
    assert page.count("Fri 27 Nov 10:30 Europe/Paris") == 3
    assert "task 1" in page
    assert "rests" not in page
    assert set(await states(admin)) == {"active", "paused"}


async def test_many_are_paused_and_each_person_is_told_once(admin: AdminSide, people: list[int]) -> None:
    for whose in people:
        for number in range(7):
            await reminder(admin.desk.store, whose, f"task {number}", f"2026-11-27T09:0{number}", START)
    async with admin.browser("operator", "olga") as browser:
        page = await done(browser, "pause", status="active")
    assert re.findall(r"<b>(\d+)</b><span>", page) == ["14", "2", "0"]
    assert set(await states(admin)) == {"paused"}
    texts = await told(admin)
    assert len(texts) == 2
    for text in texts:
        assert "olga" in text
        assert "Paused 7 of your reminders" in text
        assert "task 4" in text
        assert "task 5" not in text
    async with admin.desk.store.read() as tx:
        [entry] = await audit.entries(tx, verb="reminder.bulk.")
    assert (entry.verb, entry.detail["count"], entry.detail["status"]) == ("reminder.bulk.pause", 14, "active")


async def test_what_is_done_to_a_person_is_noted_with_it_wherever_it_was_begun(
    admin: AdminSide, people: list[int]
) -> None:
    for whose in people:
        await reminder(admin.desk.store, whose, "tea", "2026-11-27T09:00", START)
    form = {"verb": "cancel", "minutes": "", "token": "not-from-a-page", "after": str(people[0])}
    async with admin.browser("operator") as browser:
        assert (await browser.post(BULK, form)).status_code == 200
    async with admin.desk.store.read() as tx:
        [entry] = await audit.entries(tx, person_id=people[1])
    assert (entry.verb, entry.subject, entry.detail) == ("reminder.cancel", "bulk:not-from-a-page", {"count": 1})


async def test_what_was_sent_twice_is_done_once(admin: AdminSide, people: list[int]) -> None:
    one = await reminder(admin.desk.store, people[0], "tea", "2026-11-27T09:00", START)
    form = {"verb": "move", "minutes": "-30", "token": "sent-twice-1234"}
    async with admin.browser("operator") as browser:
        for _ in range(2):
            assert (await browser.post(BULK, form)).status_code == 200
    async with admin.desk.store.read() as tx:
        moved = await reminders.get_any(tx, one.id)
    assert moved is not None
    assert moved.rings == dt.datetime(2026, 11, 27, 7, 30, tzinfo=dt.UTC)
    assert len(await told(admin)) == 1


async def test_what_cannot_be_moved_stays(admin: AdminSide, people: list[int]) -> None:
    store = admin.desk.store
    await reminder(store, people[0], "often", "2026-11-25T10:00", START, rule="FREQ=HOURLY;INTERVAL=2")
    daily = await reminder(store, people[0], "daily", "2026-11-25T12:00", START, rule="FREQ=DAILY;BYHOUR=12;BYMINUTE=0")
    async with admin.browser("operator") as browser:
        page = await done(browser, "move", "15")
    assert re.findall(r"<b>(\d+)</b><span>", page) == ["1", "1", "1"]
    async with store.read() as tx:
        moved = await reminders.get_any(tx, daily.id)
    assert moved is not None
    assert moved.rings == dt.datetime(2026, 11, 25, 11, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize("minutes", ["", "0", "x", "1.5", "99999", "-99999", "１５"])
async def test_a_wrong_length_is_explained(admin: AdminSide, people: list[int], minutes: str) -> None:
    one = await reminder(admin.desk.store, people[0], "tea", "2026-11-27T09:00", START)
    async with admin.browser("operator") as browser:
        answer = await browser.post(BULK, {"verb": "move", "minutes": minutes, "token": "t" * 16})
    assert answer.status_code == 422
    assert "whole number of minutes" in answer.text
    async with admin.desk.store.read() as tx:
        assert await reminders.get_any(tx, one.id) == one


async def test_more_than_one_request_deals_with_all_of_many_people(
    admin: AdminSide, people: list[int], monkeypatch
) -> None:
    monkeypatch.setattr("core.admin.reminders.bulk.STEP", 4)
    for whose in (*people, await person(admin.desk.store, "carl", START)):
        for number in range(3):
            await reminder(admin.desk.store, whose, f"task {number}", "2026-11-27T09:00", START)
    async with admin.browser("operator") as browser:
        await done(browser, "cancel")
    assert set(await states(admin)) == {"cancelled"}
    assert len(await told(admin)) == 3


# --- ahead


async def test_a_month_and_a_week_show_what_rings(admin: AdminSide, people: list[int]) -> None:
    store = admin.desk.store
    await reminder(store, people[0], "daily", "2026-11-25T12:00", START, rule="FREQ=DAILY;BYHOUR=12;BYMINUTE=0")
    for number in range(9):
        await reminder(store, people[1], f"once {number}", f"2026-12-02T0{number}:30", START, chat="bob")
    async with admin.browser("operator") as browser:
        month = (await browser.get("/admin/reminders/calendar?day=2026-12-01&zone=Asia/Tokyo")).text
        week = (await browser.get("/admin/reminders/calendar?view=week&day=2026-12-02&person=ann")).text
    assert "December 2026" in month
    assert month.count("daily") == 5 * 7 - 1  # the day with ten shows four and how many more
    assert re.search(r"<b>08:30</b> once 0", month)
    assert "+6" in month
    assert week.count("daily") == 7
    assert "<b>12:00</b>" in week
    assert "once" not in week


async def test_a_calendar_says_where_it_is_cut(admin: AdminSide, people: list[int], monkeypatch) -> None:
    monkeypatch.setattr("core.admin.reminders.ahead.MOST_IN_CALENDAR", 2)
    for number in range(3):
        await reminder(admin.desk.store, people[0], f"once {number}", f"2026-11-27T0{number}:30", START)
    async with admin.browser("operator") as browser:
        page = (await browser.get("/admin/reminders/calendar")).text
    assert "Only the first 2 reminders" in page


async def test_the_calendar_file_holds_what_the_filter_asks_for(admin: AdminSide, people: list[int]) -> None:
    await reminder(admin.desk.store, people[0], "tea", "2026-11-27T09:00", START)
    await reminder(admin.desk.store, people[1], "milk", "2026-11-27T09:00", START)
    async with admin.browser("operator") as browser:
        answer = await browser.get("/admin/reminders/calendar.ics?person=ann")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "SUMMARY:tea" in answer.text
    assert "milk" not in answer.text
    async with admin.desk.store.read() as tx:
        assert [entry.verb for entry in await audit.entries(tx, verb="reminder.")] == ["reminder.export"]


DOWN = "/admin/reminders/simulator?zone=UTC&from=2026-11-26T02:00&until=2026-11-26T05:00"
_FATES = ("late", "gathered", "told", "skipped", "missed")


async def _world(admin: AdminSide, people: list[int]) -> None:
    """What a night without Remora hits in each of the ways."""
    store, utc = admin.desk.store, {"zone": "UTC"}
    ann, bob = people
    await reminder(store, bob, "once", "2026-11-26T03:00", START, chat="bob", **utc)
    await reminder(store, bob, "spares", "2026-11-26T03:10", START, chat="bob", late_policy="skip", **utc)
    await reminder(
        store, bob, "limited", "2026-11-26T03:20", START, chat="bob", late_policy="limit", late_minutes=30, **utc
    )
    await reminder(store, bob, "hourly", "2026-11-25T10:45", START, chat="bob", rule="FREQ=HOURLY", **utc)
    await reminder(store, bob, "after", "2026-11-26T05:30", START, chat="bob", **utc)
    await reminder(store, bob, "rests", "2026-11-26T03:00", START, chat="bob", state="paused", **utc)
    for number in range(5):
        await reminder(store, ann, f"many {number}", f"2026-11-26T04:0{number}", START, **utc)


async def test_a_downtime_tried_out_is_what_it_does(admin: AdminSide, people: list[int]) -> None:
    """The simulator's figures are those of the rows that a real downtime leaves."""
    await _world(admin, people)
    store = admin.desk.store
    async with admin.browser("operator") as browser:
        page = (await browser.get(DOWN)).text
    seen = dict(zip((*_FATES, "messages", "people"), map(int, re.findall(r"<b>(\d+)</b><span>", page)), strict=True))
    async with store.read() as tx:
        assert list(await tx.rows(sa.select(outbox))) == []
    async with store.write() as tx:  # up to two in the morning the hourly one rings as usual
        await tx.run(sa.update(table).where(table.c.text == "hourly").values(
            next_due=dt.datetime(2026, 11, 26, 2, 45, tzinfo=dt.UTC), next_local="2026-11-26T02:45:00"))  # fmt: skip
        back = dt.datetime(2026, 11, 26, 5, 0, tzinfo=dt.UTC)
        await tx.insert(downtime, {"began_at": back - dt.timedelta(hours=3), "ended_at": back, "kind": "down"})
        while await plan_due(tx, back):
            pass
        rows = list(await tx.rows(sa.select(outbox)))
    by = {
        "late": [row for row in rows if row.state == "planned" and row.reminder_id and row.judged],
        "gathered": [row for row in rows if row.reason.startswith("in digest:")],
        "missed": [row for row in rows if row.reason.startswith("missed")],
        "told": [row for row in rows if row.cause.endswith(":told")],
    }
    assert {name: seen[name] for name in by} == {name: len(found) for name, found in by.items()}
    skipped = [row for row in rows if row.state == "skipped" and "not worth" in row.reason]
    assert seen["skipped"] + seen["told"] == len(skipped)
    assert seen == {"late": 1, "gathered": 5, "told": 1, "skipped": 2, "missed": 2, "messages": 3, "people": 2}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-11-26T05:00&until=2026-11-26T02:00", "must lie ahead"),
        ("from=2026-11-24T05:00&until=2026-11-26T02:00", "must lie ahead"),
        ("from=2026-11-26T05:00&until=2026-12-26T02:00", "At most 7 days"),
        ("from=tonight&until=later", "Give both times"),
        ("from=2026-11-26T02:00&until=2026-11-26T05:00&zone=Mars", "no time zone Mars"),
    ],
)
async def test_a_downtime_that_cannot_be_tried_is_explained(admin: AdminSide, people: list[int], query, said) -> None:
    async with admin.browser("viewer") as browser:
        answer = await browser.get(f"/admin/reminders/simulator?{query}")
    assert answer.status_code == 422
    assert said in answer.text


async def test_a_simulation_that_takes_too_long_says_how_far_it_came(
    admin: AdminSide, people: list[int], monkeypatch
) -> None:
    monkeypatch.setattr("core.admin.reminders.ahead.PATIENCE", -1.0)
    await _world(admin, people)
    async with admin.browser("operator") as browser:
        page = (await browser.get(DOWN)).text
    assert "Only the first 0 reminders" in page
    monkeypatch.setattr("core.admin.reminders.ahead.PATIENCE", 60.0)
    monkeypatch.setattr("core.admin.reminders.ahead.MOST_SIMULATED", 3)
    async with admin.browser("operator") as browser:
        assert "Only the first 3 reminders" in (await browser.get(DOWN)).text


async def test_a_file_that_leaves_some_out_holds_those_that_ring_first_and_says_so(
    admin: AdminSide, people: list[int], monkeypatch
) -> None:
    monkeypatch.setattr("core.admin.reminders.ahead.MOST_EXPORTED", 2)
    await _world(admin, people)
    async with admin.browser("operator") as browser:
        answer = await browser.get("/admin/reminders/calendar.ics")
    assert answer.status_code == 200
    assert answer.text.count("BEGIN:VEVENT") == 2
    assert "the first 2 of more" in answer.text.replace("\r\n ", "")


async def test_quiet_hours_hold_what_is_late(admin: AdminSide, people: list[int]) -> None:
    async with admin.desk.store.write() as tx:
        quiet = {"quiet_from": "00:00", "quiet_until": "08:00"}
        await tx.run(sa.update(person_table).where(person_table.c.id == people[0]).values(**quiet))
    await reminder(admin.desk.store, people[0], "tea", "2026-11-26T04:00", START)
    async with admin.browser("operator") as browser:
        page = (await browser.get(DOWN)).text
    assert "Thu 26 Nov 08:00 Europe/Paris" in page
