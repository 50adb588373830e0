"""What is neither a new message nor a button: edits, reactions, places, links that were shared, news of the chat itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.messages import Address, Message
from core.store import notes
from core.store.tables import outbox, person, reminder, session
from core.store.tables.notes import feedback
from tests.scenario.world import World


async def edit(world: World, message: Message, text: str, **more: object) -> None:
    who = message.sender.account
    await world.say(text, who, kind="edit", message_id=message.message_id, **more)


async def states(world: World) -> list[tuple[str, str]]:
    async with world.store.read() as tx:
        rows = await tx.rows(sa.select(reminder.c.text, reminder.c.state).order_by(reminder.c.id))
    return [(row.text, row.state) for row in rows]


# --- edits


async def test_an_edited_request_is_offered_to_replace_what_it_set(world: World) -> None:
    first = await world.say("remind me tomorrow at 9 to call mum")
    await world.play("< to call mum: **Thu 26 Nov 09:00")
    await edit(world, first, "remind me tomorrow at 10 to call dad")
    await world.play("""
        < You have changed that message .. call mum .. Thu 26 Nov 09:00
        ann! Change it
        < to call dad: **Thu 26 Nov 10:00
    """)
    assert await states(world) == [("call mum", "cancelled"), ("call dad", "active")]


async def test_an_edit_of_the_edit_is_about_the_newest_reminder(world: World) -> None:
    first = await world.say("remind me tomorrow at 9 to call mum")
    await world.play("<")
    await edit(world, first, "remind me tomorrow at 10 to call mum")
    await world.play("""
        <
        ann! Leave it
        < All right
    """)
    await edit(world, first, "remind me tomorrow at 11 to call mum")
    await world.play("""
        < Thu 26 Nov 09:00
        ann! Change it
        < Thu 26 Nov 11:00
    """)
    assert await states(world) == [("call mum", "cancelled"), ("call mum", "active")]


async def test_an_old_offer_to_replace_does_nothing(world: World) -> None:
    first = await world.say("remind me tomorrow at 9 to call mum")
    await world.play("<")
    await edit(world, first, "remind me tomorrow at 10 to call mum")
    await world.play("""
        <
        ann> hello
        model
        ann! Change it
        < no longer
    """)
    assert await states(world) == [("call mum", "active")]


async def test_an_edit_is_about_what_was_set_once_a_question_was_answered(world: World) -> None:
    first = await world.say("remind me to call mum")
    await world.play("< When\nann> tomorrow at 9\n< Thu 26 Nov 09:00")
    await edit(world, first, "remind me tomorrow at 10 to call mum")
    await world.play("< call mum .. Thu 26 Nov 09:00\nann! Change it\n< Thu 26 Nov 10:00")
    await edit(world, first, "remind me tomorrow at 11 to call mum")
    await world.play("< call mum .. Thu 26 Nov 10:00\nann! Change it\n< Thu 26 Nov 11:00")
    assert await states(world) == [("call mum", "cancelled"), ("call mum", "cancelled"), ("call mum", "active")]


async def test_a_question_answered_in_two_threads_sets_what_each_answer_says(world: World) -> None:
    await world.say("remind me to call mum", message_id="1", address=Address("fake", "", "ann", "1"))
    await world.play("< When")
    for thread, at in (("2", "tomorrow at 9"), ("1", "tomorrow at 10")):
        await world.say(
            at, message_id=thread + "0" if thread == "1" else "2", address=Address("fake", "", "ann", thread)
        )
        await world.play(f"< Thu 26 Nov {'09' if thread == '2' else '10'}:00")
    assert await states(world) == [("call mum", "active"), ("call mum", "active")]


async def test_what_cannot_be_read_leaves_the_question_open(world: World) -> None:
    await world.say("remind me to call mum")
    await world.play("< When")
    await world.say("", kind="attachment", attachment="sticker")
    await world.play("< I can't read a sticker\nann> tomorrow at 9\n< to call mum: **Thu 26 Nov 09:00")


async def test_an_edit_that_asks_for_no_reminder_leaves_the_one_there_is(world: World) -> None:
    first = await world.say("remind me tomorrow at 9 to call mum")
    await world.play("<")
    await edit(world, first, "thanks anyway")
    await world.play("< The reminder that it set is as it was: call mum")
    assert await states(world) == [("call mum", "active")]


async def test_an_edited_question_is_answered_again(world: World) -> None:
    first = await world.say("how hihg is the moon")
    await world.play("model")
    await edit(world, first, "how high is the moon")
    await world.play("model")


async def test_an_edit_that_answers_what_was_asked_is_taken(world: World) -> None:
    first = await world.say("remind me to call mum")
    await world.play("< When should I remind you")
    await edit(world, first, "remind me tomorrow at 9 to call mum")
    await world.play("< to call mum: **Thu 26 Nov 09:00")


async def test_an_edited_cancellation_cancels_nothing_more(world: World) -> None:
    await world.play("""
        ann> remind me tomorrow at 9 to call mum
        <
        ann> remind me tomorrow at 10 to call dad
        <
    """)
    first = await world.say("cancel reminder 1")
    await world.play("< Cancelled: call mum")
    await edit(world, first, "cancel reminder 1 please")
    await world.play("< I saw that you edited")
    assert await states(world) == [("call mum", "cancelled"), ("call dad", "active")]


async def test_an_edit_that_changes_no_word_is_not_answered(world: World) -> None:
    first = await world.say("remind me tomorrow at 9 to call mum")
    await world.play("<")
    await edit(world, first, "remind me tomorrow at 9 to call mum")
    await world.play("")


async def test_an_edit_of_what_somebody_else_wrote_is_nobodys(world: World) -> None:
    first = await world.say("remind me tomorrow at 9 to call mum", chat="team")
    await world.play("#team<")
    await world.say("remind me at 10", "bob", "team", kind="edit", message_id=first.message_id)
    await world.play("#team< 10:00")
    assert await states(world) == [("call mum", "active"), ("", "active")]


# --- what people think of an answer


async def ratings(world: World) -> list[int]:
    async with world.store.read() as tx:
        return [row.rating for row in await tx.rows(sa.select(feedback.c.rating).order_by(feedback.c.id))]


async def react(world: World, word: str, who: str = "ann", chat: str = "", message_id: str = "1") -> None:
    await world.say("", who, chat, kind="choice", choice=f"feedback::{word}", message_id=message_id)


async def test_a_reaction_is_kept_and_not_answered(world: World) -> None:
    await world.play("""
        ann> hello
        model
    """)
    await react(world, "good")
    assert await ratings(world) == [1]
    await react(world, "bad")
    assert await ratings(world) == [-1]
    await react(world, "none")
    assert await ratings(world) == []
    await world.play("")


async def test_a_reaction_leaves_an_open_question_open(world: World) -> None:
    await world.play("""
        ann> remind me to call mum
        < When should I remind you
    """)
    await react(world, "bad")
    await world.play("""
        ann> tomorrow at 9
        < to call mum: **Thu 26 Nov 09:00
    """)


@pytest.mark.parametrize(
    ("who", "chat", "message_id"), [("ann", "", "99"), ("bob", "", "1"), ("bob", "team", "1"), ("ann", "", "")]
)
async def test_a_reaction_to_what_is_no_answer_here_is_passed_over(
    world: World, who: str, chat: str, message_id: str
) -> None:
    await world.play("""
        ann> hello
        model
    """)
    await react(world, "good", who, chat, message_id)
    assert await ratings(world) == []
    await world.play("")


async def test_a_button_names_the_answer_and_thanks(world: World) -> None:
    await world.play("""
        ann> hello
        model
        ann!= feedback:1:bad
        < Thank you
        bob!= feedback:1:good
        bob< Thank you
    """)
    assert await ratings(world) == [-1]


@pytest.mark.parametrize("data", ["feedback:", "feedback:1", "feedback:1:great", "feedback:x:good", "feedback:-1:good"])
async def test_a_forged_rating_is_a_button_without_use(world: World, data: str) -> None:
    await world.play(f"""
        ann> hello
        model
        ann!= {data}
        < no longer does anything
    """)
    assert await ratings(world) == []


async def test_a_rating_goes_with_the_conversation(world: World) -> None:
    await world.play("""
        ann> hello
        model
        ann!= feedback:1:good
        < Thank you
        ann> /forget
        < Forgotten
    """)
    assert await ratings(world) == []


# --- places


async def zone_of(world: World, name: str) -> str | None:
    async with world.store.read() as tx:
        row = await tx.row(sa.select(person.c.zone).where(person.c.name == name))
    return str(row.zone) if row and row.zone else None


async def place(world: World, zone: str, who: str = "max") -> None:
    await world.say("", who, kind="attachment", attachment="location", zone=zone)


async def test_a_place_answers_the_question_for_the_zone(world: World) -> None:
    await world.play("""
        max> remind me tomorrow at 9 to call mum
        < which city are you in
    """)
    [asked] = world.platform.sent
    assert asked.reply.locate == "📍 Send where I am"
    await place(world, "Europe/Berlin")
    await world.play("max< to call mum: **Thu 26 Nov 09:00 Europe/Berlin")
    assert await zone_of(world, "Max") == "Europe/Berlin"


async def test_a_place_says_the_zone_of_who_has_none_yet(world: World) -> None:
    await place(world, "Asia/Tokyo")
    await world.play("max< Your time zone is Asia/Tokyo")
    assert await zone_of(world, "Max") == "Asia/Tokyo"


async def test_a_place_that_was_not_asked_for_moves_nobody(world: World) -> None:
    await world.play("""
        li> hello
        model
    """)
    await place(world, "Europe/Berlin", "li")
    await world.play("li< /timezone Europe/Berlin")
    assert await zone_of(world, "Li") == "Asia/Shanghai"


async def test_a_place_without_a_zone_is_declined(world: World) -> None:
    await place(world, "")
    await world.play("max< I can't read a location")


# --- captions


async def test_a_caption_that_says_all_is_taken_as_text(world: World) -> None:
    await world.say("remind me tomorrow at 9 to pay this", kind="attachment", attachment="photo")
    await world.play("< to pay this: **Thu 26 Nov 09:00")
    await world.say("what do you think?", kind="attachment", attachment="photo")
    await world.play("< I can't read a picture")


# --- links


@pytest.fixture
def linked(world: World) -> World:
    link = "https://chat.example/bot?start="
    world.platform.capabilities = replace(world.platform.capabilities, start_link=link)
    return world


async def payload(world: World) -> str:
    await world.say("remind me tomorrow at 9 to water the plants")
    world.heard("ann")
    await world.press(world.button("ann", "Share"))
    text = world.heard("ann").reply.text
    return text.rpartition("https://chat.example/bot?start=")[2]


async def test_a_shared_link_gives_others_the_reminder_too(linked: World) -> None:
    shared = await payload(linked)
    await linked.play(f"""
        bob> /start {shared}
        bob< You too, Bob: water the plants (**Thu 26 Nov 09:00
        bob> /start {shared}
        bob< You have that one already
        ann> /start {shared}
        ann< That is your own reminder
        +24h
        ann< water the plants
        bob< water the plants
    """)


@pytest.mark.parametrize("shared", ["reminder_", "reminder_1", "reminder_x;--", "something-else"])
async def test_a_link_nobody_shared_is_said_to_be_unknown(linked: World, shared: str) -> None:
    await payload(linked)
    await linked.play(f"""
        bob> /start {shared}
        bob< I don't know that link
    """)


async def test_only_the_owner_can_make_a_link(linked: World) -> None:
    await linked.play("""
        ann> remind me tomorrow at 9 to water the plants
        <
        bob!= reminders:share:1
        bob< isn't yours
    """)
    async with linked.store.read() as tx:
        assert await notes.older(tx, "shared:", dt.datetime.max.replace(tzinfo=dt.UTC)) == []


async def test_without_such_links_there_is_no_button(world: World) -> None:
    await world.play("""
        ann> remind me tomorrow at 9 to water the plants
        <
        ann!= reminders:share:1
        < no longer
    """)
    assert "Share" not in [choice.label for choice in world.platform.sent[0].reply.choices]


# --- news of a chat


async def news(world: World, kind: str, who: str = "ann", chat: str = "", **more: object) -> None:
    await world.say("", who, chat, kind=kind, **more)


async def test_a_closed_chat_parks_its_reminders_and_goes_on_when_it_opens(world: World) -> None:
    await world.play("""
        ann> remind me in 2 hours to stretch
        <
    """)
    await news(world, "closed")
    await world.play("+3h")
    assert await states(world) == [("stretch", "parked")]
    await news(world, "joined")
    await world.play("""
        < Welcome back!
        +1s
        < stretch
    """)
    assert await states(world) == [("stretch", "fired")]


async def test_a_closed_group_touches_nothing_in_private(world: World) -> None:
    await world.play("""
        ann> remind me in 2 hours to stretch
        <
    """)
    await news(world, "closed", chat="team")
    await world.play("""
        +3h
        ann< stretch
    """)


async def test_a_group_is_greeted_once_when_we_are_added(world: World) -> None:
    await news(world, "joined", chat="team")
    await world.play("#team< Mention me")


async def test_a_chat_that_moved_takes_all_along(world: World) -> None:
    await world.play("""
        ann#team> remind us tomorrow at 9 to stand up
        #team<
    """)
    for _ in range(2):
        await news(world, "moved", chat="team", moved_to="team2")
    async with world.store.read() as tx:
        for table in (reminder, session):
            rows = await tx.rows(sa.select(table.c.address_key).where(table.c.address_key.like("%team%")))
            assert [row.address_key for row in rows] == [Address("fake", "", "team2").key()]
    await world.play("""
        +24h
        #team2< stand up
    """)
    async with world.store.read() as tx:
        left = await tx.rows(sa.select(outbox.c.id).where(outbox.c.address_key == Address("fake", "", "team").key()))
    assert left == []
