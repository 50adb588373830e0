"""What admins' intents do in a conversation, in both languages: act, ask for what is missing, confirm, be corrected, left and followed up."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.intents.definition import Answer, AskModel, HandOver, Intent, Limits, RunSkill, Slot
from core.intents.recognition import Recognizer
from core.store import intents as kept
from core.store import tables
from core.store.admin import intents as admins
from tests.scenario.world import BOT, START, World

HOURS = Intent(
    "opening_hours",
    {
        "en": (
            "when are you open",
            "what are your opening hours",
            "when does the shop open",
            "are you open on saturday",
            "at what time do you close",
        ),
        "zh": ("你们几点开门", "营业时间是几点", "周六营业吗", "几点关门"),
    },
    Answer({"en": ("Nine to six.",), "zh": ("九点到六点。",)}),
    description="opening hours",
)
PARCEL = Intent(
    "track_parcel",
    {
        "en": (
            "where is my parcel",
            "track my parcel",
            "track parcel {number}",
            "has my order been sent",
            "where is my order",
        ),
        "zh": ("我的包裹到哪了", "查一下快递", "查快递{number}", "我的订单发货了吗"),
    },
    Answer({"en": ("Parcel {number} is on its way.",), "zh": ("包裹{number}在路上。",)}),
    slots=(Slot("number", "number", required=True, question={"en": "Which number has it?", "zh": "单号是多少？"}),),
)
TABLE = Intent(
    "book_table",
    {
        "en": (
            "book a table",
            "i want to reserve a table",
            "reserve a table for dinner",
            "can i get a table",
            "a table please",
        ),
        "zh": ("我想订一张桌子", "订位", "预订餐桌", "帮我订个位子"),
    },
    Answer({"en": ("Booked: {people} people, {when}.",), "zh": ("订好了：{people}位，{when}。",)}),
    slots=(Slot("when", "time", required=True), Slot("people", "number", required=True)),
    confirm=True,
    description="book a table",
)
SIZE = Intent(
    "order_coffee",
    {"en": ("i want a coffee", "order a coffee", "one coffee please", "get me coffee", "coffee for me")},
    Answer({"en": ("One {size} coffee.",)}),
    slots=(Slot("size", "list", required=True, values={"small": ("little",), "large": ("big", "大杯")}),),
)
HELP = Intent(
    "human",
    {
        "en": (
            "i want to talk to a person",
            "give me a human",
            "let me speak to somebody",
            "a real person please",
            "connect me to an agent",
        )
    },
    HandOver(),
)
LIST = Intent(
    "what_is_planned",
    {
        "en": (
            "what have i planned",
            "show me the plan",
            "what did i want to do",
            "what is on my plate",
            "list what i planned",
        )
    },
    RunSkill("/reminders"),
)
POEM = Intent(
    "poem",
    {"en": ("write me a poem", "a poem please", "make a rhyme", "compose a verse", "i want a poem")},
    AskModel("Answer in rhyme."),
)
ECHO = Intent("echo", {"en": ("please echo {words}",)}, Answer({"en": ("You said: {words}",)}), slots=(Slot("words"),))
ALL = (ECHO, HOURS, PARCEL, TABLE, SIZE, HELP, LIST, POEM)

PLAYS = {
    "an answer in the language of the question": """
        ann> when are you open?
        < Nine to six.
        li> 你们几点开门？
        < 九点到六点。
    """,
    "what is missing is asked for, and the answer is taken": """
        ann> where is my parcel
        < Which number has it?
        ann> 4711
        < Parcel 4711 is on its way.
        li> 查一下快递
        < 单号是多少？
        li> 4711
        < 包裹4711在路上。
    """,
    "what was said at once is not asked for": """
        ann> track parcel 4711
        < Parcel 4711 is on its way.
    """,
    "a question can be left": """
        ann> where is my parcel
        < Which number
        ann> never mind
        < leave it
        ann> 4711
        model
        li> 查一下快递
        < 单号
        li> 算了
        < 算了
    """,
    "what is no answer is said to be none, and dropped after a while": """
        ann> where is my parcel
        < Which number
        ann> hm well
        < did not understand .. Which number
        ann> blah blah
        < did not understand .. Which number
        ann> the sky is blue
        model
    """,
    "something else in between is answered, and the question comes back": """
        ann> where is my parcel
        < Which number
        ann> remind me tomorrow at 15:00 to call mum
        < to call mum .. Which number
        ann> 4711
        < Parcel 4711
    """,
    "another intent in between is answered": """
        ann> where is my parcel
        < Which number
        ann> when are you open
        < Nine to six.
    """,
    "several slots, corrected and confirmed": """
        ann> book a table
        < When
        ann> friday at 8pm
        < How many
        ann> no, thursday at 7pm
        < How many
        ann> 4
        < Shall I go on? book a table .. when: thursday at 7pm .. people: 4
        ann! Yes
        < Booked: 4 people, thursday at 7pm.
    """,
    "a confirmation in words, and a refusal": """
        ann> book a table
        < When
        ann> friday at 8pm
        < How many
        ann> 2
        < Shall I go on?
        ann> sure
        < Booked: 2 people
        ann> book a table
        < When
        ann> friday
        < How many
        ann> 3
        < Shall I go on?
        ann! No
        < leave it
    """,
    "a list is a choice of buttons, and knows its synonyms": """
        ann> i want a coffee
        < Which size?
        ann! large
        < One large coffee.
        ann> i want a coffee
        < Which size?
        ann> a little one
        < One
    """,
    "a follow-up goes on with what is new": """
        ann> track parcel 4711
        < Parcel 4711
        ann> and 4712?
        < Parcel 4712
        li> 查快递4711
        < 包裹4711
        li> 那4712呢
        < 包裹4712
    """,
    "what begins like a follow-up may be a request of its own": """
        ann> track parcel 4711
        < Parcel 4711
        ann> and remind me tomorrow at 15:00 to call mum
        < to call mum
    """,
    "what was to be forgotten is not asked about again": """
        ann> where is my parcel
        < Which number
        ann> forget everything
        < Forgotten
        ann> 4711
        model
    """,
    "a skill is run": """
        ann> remind me tomorrow at 15:00 to call mum
        < to call mum
        ann> what have i planned
        < call mum
    """,
    "the model is asked with an instruction": """
        ann> write me a poem
        model
    """,
    "with no owner to be told nothing is promised": """
        ann> i want to talk to a person
        < could not reach a person
    """,
    "what is for nobody goes to the model": """
        ann> the sky is blue
        model
    """,
    "built-in skills come first": """
        ann> remind me at 18:00 when are you open
        < 18:00
    """,
    "buttons of a question that is over are stale": """
        ann> i want a coffee
        < Which size?
        ann! large
        < One large coffee.
        ann! small
        < no longer
        ann!= catalog:is:0
        < no longer
        ann!= catalog:yes
        < no longer
        ann!= catalog:fill:99999999999999999999
        < no longer
    """,
    "why, of the last sentence or of any": """
        ann> /why
        < Write the sentence
        ann> when are you open
        < Nine to six.
        ann> /why
        < was taken for **opening hours** .. word for word: when are you open
        ann> /why is the sky blue
        < is for no intent .. Scores
        li> /why 你们周六几点开门
        < opening hours .. 得分
    """,
    "what a person wrote is shown literally": """
        ann> please echo **hi** <!channel>
        < You said: hi\\*\\* \\<\\!channel
    """,
}


@pytest.mark.parametrize("name", PLAYS)
async def test_play(name: str, world: World) -> None:
    await world.publish(*ALL)
    await world.play(PLAYS[name])


async def test_what_a_skill_answers_counts_for_the_intent_that_led_to_it(world: World) -> None:
    await world.publish(*ALL)
    await world.play(PLAYS["a skill is run"])
    async with world.store.read() as tx:
        rows = await tx.rows(sa.select(tables.turn.c.via).order_by(tables.turn.c.id))
        counted = await admins.hits(tx, world.clock.now() - dt.timedelta(days=1))
    led = rows[1].via
    assert led in {intent.name for intent in ALL}
    assert (rows[0].via, counted[led]) == ("", 1)


async def test_a_close_call_is_asked_about_and_the_answer_is_acted_on(world: World) -> None:
    unsure = tuple(replace(intent, threshold=1.0) for intent in (HOURS, PARCEL))
    await world.publish(*unsure)
    await world.play("""
        ann> are you open on sunday mornings
        < Did you mean
        ann! opening hours
        < Nine to six.
        ann> are you open on sunday mornings
        < Did you mean
        ann! None of these
        < other words
        ann> are you open on sunday mornings
        < Did you mean
        ann> opening hours
        < Nine to six.
    """)


async def test_an_intent_is_kept_to_its_place_and_its_people(world: World) -> None:
    here = replace(HOURS, limits=Limits(channels=("team",)))
    others = replace(PARCEL, limits=Limits(platforms=("slack",)))
    await world.publish(here, others, replace(SIZE, limits=Limits(roles=("owner",))))
    await world.play("""
        ann> when are you open
        model
        ann#team> when are you open
        < Nine to six.
        ann> track parcel 4711
        model
    """)


async def test_what_is_not_for_somebody_is_neither_offered_nor_explained_to_them(world: World) -> None:
    hours = replace(HOURS, threshold=1.0)
    await world.publish(hours, replace(PARCEL, limits=Limits(platforms=("slack",)), description="secret parcels"))
    await world.say("are you open on sunday mornings")
    asked = world.heard("ann")
    assert [one.data for one in asked.reply.choices] == ["catalog:is:0", "catalog:is:-"]
    await world.say("/why where is my parcel")
    why = world.heard("ann")
    assert "parcels" not in why.reply.text
    assert "order" not in why.reply.text


async def test_recognition_that_breaks_leaves_the_message_to_the_model(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.publish(HOURS)

    def breaks(*_: object) -> None:
        raise ValueError("an encoder is out of order")

    monkeypatch.setattr(Recognizer, "recognize", breaks)
    monkeypatch.setattr(Recognizer, "explain", breaks)
    await world.play(
        "ann> when are you open\nmodel\nann> remind me at 18:00 to call mum\n< 18:00\nann> /why\n< went wrong"
    )


async def test_a_question_that_a_newer_release_does_not_ask_is_dropped(world: World) -> None:
    await world.publish(PARCEL, HOURS)
    await world.play("ann> where is my parcel\n< Which number")
    await world.publish(replace(PARCEL, slots=(replace(PARCEL.slots[0], required=False),)), HOURS)
    await world.play("""
        ann> remind me tomorrow at 15:00 to call mum
        < to call mum
        ann> where is my parcel
        < is on its way
    """)
    await world.publish(replace(TABLE, slots=()), HOURS)
    await world.play("ann> book a table\n< Shall I go on?")
    await world.publish(replace(TABLE, slots=(), confirm=False), HOURS)
    await world.play("ann> hm, i wonder about it\nmodel")


async def test_an_edit_is_in_force_with_the_next_message_and_a_rollback_too(world: World) -> None:
    await world.publish(HOURS)
    await world.play("ann> when are you open\n< Nine to six.")
    await world.publish(replace(HOURS, action=Answer({"en": ("Eight to five.",)})))
    await world.play("ann> when are you open\n< Eight to five.")


async def test_what_waits_to_be_labelled_is_forgotten_with_the_conversation(world: World) -> None:
    await world.publish(HOURS)
    await world.say("the sky is blue")
    await world.say("the sky is blue", who="bob")
    await world.say("/forget")
    async with world.store.read() as tx:
        assert [one.times for one in await kept.waiting(tx, BOT)] == [1]


async def test_what_matched_nothing_waits_to_be_labelled_and_goes_with_its_person(world: World) -> None:
    await world.publish(HOURS)
    for text in ("The sky is blue", "the sky is blue!", "when are you open"):
        await world.say(text)
    await world.say("the sky is blue", who="bob")
    async with world.store.read() as tx:
        found = await kept.waiting(tx, BOT)
    assert [(one.key, one.times, one.reason) for one in found] == [("theskyisblue", 3, "unmatched")]
    async with world.store.write() as tx:
        await tx.run(sa.delete(tables.person).where(tables.person.c.name == "Ann"))
        found = await kept.waiting(tx, BOT)
        assert [(one.text, one.times) for one in found] == [("the sky is blue", 1)]
        assert await kept.label(tx, BOT, "theskyisblue", "-") == 1
        assert await kept.waiting(tx, BOT) == []
        assert await kept.prune_inbox(tx, START) == 0
        assert await kept.prune_inbox(tx, START.replace(year=2027)) == 1


async def test_what_was_answered_badly_waits_to_be_labelled_too(world: World) -> None:
    await world.publish(HOURS)
    said = await world.say("when are you open")
    turn = int(world.heard("ann").cause.removeprefix("turn:"))
    await world.press(f"feedback:{turn}:bad")
    world.heard("ann")
    async with world.store.read() as tx:
        assert [(one.text, one.reason) for one in await kept.waiting(tx, BOT)] == [(said.text, "displeased")]


async def test_a_request_for_a_person_goes_to_whom_the_admin_named_and_what_was_said_before_to_people_alone(
    world: World,
) -> None:
    await world.publish(replace(HELP, action=HandOver(("@Bob", "fake:desk", "@nobody"))), HOURS)
    await world.play("""
        bob> when are you open
        < Nine to six.
        ann> when are you open
        < Nine to six.
    """)
    await world.say("i want to talk to a person")
    private, desk = world.heard("bob").reply.text, world.heard("desk").reply.text
    assert "told a person" in world.heard("ann").reply.text
    assert desk.startswith("Ann asks for a person")
    assert private.startswith(desk)
    assert "Nine to six." in private
    assert "Nine to six." not in desk
