"""The reminders' pages: found, changed, told, sent again; two admins on one row; nobody reads what they may not."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa

from core.store import outbox as queue
from core.store import reminders
from core.store.admin import audit
from core.store.outbox import Planned
from core.store.reminders import Reminder
from core.store.tables import outbox
from core.store.tables import person as person_table
from core.store.tables import reminder as reminder_table
from tests.admin.people_and_reminders import person, reminder
from tests.fakes.admin import AdminSide, Browser

START = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)
"""A Wednesday; ten o'clock in Paris."""
LIST = "/admin/reminders"


@pytest.fixture
async def ann(admin: AdminSide) -> int:
    admin.clock.set(START)
    return await person(admin.desk.store, "ann", START)


async def kept(admin: AdminSide, number: int) -> Reminder:
    async with admin.desk.store.read() as tx:
        found = await reminders.get_any(tx, number)
    assert found is not None
    return found


async def queued(admin: AdminSide, like: str = "admin:%") -> list[sa.Row]:
    async with admin.desk.store.read() as tx:
        rows = await tx.rows(sa.select(outbox).where(outbox.c.cause.like(like)).order_by(outbox.c.id))
        return list(rows)


async def noted(admin: AdminSide, verb: str = "reminder.") -> list[str]:
    async with admin.desk.store.read() as tx:
        return [entry.verb for entry in await audit.entries(tx, verb=verb)]


async def edited(admin: AdminSide, browser: Browser, number: int, **fields: str):
    now = await kept(admin, number)
    form = {"revision": now.updated_at.isoformat(), "text": now.text, "policy": now.late_policy or "usual", **fields}
    return await browser.post(f"{LIST}/{number}", form)


async def test_every_page_shows(admin: AdminSide, ann: int) -> None:
    one = await reminder(admin.desk.store, ann, "call mum", "2026-11-27T09:00", START, rule="FREQ=DAILY")
    pages = ("", "/deliveries", "/calendar", "/calendar?view=week", "/simulator", "/bulk", "/new", f"/{one.id}")
    async with admin.browser("operator") as browser:
        for path in pages:
            for language in ("en", "zh"):
                answer = await browser.get(LIST + path, **{"Accept-Language": language})
                assert answer.status_code == 200, (path, answer.text[:300])


async def test_a_list_shows_the_next_ring_on_the_persons_clock(admin: AdminSide, ann: int) -> None:
    await reminder(admin.desk.store, ann, "call mum", "2026-11-27T09:00", START)
    async with admin.browser("operator") as browser:
        page = (await browser.get(LIST)).text
    for words in ("Fri 27 Nov 09:00 Europe/Paris", "in 1 d 23 h", "call mum", "Ann", "active", "1 reminder"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("person=ann", {"bread", "tea"}),
        ("person=bob_h", {"milk"}),
        ("person=fake:bob", {"milk"}),
        ("person=%232147483647999", set()),
        ("person=nobody", set()),
        ("status=paused", {"tea"}),
        ("status=active", {"bread", "milk"}),
        ("status=nonsense", {"bread", "tea", "milk"}),
        ("channel=fake:team", {"milk"}),
        ("channel=team", {"milk"}),
        ("platform=slack", set()),
        ("text=BRE", {"bread"}),
        ("text=%25", set()),
    ],
)
async def test_reminders_are_found(admin: AdminSide, ann: int, query: str, found: set[str]) -> None:
    store = admin.desk.store
    bob = await person(store, "bob", START)
    await reminder(store, ann, "bread", "2026-11-27T09:00", START)
    await reminder(store, ann, "tea", "2026-11-27T09:00", START, state="paused")
    await reminder(store, bob, "milk", "2026-11-27T10:00", START, chat="team", kind="channel")
    async with admin.browser("operator") as browser:
        page = (await browser.get(f"{LIST}?{query}")).text
    assert {word for word in ("bread", "tea", "milk") if f"<td>{word}</td>" in page} == found


