"""Editing intents: nothing faulty is published, nothing is half published, nobody overwrites another, everything goes back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from core.errors import Refused
from core.intents.checks import check, failed_tests
from core.intents.definition import Answer, HandOver, Intent, RunSkill, Slot
from core.intents.problems import Problem
from core.intents.releases import Conflict, Editing, NotPublishable, changes
from core.store import Store
from tests.fakes.clock import SettableClock
from tests.unit.rows import NOW

COMMANDS = ("/remind", "/help")
HOURS = Intent("hours", {"en": ("when are you open", "opening times", "open today", "are you open", "till when")})
PRICE = Intent("price", {"en": ("what does it cost", "how much", "price", "is it dear", "cost please")})


@pytest.fixture
def editing(store: Store) -> Editing:
    return Editing(store, SettableClock(NOW), "assistant", commands=COMMANDS, reserved=("reminders",))


def keys(problems: list[Problem]) -> list[str]:
    return [problem.key for problem in problems if not problem.warning]


@pytest.mark.parametrize(
    ("intents", "faults"),
    [
        ((HOURS, PRICE), []),
        ((HOURS, replace(PRICE, examples={"en": ("Open  TODAY!",)})), ["shared_example"]),
        ((HOURS, replace(PRICE, examples={"en": ("ｏｐｅｎ today",)}, enabled=False)), []),
        ((HOURS, replace(HOURS, name="Hours", examples={"en": ("other",)})), ["same_name"]),
        ((replace(HOURS, name="reminders"),), ["reserved_name"]),
        ((Intent("a", {}),), ["no_example"]),
        ((Intent("a", {}, enabled=False),), []),
        ((Intent("a", {"en": ("x" * 501,)}),), ["long_example"]),
        ((Intent("a", {"en": ("?!",)}),), ["empty_example"]),
        ((Intent("a", {"en": ("book {day}",)}, slots=(Slot("days"),)),), ["unknown_slot"]),
        ((Intent("a", {"en": ("book [monday]{day}",)}, slots=(Slot("day"),)),), []),
        ((Intent("a", {"en": ("x",)}, slots=(Slot("size", "list"),)),), ["empty_list"]),
        (
            (Intent("a", {"en": ("x",)}, slots=(Slot("s", "list", values={"a": ("b",), "b": ("a",)}),)),),
            ["two_values"] * 2,
        ),
        ((Intent("a", {"en": ("x",)}, slots=(Slot("s"), Slot("s"))),), ["same_slot"]),
        ((Intent("a", {"en": ("x",)}, RunSkill("/remnd")),), ["unknown_command"]),
        ((Intent("a", {"en": ("x",)}, Answer({"en": ("",)})),), ["no_answer"]),
        ((Intent("a", {"en": ("x",)}, HandOver(("@ann", "slack:C1", "the boss"))),), ["bad_recipient"]),
        ((Intent("a", {"en": tuple(str(n) for n in range(2_001))}),), ["too_many_examples"]),
    ],
)
def test_what_contradicts_itself_is_named(intents: tuple[Intent, ...], faults: list[str]) -> None:
    assert keys(check(intents, COMMANDS, ("reminders",))) == faults


def test_tests_that_fail_say_what_came_instead() -> None:
    tested = replace(HOURS, must_match=("open?", "shut?"), must_not_match=("how much", "open"))
    answers = {"open?": "hours", "shut?": "price", "open": "hours"}
    found = list(failed_tests([tested, PRICE], answers.get))
    assert [(p.key, p.where, p.fields.get("other")) for p in found] == [
        ("must_match", "must_match[2]", "price"),
        ("must_not_match", "must_not_match[2]", None),
    ]


async def test_what_is_saved_is_in_force_only_once_it_is_published(editing: Editing) -> None:
    await editing.save(HOURS, "ann")
    await editing.save(PRICE, "ann")
    assert await editing.live() == ()
    published = await editing.publish("first", "ann")
    assert (published.number, [change.kind for change in published.changes]) == (1, ["add", "add"])
    assert await editing.live() == (HOURS, PRICE)
    dearer = replace(PRICE, threshold=0.6)
    await editing.save(dearer, "bob")
    assert await editing.live() == (HOURS, PRICE)
    again = await editing.publish("", "bob")
    assert [(change.name, change.kind) for change in again.changes] == [("price", "change")]
    assert await editing.live() == (HOURS, dearer)
    assert [(release.number, release.author) for release in await editing.releases()] == [(2, "bob"), (1, "ann")]
    with pytest.raises(Refused, match="nothing was changed"):
        await editing.publish("", "bob")


async def test_a_fault_is_refused_and_nothing_is_kept(editing: Editing) -> None:
    await editing.save(HOURS, "ann")
    clash = replace(PRICE, examples={"en": ("open today",)})
    with pytest.raises(NotPublishable) as refused:
        await editing.save(clash, "ann")
    assert keys(list(refused.value.problems)) == ["shared_example"]
    assert "hours" in refused.value.problems[0].text("en")
    assert await editing.edited() == (HOURS,)
    with pytest.raises(NotPublishable):
        await editing.take_in([clash], "ann", examples_only=False, replace=False, dry=False)
    assert await editing.edited() == (HOURS,)


async def test_old_faults_of_others_do_not_keep_me_from_saving(editing: Editing, store: Store) -> None:
    await editing.save(HOURS, "ann")
    stricter = Editing(store, SettableClock(NOW), "assistant", commands=COMMANDS, reserved=("hours",))
    await stricter.save(PRICE, "bob")
    with pytest.raises(NotPublishable):
        await stricter.publish("", "bob")


async def test_the_second_of_two_editors_is_told_and_can_look(editing: Editing) -> None:
    await editing.save(HOURS, "ann")
    revision = (await editing.drafts())[0].revision
    await editing.save(replace(HOURS, description="Ann's"), "ann", revision)
    with pytest.raises(Conflict) as told:
        await editing.save(replace(HOURS, description="Bob's"), "bob", revision)
    assert told.value.theirs is not None
    assert told.value.theirs.document["description"] == "Ann's"
    with pytest.raises(Conflict):
        await editing.save(HOURS, "bob", after=0)


async def test_deleting_can_be_undone_until_and_after_it_is_published(editing: Editing) -> None:
    await editing.save(HOURS, "ann")
    await editing.save(PRICE, "ann")
    await editing.publish("", "ann")
    await editing.delete("price", "ann")
    assert [change.kind for change in changes(await editing.live(), await editing.edited())] == ["delete"]
    await editing.publish("", "ann")
    assert await editing.live() == (HOURS,)
    await editing.delete("price", "ann", undo=True)
    await editing.publish("", "ann")
    assert await editing.live() == (HOURS, PRICE)
    with pytest.raises(Refused, match="no intent"):
        await editing.delete("nothing", "ann")


async def test_any_release_can_be_put_in_force_again_and_unpublished_work_stays(editing: Editing) -> None:
    await editing.save(HOURS, "ann")
    await editing.publish("good", "ann")
    await editing.save(replace(HOURS, threshold=0.1), "ann")
    await editing.save(PRICE, "ann")
    await editing.publish("bad", "ann")
    await editing.save(replace(PRICE, description="unpublished"), "bob")
    back = await editing.rollback(1, "ann")
    assert back.number == 3
    assert await editing.live() == (HOURS,)
    assert await editing.edited() == (HOURS, replace(PRICE, description="unpublished"))
    with pytest.raises(Refused, match="in force already"):
        await editing.rollback(1, "ann")
    with pytest.raises(Refused, match="no release 9"):
        await editing.rollback(9, "ann")


async def test_an_import_shows_what_it_would_do_and_is_taken_whole(editing: Editing) -> None:
    await editing.save(HOURS, "ann")
    given = [replace(HOURS, priority=3), PRICE]
    told = await editing.take_in(given, "ann", examples_only=False, replace=False, dry=True)
    assert [(change.name, change.kind) for change in told] == [("hours", "change"), ("price", "add")]
    assert await editing.edited() == (HOURS,)
    await editing.take_in(given, "ann", examples_only=False, replace=False, dry=False)
    assert await editing.edited() == tuple(given)
    await editing.take_in([PRICE], "ann", examples_only=False, replace=True, dry=False)
    assert await editing.edited() == (PRICE,)
    more = [
        Intent("price", {"en": ("price", "any discount"), "zh": ("多少钱",)}),
        Intent("new", {"en": ("something new",)}),
    ]
    await editing.take_in(more, "ann", examples_only=True, replace=True, dry=False)
    new, price = await editing.edited()
    assert new == more[1]
    assert price.examples == {"en": (*PRICE.examples["en"], "any discount"), "zh": ("多少钱",)}


async def test_the_bots_own_file_is_the_seed_and_never_overwrites_an_edit(editing: Editing) -> None:
    assert await editing.take_seed([HOURS, PRICE]) == ()
    assert await editing.live() == (HOURS, PRICE)
    assert await editing.take_seed([HOURS, PRICE]) == ()
    assert len(await editing.releases()) == 1
    mine = replace(HOURS, description="mine")
    await editing.save(mine, "ann")
    await editing.publish("", "ann")
    newer = [replace(HOURS, priority=5), replace(PRICE, priority=5), Intent("new", {"en": ("brand new",)})]
    assert await editing.take_seed(newer) == ("hours",)
    assert await editing.live() == (mine, newer[2], newer[1])
    assert await editing.edited() == (mine, newer[2], newer[1])
    assert await editing.take_seed(newer) == ()


async def test_of_two_who_publish_at_once_one_is_told(editing: Editing) -> None:
    await editing.save(HOURS, "ann")
    ended = await asyncio.gather(*(editing.publish("", name) for name in ("ann", "bob")), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["Publication", "Refused"]
    assert len(await editing.releases()) == 1


async def test_of_workers_that_start_at_once_one_takes_the_file_over(editing: Editing) -> None:
    assert await asyncio.gather(*(editing.take_seed([HOURS, PRICE]) for _ in range(3))) == [(), (), ()]
    assert await editing.live() == (HOURS, PRICE)
    assert len(await editing.releases()) == 1