async def test_words_are_looked_for_among_the_newest_unless_it_is_said_whose(
    admin: AdminSide, ann: int, monkeypatch
) -> None:
    for text in ("bread", "tea", "more bread"):
        await reminder(admin.desk.store, ann, text, "2026-11-27T09:00", START)
    monkeypatch.setattr("core.store.admin.reminders.SEARCHED", 2)
    async with admin.browser("operator") as browser:
        everybody = (await browser.get(f"{LIST}?text=bread")).text
        hers = (await browser.get(f"{LIST}?text=bread&person=ann")).text
    assert (everybody.count("bread</td>"), hers.count("bread</td>")) == (1, 2)
    assert ("Among the newest 2 reminders" in everybody, "Among the newest" in hers) == (True, False)


async def test_pages_follow_each_other_without_loss(admin: AdminSide, ann: int) -> None:
    store = admin.desk.store
    for number in range(120):
        await reminder(store, ann, f"task {number}.", f"2026-11-{27 + number % 3}T09:{number % 50:02}", START)
    for query in ("", "?status=active"):
        seen: list[str] = []
        async with admin.browser("operator") as browser:
            path = LIST + query
            while path:
                page = (await browser.get(path)).text
                seen += re.findall(r"<td>(task \d+\.)</td>", page)
                further = re.search(r'href="([^"]+)" rel="next"', page)
                path = further[1].replace("&amp;", "&") if further else ""
        assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("role", ["viewer", "editor"])
async def test_what_reminders_say_is_hidden_from_those_who_may_not_change_them(
    admin: AdminSide, ann: int, role
) -> None:
    one = await reminder(admin.desk.store, ann, "see doctor Who", "2026-11-27T09:00", START)
    async with admin.browser(role) as browser:
        for path in (LIST, f"{LIST}?text=doctor", f"{LIST}/{one.id}", f"{LIST}/calendar", f"{LIST}/simulator?from=2026-11-27T08:00&until=2026-11-27T10:00&zone=Europe/Paris"):  # fmt: skip
            page = await browser.get(path)
            assert page.status_code == 200
            assert "doctor Who" not in page.text, path
            assert "hidden" in page.text or "•••" in page.text
        assert (await browser.get(f"{LIST}/calendar.ics")).status_code == 403


async def test_an_edit_is_kept_noted_and_told(admin: AdminSide, ann: int) -> None:
    one = await reminder(admin.desk.store, ann, "call mum", "2026-11-27T09:00", START)
    async with admin.browser("operator", "olga") as browser:
        answer = await edited(
            admin, browser, one.id, text="call dad", when="every 2 weeks on Tuesday 9:30", policy="limit",
            late_minutes="45", nag_minutes="10", nag_most="3",
        )  # fmt: skip
        assert (answer.status_code, answer.headers["location"]) == (303, f"{LIST}/{one.id}?said=reminders.saved")
    now = await kept(admin, one.id)
    assert (now.text, now.late_policy, now.late_minutes, now.nag_minutes, now.nag_most) == (
        "call dad",
        "limit",
        45,
        10,
        3,
    )
    assert now.rings == dt.datetime(2026, 12, 1, 8, 30, tzinfo=dt.UTC)
    assert "INTERVAL=2" in (now.rule or "")
    [told] = await queued(admin)
    assert (told.person_id, told.address["chat"], told.state) == (ann, "ann", "planned")
    for words in ("olga", "call dad", "Tue 1 Dec 09:30 Europe/Paris", "45 min", "10 min", "Undo"):
        assert words in told.reply["text"]
    async with admin.desk.store.read() as tx:
        [entry] = await audit.entries(tx, verb="reminder.")
    assert (entry.verb, entry.who, entry.subject) == ("reminder.edit", "web:olga", f"reminder:{one.id}")
    assert entry.detail["fields"] == ["text", "time", "lateness", "nagging"]
    assert "dad" not in str(entry.detail)


async def test_a_person_is_told_in_their_language_after_their_quiet_hours(admin: AdminSide, ann: int) -> None:
    async with admin.desk.store.write() as tx:
        quiet = {"language": "zh", "quiet_from": "09:00", "quiet_until": "12:00"}
        await tx.run(sa.update(person_table).where(person_table.c.id == ann).values(**quiet))
    one = await reminder(admin.desk.store, ann, "打电话", "2026-11-27T15:00", START)
    async with admin.browser("operator") as browser:
        await edited(admin, browser, one.id, when="下周一下午三点")
    [told] = await queued(admin)
    assert "管理员" in told.reply["text"]
    assert told.due_at == dt.datetime(2026, 11, 25, 11, 0, tzinfo=dt.UTC)


async def test_reading_is_never_told(admin: AdminSide, ann: int) -> None:
    one = await reminder(admin.desk.store, ann, "call mum", "2026-11-27T09:00", START)
    async with admin.browser("operator") as browser:
        await browser.get(f"{LIST}/{one.id}")
        await browser.get(f"{LIST}/{one.id}/preview?when=tomorrow")
    assert await queued(admin) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"when": "yesterday at 9"}, "over already"),
        ({"when": "every now and then"}, "how often"),
        ({"when": "blue"}, "how often"),
        ({"when": "every second"}, "minute"),
        ({"policy": "limit", "late_minutes": "-1"}, "limit:30"),
        ({"policy": "<b>"}, "limit:30"),
        ({"policy": "next"}, "next"),
        ({"nag_minutes": "five", "nag_most": "2"}, "Nagging"),
        ({"nag_minutes": "5", "nag_most": "0"}, "Nagging"),
        ({"text": "x" * 2_001}, "2000"),
        ({}, "Nothing was changed"),
    ],
)
async def test_what_cannot_be_saved_is_explained_and_nothing_typed_is_lost(
    admin: AdminSide, ann: int, fields: dict[str, str], said: str
) -> None:
    one = await reminder(admin.desk.store, ann, "call mum", "2026-11-27T09:00", START)
    async with admin.browser("operator") as browser:
        answer = await edited(admin, browser, one.id, **{"text": "my <typed> text", **fields} if fields else {})
    assert answer.status_code == 422
    assert said in answer.text
    if fields:
        assert ("my &lt;typed&gt; text" in answer.text) or "text" in fields
    assert await kept(admin, one.id) == one
    assert await queued(admin) == []


async def test_of_two_admins_on_one_reminder_the_second_sees_what_the_first_did(admin: AdminSide, ann: int) -> None:
    one = await reminder(admin.desk.store, ann, "call mum", "2026-11-27T09:00", START)
    async with admin.browser("operator", "olga") as olga, admin.browser("owner", "otto") as otto:
        seen = one.updated_at.isoformat()
        first = await olga.post(f"{LIST}/{one.id}", {"revision": seen, "text": "call dad", "policy": "usual"})
        second = await otto.post(f"{LIST}/{one.id}", {"revision": seen, "text": "call aunt", "policy": "usual"})
        deed = await otto.post(f"{LIST}/{one.id}/cancel", {"revision": seen})
    assert (first.status_code, second.status_code, deed.status_code) == (303, 422, 422)
    assert "changed meanwhile" in second.text
    assert "call dad" in second.text
    assert "call aunt</textarea>" in second.text
    assert (await kept(admin, one.id)).text == "call dad"


async def test_of_two_edits_at_the_same_moment_one_is_kept(admin: AdminSide, ann: int) -> None:
    one = await reminder(admin.desk.store, ann, "call mum", "2026-11-27T09:00", START)
    seen = one.updated_at.isoformat()
    async with admin.browser("operator", "olga") as olga, admin.browser("owner", "otto") as otto:
        answers = await asyncio.gather(
            *(
                browser.post(f"{LIST}/{one.id}", {"revision": seen, "text": text, "policy": "usual"})
                for browser, text in ((olga, "call dad"), (otto, "call aunt"))
            )
        )
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert len(await queued(admin)) == 1


@pytest.mark.parametrize("damage", [{"rule": "FREQ=NONSENSE"}, {"zone": "Mars/Base"}, {"address": {"nope": 1}}])
async def test_a_damaged_reminder_harms_no_page(admin: AdminSide, ann: int, damage: dict[str, Any]) -> None:
    one = await reminder(admin.desk.store, ann, "tea", "2026-11-26T04:00", START)
    await reminder(admin.desk.store, ann, "milk", "2026-11-26T04:00", START)
    async with admin.desk.store.write() as tx:
        await tx.run(sa.update(reminder_table).where(reminder_table.c.id == one.id).values(**damage))
    async with admin.browser("operator") as browser:
        simulated = "/simulator?zone=UTC&from=2026-11-26T02:00&until=2026-11-26T05:00"
        for path in ("", f"/{one.id}", "/calendar", simulated, "/bulk?verb=pause", f"/{one.id}/preview?when="):
            assert (await browser.get(LIST + path)).status_code == 200, path
        assert "milk" in (await browser.get(LIST + simulated)).text
        form = {"revision": one.updated_at.isoformat(), "text": "coffee", "newest": "0"}
        for path in ("", "/run", "/cancel"):
            answer = await browser.post(f"{LIST}/{one.id}{path}", form)
            assert answer.status_code == 422
            assert "damaged" in answer.text
        for verb in ("move", "pause"):
            done = await browser.post(f"{LIST}/bulk", {"verb": verb, "minutes": "5", "token": f"{verb}-all-of-it"})
            assert re.findall(r"<b>(\d+)</b><span>", done.text) == ["1", "1", "1"]


async def test_pausing_cancelling_and_taking_back(admin: AdminSide, ann: int) -> None:
    one = await reminder(
        admin.desk.store, ann, "tea", "2026-11-25T16:00", START, rule="FREQ=DAILY;BYHOUR=16;BYMINUTE=0"
    )
    states = []
    async with admin.browser("operator") as browser:
        for verb, more in (
            ("pause", {}),
            ("resume", {}),
            ("pause", {"until": "next monday"}),
            ("cancel", {}),
            ("undo", {}),
        ):
            admin.clock.jump(dt.timedelta(seconds=5))
            form = {"revision": (await kept(admin, one.id)).updated_at.isoformat(), **more}
            answer = await browser.post(f"{LIST}/{one.id}/{verb}", form)
            assert answer.status_code == 303, answer.text
            states.append((await kept(admin, one.id)).state)
    assert states == ["paused", "active", "active", "cancelled", "active"]
    assert (await kept(admin, one.id)).rings == dt.datetime(2026, 11, 30, 15, 0, tzinfo=dt.UTC)
    assert await noted(admin) == [
        "reminder.undo",
        "reminder.cancel",
        "reminder.pause",
        "reminder.resume",
        "reminder.pause",
    ]
    assert len(await queued(admin)) == 5


@pytest.mark.parametrize("verb", ["pause", "resume", "undo"])
async def test_what_changes_nothing_is_refused_and_not_told(admin: AdminSide, ann: int, verb: str) -> None:
    one = await reminder(admin.desk.store, ann, "tea", "2026-11-25T16:00", START, state="done")
    async with admin.browser("operator") as browser:
        answer = await browser.post(f"{LIST}/{one.id}/{verb}", {"revision": one.updated_at.isoformat()})
    assert answer.status_code == 422
    assert await queued(admin) == []


async def test_run_now_sends_once_however_often_it_is_pressed(admin: AdminSide, ann: int) -> None:
    one = await reminder(admin.desk.store, ann, "tea", "2026-11-27T16:00", START)
    async with admin.browser("operator") as browser:
        answers = [await browser.post(f"{LIST}/{one.id}/run", {"newest": "0"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 422]
    [sent] = await queued(admin, f"reminder:{one.id}:%")
    assert (sent.state, sent.due_at <= admin.clock.now(), sent.person_id) == ("planned", True, ann)
    assert "tea" in sent.reply["text"]
    assert "operator" in sent.reply["text"]
    assert (await kept(admin, one.id)).next_due == one.next_due


async def failed(admin: AdminSide, one: Reminder) -> int:
    """A delivery of a reminder that was given up."""
    store, now = admin.desk.store, admin.clock.now()
    due = now - dt.timedelta(hours=3)
    async with store.write() as tx:
        plan = Planned(
            f"reminder:{one.id}:x", one.address, reply_of(one), due, person_id=one.person_id, reminder_id=one.id,
            expires_at=now - dt.timedelta(hours=1),
        )  # fmt: skip
        number = await queue.add(tx, plan, due)
        assert number is not None
        values = {"state": "parked", "reason": "the platform said no", "attempts": 9, "finished_at": now}
        await tx.run(sa.update(outbox).where(outbox.c.id == number).values(**values))
        await reminders.amend(tx, one.id, now, state="parked", next_due=None)
    return number


def reply_of(one: Reminder):
    from core.reminders.wording import ringing

    return ringing(one)


async def test_a_failed_delivery_is_tried_again_once(admin: AdminSide, ann: int) -> None:
    one = await reminder(admin.desk.store, ann, "tea", "2026-11-25T08:00", START)
    number = await failed(admin, one)
    async with admin.browser("operator") as browser:
        assert "the platform said no" in (await browser.get(f"{LIST}/deliveries")).text
        assert "failed delivery" in (await browser.get(f"{LIST}?status=failed")).text
        for said in ("retried", "retried_not"):
            answer = await browser.post(f"{LIST}/deliveries/{number}/retry", {"reminder": str(one.id)})
            assert answer.headers["location"] == f"{LIST}/{one.id}?said=reminders.{said}"
    [again] = await queued(admin, f"reminder:{one.id}:%")
    assert (again.state, again.judged, again.expires_at, again.attempts) == ("planned", True, None, 0)
    assert (await kept(admin, one.id)).state == "active"
    async with admin.desk.store.write() as tx:
        claimed = await queue.claim(tx, "w", ["fake"], admin.clock.now(), 5)
    assert [one.delivery.id for one in claimed] == [number]
    assert await noted(admin, "delivery.") == ["delivery.retry"]


async def test_all_that_failed_on_a_platform_is_tried_again(admin: AdminSide, ann: int) -> None:
    for number in range(3):
        await failed(admin, await reminder(admin.desk.store, ann, f"tea {number}", "2026-11-25T08:00", START))
    async with admin.browser("operator") as browser:
        other = await browser.post(f"{LIST}/deliveries/retry", {"platform": "slack"})
        assert other.headers["location"].endswith("reminders.retried_not")
        await browser.post(f"{LIST}/deliveries/retry", {"platform": "fake"})
    assert {row.state for row in await queued(admin, "reminder:%")} == {"planned"}


@pytest.mark.parametrize(
    "path",
    ["/999999", "/99999999999999999999999", "/999999/preview?when=tomorrow", "/0", "/1/preview/x", "/abc", "/-1"],
)
async def test_ids_of_nothing_are_not_found(admin: AdminSide, ann: int, path: str) -> None:
    async with admin.browser("operator") as browser:
        assert (await browser.get(LIST + path)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/999999", "/999999/run", "/999999/pause", "/99999999999999999999999/cancel", "/1/explode"]
)
async def test_deeds_on_nothing_are_not_found(admin: AdminSide, ann: int, path: str) -> None:
    async with admin.browser("operator") as browser:
        assert (await browser.post(LIST + path, {"newest": "x", "revision": "y"})).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "?after=x", "?after=9e9", "?status=active&after=~", "?status=active&after=2026~1", "?status=active&after=T~-1",
        "/deliveries?before=-1&trouble=%00", "/calendar?day=9999-99-99&view=x", "/calendar?day=2098-12-31",
        "/calendar?zone=Mars", "/calendar?person=%00", "/bulk?verb=nuke&minutes=1e9", "?person=" + "x" * 5000,
        "/simulator?from=&until=x",
    ],
)  # fmt: skip
async def test_wrong_types_in_the_address_are_answered(admin: AdminSide, ann: int, query: str) -> None:
    async with admin.browser("operator") as browser:
        assert (await browser.get(LIST + query)).status_code in (200, 422)


PREVIEWS = [
    ("every day at 2:30 am", "2026-11-27T09:00", None, ["Thu 26 Nov 02:30 Europe/Paris"]),
    ("march 28 at 2:30 am", "2026-11-27T09:00", None, ["28 Mar 2027 03:30", "jumps over"]),
    ("october 31 2027 at 2:30 am", "2026-11-27T09:00", None, ["31 Oct 2027 02:30", "comes twice"]),
    ("", "2027-03-25T09:00", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", ["25 Mar 2027 09:00", "29 Mar 2027 09:00", "put forward"]),
    ("every sunday at 9", "2026-11-27T09:00", None, ["Sun 29 Nov 09:00", "Sun 27 Dec 09:00"]),
    ("每两周的周二9点", "2026-11-27T09:00", None, ["Tue 1 Dec 09:00", "Tue 15 Dec 09:00"]),
    ("yesterday", "2026-11-27T09:00", None, ["note bad"]),
    ("at 7", "2026-11-27T09:00", None, ["Taken as"]),
]  # fmt: skip


@pytest.mark.parametrize(("when", "local", "rule", "shown"), PREVIEWS)
async def test_the_next_fires_are_shown_while_typing(admin: AdminSide, ann: int, when, local, rule, shown) -> None:
    one = await reminder(admin.desk.store, ann, "tea", local, START, rule=rule)
    async with admin.browser("operator") as browser:
        answer = await browser.get(f"{LIST}/{one.id}/preview?when={when}")
        new = await browser.get(f"{LIST}/new/preview?whose=ann&when={when}")
    assert answer.status_code == new.status_code == 200
    for words in shown:
        assert words in answer.text
        assert words in new.text or not when or words == "Taken as"
    assert "<html" not in answer.text


async def test_a_clock_change_between_two_fires_is_shown(admin: AdminSide, ann: int) -> None:
    admin.clock.set(dt.datetime(2027, 3, 26, 12, tzinfo=dt.UTC))
    one = await reminder(
        admin.desk.store, ann, "tea", "2027-03-27T09:00", admin.clock.now(), rule="FREQ=DAILY;BYHOUR=9;BYMINUTE=0"
    )
    async with admin.browser("operator") as browser:
        page = (await browser.get(f"{LIST}/{one.id}")).text
    assert page.count("put forward before this one") == 1


async def test_a_new_reminder_is_asked_of_its_person_once(admin: AdminSide, ann: int) -> None:
    form = {"whose": "ann", "text": "sign the form", "when": "tomorrow at 9", "policy": "usual", "token": "t" * 16}
    async with admin.browser("operator", "olga") as browser:
        for _ in range(2):
            answer = await browser.post(f"{LIST}/new", form)
            assert answer.status_code == 303, answer.text
    [asked] = await queued(admin, "proposal:%")
    assert (asked.person_id, [choice["data"].split(":")[1] for choice in asked.reply["choices"]]) == (
        ann,
        ["accept", "decline", "mute"],
    )
    assert "olga" in asked.reply["text"]
    number = int(asked.cause.partition(":")[2])
    assert (await kept(admin, number)).state == "proposed"


@pytest.mark.parametrize(
    "fields", [{"whose": "nobody"}, {"text": " "}, {"when": "whenever"}, {"channel": "fake:team"}, {"policy": "soon"}]
)
async def test_a_new_reminder_that_cannot_be_keeps_what_was_typed(admin: AdminSide, ann: int, fields) -> None:
    form = {
        "whose": "ann",
        "text": "sign <it>",
        "when": "tomorrow at 9",
        "policy": "usual",
        "token": "t" * 16,
        **fields,
    }
    async with admin.browser("operator") as browser:
        answer = await browser.post(f"{LIST}/new", form)
    assert answer.status_code == 422
    assert "sign &lt;it&gt;" in answer.text or "text" in fields
    assert await queued(admin, "%") == []
