"""A message through the spine: answered once, in order, beside others; also where something breaks on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bots import _app as app_module
from core import outbox as outbox_module
from core import turns as turns_module
from core.errors import ModelUnavailable, StoreUnavailable
from core.messages import Address
from core.store.tables import inbox, outbox, person, turn
from tests.fakes.platform import FakePlatform
from tests.unit.spine import Spine, column, settings_in, spine_on


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting is in milliseconds."""
    monkeypatch.setattr(outbox_module, "FIRST_DELAY", 0.01)


@pytest.fixture
async def spine(tmp_path: Path) -> AsyncIterator[Spine]:
    async with spine_on(settings_in(tmp_path)) as spine:
        yield spine


async def test_a_message_is_answered_where_it_was_said(tmp_path: Path, database_url: str) -> None:
    async with spine_on(settings_in(tmp_path, DATABASE_URL=database_url)) as spine:
        message = await spine.platform.say("hello", chat="room 7", person="ann")
        [delivery] = await spine.platform.arrived(1)
        assert delivery.reply.text == "You said: hello"
        assert (delivery.address, delivery.reply_to) == (message.address, message.message_id)
        await spine.app.settled()
        assert await spine.column(inbox, "state") == ["done"]
        assert await spine.column(outbox, "state") == ["sent"]
        assert await spine.column(turn, "replied") == ["You said: hello"]


async def test_the_same_event_again_is_answered_once(spine: Spine) -> None:
    message = spine.platform.message("hello")
    await asyncio.gather(*(spine.platform.receive(message) for _ in range(5)))
    await spine.platform.arrived(1)
    await spine.platform.receive(message)
    assert await spine.platform.ask("and now?") == "You said: and now?"
    await spine.app.settled()
    assert len(spine.platform.sent) == 2


async def test_ten_messages_at_once_are_answered_in_order(tmp_path: Path, database_url: str) -> None:
    async with spine_on(settings_in(tmp_path, DATABASE_URL=database_url)) as spine:
        for number in range(10):
            await spine.platform.say(str(number))
        sent = await spine.platform.arrived(10)
    assert [delivery.reply.text for delivery in sent] == [f"You said: {number}" for number in range(10)]
    assert spine.model.together == 1, "one turn at a time in a conversation"


async def test_thirty_two_conversations_are_answered_beside_each_other(tmp_path: Path, database_url: str) -> None:
    async with spine_on(settings_in(tmp_path, DATABASE_URL=database_url)) as spine:
        spine.model.hold.clear()
        for number in range(32):
            await spine.platform.say("hi", person=f"p{number}")
        while spine.model.together < 32:
            await asyncio.sleep(0.005)
        spine.model.hold.set()
        sent = await spine.platform.arrived(32)
    assert {delivery.address.chat for delivery in sent} == {f"p{number}" for number in range(32)}


async def test_no_more_are_answered_at_once_than_allowed(tmp_path: Path) -> None:
    async with spine_on(settings_in(tmp_path, REMORA_PARALLEL_TURNS=3)) as spine:
        for number in range(12):
            await spine.platform.say("hi", person=f"p{number}")
        await spine.platform.arrived(12)
        assert spine.model.together <= 3


async def test_what_was_said_before_is_in_the_prompt_of_this_person_and_place_alone(spine: Spine) -> None:
    """Facts are another matter: they are remembered of a person, and tested with the memory."""
    await spine.platform.ask("rhubarb is sour", person="ann")
    await spine.platform.ask("pistachios are round", person="bob")
    await spine.platform.ask("walruses whistle", person="ann", chat="elsewhere")
    await spine.platform.ask("why is the sky blue", person="ann")
    said = "\n".join(line.text for line in spine.model.prompts[-1])
    assert "You said: rhubarb is sour" in said
    assert "pistachios" not in said
    assert "walruses" not in said


async def test_a_turn_that_breaks_once_is_tried_again(spine: Spine) -> None:
    spine.model.faults = [ValueError("on purpose"), None]
    assert await spine.platform.ask("hello") == "You said: hello"


async def test_a_turn_that_keeps_breaking_is_set_aside_with_an_apology_and_blocks_nobody(spine: Spine) -> None:
    spine.model.faults = [ValueError("on purpose")] * 3
    await spine.platform.say("bad", person="ann")
    await spine.platform.say("soup", person="ann")
    sent = await spine.platform.arrived(2)
    assert sent[0].reply.text.startswith("Sorry, something went wrong")
    assert sent[1].reply.text == "You said: soup"
    await spine.app.settled()
    assert await spine.column(inbox, "state") == ["parked", "done"]
    assert await spine.column(inbox, "note") == ["ValueError", "chat"]


async def test_a_broken_turn_does_not_hold_up_other_people(spine: Spine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "FIRST_DELAY", 60.0)
    spine.model.faults = [ValueError("on purpose")]
    await spine.platform.say("bad", person="ann")
    while spine.model.faults:
        await asyncio.sleep(0.005)
    assert await spine.platform.ask("good", person="bob") == "You said: good"


async def test_what_could_not_be_kept_is_not_acknowledged(spine: Spine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the platform sends it again."""
    add = turns_module.inbox.add

    async def away(*_arguments: Any) -> None:
        raise StoreUnavailable("the disk is full", "free some space")

    monkeypatch.setattr(turns_module.inbox, "add", away)
    message = spine.platform.message("hello")
    with pytest.raises(StoreUnavailable):
        await spine.platform.receive(message)
    monkeypatch.setattr(turns_module.inbox, "add", add)
    await spine.platform.receive(message)
    await spine.platform.arrived(1)
    await spine.app.settled()
    assert len(spine.platform.sent) == 1


async def test_an_answer_is_kept_while_the_database_is_away(spine: Spine, monkeypatch: pytest.MonkeyPatch) -> None:
    save, times = turns_module.people.save_turn, 2

    async def away(*arguments: Any) -> None:
        nonlocal times
        times -= 1
        if times >= 0:
            raise StoreUnavailable("the database is away", "start it")
        await save(*arguments)

    monkeypatch.setattr(turns_module.people, "save_turn", away)
    assert await spine.platform.ask("hello") == "You said: hello"
    assert len(spine.model.prompts) == 1, "the model was asked once"
    await spine.app.settled()
    assert len(await spine.column(outbox, "id")) == 1


async def test_claiming_goes_on_when_the_database_is_back(spine: Spine, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, times = turns_module.inbox.claim, 1

    async def away(*arguments: Any) -> Any:
        nonlocal times
        times -= 1
        if times >= 0:
            raise StoreUnavailable("the database is away", "start it")
        return await claim(*arguments)

    monkeypatch.setattr(turns_module.inbox, "claim", away)
    assert await spine.platform.ask("hello") == "You said: hello"


async def test_a_claim_that_another_worker_took_over_is_dropped_in_silence(spine: Spine) -> None:
    spine.model.hold.clear()
    await spine.platform.say("hello")
    while not spine.model.prompts:
        await asyncio.sleep(0.005)
    async with spine.app.store.write() as tx:
        await tx.run(inbox.update().values(state="new", claimed_by=None))  # as whoever thinks that we are gone
    while len(spine.model.prompts) < 2:
        await asyncio.sleep(0.01)
    spine.model.hold.set()
    await spine.platform.arrived(1)
    await spine.app.settled()
    assert len(spine.platform.sent) == 1
    assert len(await spine.column(turn, "id")) == 1


async def test_stop_ends_the_reply_being_written_and_says_so(spine: Spine) -> None:
    spine.model.words = lambda _turns: "one two three four"
    spine.model.hold.clear()
    await spine.platform.say("count")
    while not spine.platform.shown:
        await asyncio.sleep(0.005)
    await spine.platform.say("", kind="stop")
    [delivery] = await spine.platform.arrived(1)
    assert delivery.reply.text == "one\n\n(Stopped.)"
    assert spine.model.closed == 1
    spine.model.hold.set()
    spine.model.words = lambda _turns: "again"
    assert await spine.platform.ask("more?") == "again"


async def test_stop_ends_only_the_reply_at_its_own_address(spine: Spine) -> None:
    spine.model.words = lambda _turns: "one two"
    spine.model.hold.clear()
    await spine.platform.say("count", person="ann")
    while not spine.platform.shown:
        await asyncio.sleep(0.005)
    await spine.platform.say("", person="bob", kind="stop")
    spine.model.hold.set()
    [delivery] = await spine.platform.arrived(1)
    assert delivery.reply.text == "one two"


async def test_the_reply_is_shown_while_it_grows(spine: Spine) -> None:
    assert await spine.platform.ask("hello there") == "You said: hello there"
    await spine.app.settled()
    assert list(spine.platform.shown.values()) == ["You said: hello there"]


async def test_a_preview_that_breaks_harms_nothing(spine: Spine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_arguments: Any) -> None:
        raise ValueError("on purpose")

    monkeypatch.setattr(spine.platform, "show", broken)
    assert await spine.platform.ask("hello") == "You said: hello"


async def test_without_its_model_the_assistant_says_so(spine: Spine) -> None:
    spine.model.faults = [ModelUnavailable("it has crashed", "start it again")]
    assert "language model is not available" in await spine.platform.ask("tell me a story")
    assert await spine.platform.ask("hello") == "You said: hello"


async def test_a_reply_that_takes_too_long_is_cut_and_says_so(tmp_path: Path) -> None:
    async with spine_on(settings_in(tmp_path, REMORA_REPLY_SECONDS=0.5)) as spine:
        spine.model.words = lambda _turns: "one two"
        spine.model.hold.clear()
        assert await spine.platform.ask("count") == "one\n\n(My answer was cut off here.)"
        assert spine.model.closed == 1


@pytest.mark.parametrize("answer", ["", "   ", "\n"])
async def test_a_silent_model_still_gets_an_answer_to_the_person(spine: Spine, answer: str) -> None:
    spine.model.words = lambda _turns: answer
    assert "no good answer" in await spine.platform.ask("hello")


async def test_what_is_not_meant_for_the_assistant_is_not_kept(spine: Spine) -> None:
    await spine.platform.say("you over there", chat="room", direct=False)
    assert await spine.platform.ask("hello") == "You said: hello"
    assert len(await spine.column(inbox, "id")) == 1


async def test_leaving_finishes_the_reply_being_written(tmp_path: Path) -> None:
    async with spine_on(settings_in(tmp_path)) as spine:
        spine.model.words = lambda _turns: "one two three"
        spine.model.hold.clear()
        await spine.platform.say("count")
        while not spine.model.prompts:
            await asyncio.sleep(0.005)
        asyncio.get_running_loop().call_later(0.05, spine.model.hold.set)
    assert [delivery.reply.text for delivery in spine.platform.sent] == ["one two three"]


async def test_a_reply_that_would_hold_up_the_end_too_long_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start answers it."""
    monkeypatch.setattr(app_module, "DRAIN_SECONDS", 0.1)
    async with asyncio.timeout(60):
        async with spine_on(settings_in(tmp_path)) as spine:
            spine.model.hold.clear()
            await spine.platform.say("count")
            while not spine.model.prompts:
                await asyncio.sleep(0.005)
    assert await states(tmp_path) == ["new"]
    async with spine_on(settings_in(tmp_path)) as again:
        [delivery] = await again.platform.arrived(1)
    assert delivery.reply.text == "You said: count"


async def test_stop_reaches_the_process_that_writes_the_reply(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "_LED_SECONDS", 0.01)
    settings = settings_in(tmp_path, DATABASE_URL=database_url)
    async with spine_on(settings) as one, spine_on(settings, FakePlatform()) as two:
        for spine in (one, two):
            spine.model.hold.clear()
        await one.platform.say("count")
        while not (one.platform.shown or two.platform.shown):
            await asyncio.sleep(0.005)
        writer, other = (one, two) if one.platform.shown else (two, one)
        await other.platform.say("", kind="stop")
        [delivery] = await writer.platform.arrived(1)
        assert "(Stopped.)" in delivery.reply.text
        for spine in (one, two):
            spine.model.hold.set()
        await other.platform.say("more?")
        while len(said := [*one.platform.sent, *two.platform.sent]) < 2:
            await asyncio.sleep(0.01)
        assert [it.reply.text for it in said if it != delivery] == ["You said: more?"], (
            "it ended what was being written"
        )


async def states(folder: Path) -> list[Any]:
    from core.store import Store

    store = Store(settings_in(folder).store_url)
    try:
        return await column(store, inbox, "state")
    finally:
        await store.aclose()


async def test_two_apps_on_one_database_answer_each_message_once(tmp_path: Path, database_url: str) -> None:
    """As two workers would: both are told of every message."""
    settings = settings_in(tmp_path, DATABASE_URL=database_url)
    async with spine_on(settings) as one, spine_on(settings, one_more := FakePlatform()):
        for number in range(30):
            message = one.platform.message(f"message {number}", chat=f"c{number % 6}")
            await asyncio.gather(one.platform.receive(message), one_more.receive(message))
        while len(one.platform.sent) + len(one_more.sent) < 30:
            await asyncio.sleep(0.01)
        await one.app.settled()
        answered = [delivery.reply_to for delivery in (*one.platform.sent, *one_more.sent)]
    assert sorted(answered, key=int) == [str(number) for number in range(1, 31)]


# --- odd messages


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "That message was empty"),
        ("   \n\t ", "That message was empty"),
        ("\x00\x01\x1b\u202e\u2066\ufeff", "That message was empty"),
        ("🎉🎉🎉", "You said: 🎉🎉🎉"),
        ("👩‍👩‍👧", "You said: 👩‍👩‍👧"),
        ("hi\x00\x07there\u202e", "You said: hithere"),
        ("line\nline\ttab", "You said: line\nline\ttab"),
        ("\ud800half a pair", "You said: half a pair"),
        ("مرحبا بالعالم", "You said: مرحبا بالعالم"),
        ("你好", "You said: 你好"),
        ("<!channel> <@U1> @everyone", "You said: <!channel> <@U1> @everyone"),
        ("'; DROP TABLE inbox; --", "You said: '; DROP TABLE inbox; --"),
        ("{braces} %s %(x)s {0.__class__}", "You said: {braces} %s %(x)s {0.__class__}"),
    ],
)
async def test_an_odd_text_is_answered(tmp_path: Path, database_url: str, text: str, expected: str) -> None:
    async with spine_on(settings_in(tmp_path, DATABASE_URL=database_url)) as spine:
        assert (await spine.platform.ask(text)).startswith(expected)


@pytest.mark.parametrize("length", [100_000, 1_000_000])
async def test_a_text_that_is_too_long_is_told_its_length(spine: Spine, length: int) -> None:
    reply = await spine.platform.ask("a" * length)
    assert f"{length} characters" in reply
    assert "16000" in reply
    assert spine.model.prompts == []


async def test_a_text_at_the_limit_is_read(spine: Spine) -> None:
    assert (await spine.platform.ask("a b " * 4000)).startswith("You said:")


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("photo", "picture"), ("sticker", "sticker"), ("voice", "voice message"), ("video", "video"), ("file", "file"),
        ("location", "location"), ("contact", "contact"), ("hologram", "message of this kind"), ("", "message of this kind"),
    ],
)  # fmt: skip
async def test_what_is_not_text_gets_a_clear_word(spine: Spine, kind: str, word: str) -> None:
    await spine.platform.say("look at this", kind="attachment", attachment=kind)
    [delivery] = await spine.platform.arrived(1)
    assert delivery.reply.text.startswith(f"I can't read a {word} yet")


async def test_an_edit_of_what_was_never_answered_is_answered(spine: Spine) -> None:
    await spine.platform.say("now something else", kind="edit")
    [delivery] = await spine.platform.arrived(1)
    assert delivery.reply.text == "You said: now something else"


async def test_the_sender_may_have_any_name(spine: Spine) -> None:
    from core.messages import Sender

    for number, name in enumerate(("", "x" * 5000, "A\x00B", "\ud83d", "\u202eevil", "<b>*_`[")):
        await spine.platform.say("/start", sender=Sender(f"odd{number}", name))
    sent = await spine.platform.arrived(6)
    for delivery in sent:
        assert delivery.reply.text.startswith("Hello")
        assert not set(delivery.reply.text.partition("!")[0]) & set("<>*_`[\u202e\x00")
    assert len(await spine.column(person, "id")) == 6


# --- commands


async def test_help_lists_every_command(spine: Spine) -> None:
    text = await spine.platform.ask("/help")
    for command in spine.app.engine.commands("member"):
        assert f"`{command}`" in text
    assert "/invite" not in text


@pytest.mark.parametrize("typed", ["/HELP", "/help@remora_bot", "/help   ", "/help me please", "  /help"])
async def test_a_command_is_known_however_it_is_typed(spine: Spine, typed: str) -> None:
    assert "What I can do" in await spine.platform.ask(typed)


async def test_an_unknown_command_is_named_and_the_near_one_proposed(spine: Spine) -> None:
    assert "Did you mean /help?" in await spine.platform.ask("/hepl")
    assert "Did you mean /reminders?" in await spine.platform.ask("/reminder list")
    far = await spine.platform.ask("/xyzzyqq")
    assert "`/xyzzyqq`" in far
    assert "/help" in far
    assert spine.model.prompts == []


@pytest.mark.parametrize("text", ["/", "//", "/ rhubarb", "/usr/local/bin", "/1st", "1/2", "a /help"])
async def test_what_only_looks_like_a_command_is_talk(spine: Spine, text: str) -> None:
    assert await spine.platform.ask(text) == f"You said: {text.strip()}"


async def test_a_new_conversation_starts_without_the_old_words(spine: Spine) -> None:
    await spine.platform.ask("rhubarb is sour")
    assert "fresh start" in await spine.platform.ask("/new")
    await spine.platform.ask("why is the sky blue")
    assert "rhubarb" not in "\n".join(line.text for line in spine.model.prompts[-1])


async def test_forgetting_deletes_the_words_and_says_how_many(spine: Spine) -> None:
    await spine.platform.ask("my secret is 4711")
    assert "1 message" in await spine.platform.ask("/forget")
    await spine.platform.ask("what is my secret?")
    assert "4711" not in "\n".join(line.text for line in spine.model.prompts[-1])
    for table, name in ((inbox, "message"), (outbox, "reply"), (turn, "said"), (turn, "replied")):
        assert "4711" not in str(await spine.column(table, name))


async def test_the_language_is_the_one_the_person_writes_or_chose(spine: Spine) -> None:
    await spine.platform.ask("/language zh")
    assert has_chinese(await spine.platform.ask("/new"))
    await spine.platform.ask("/language en")
    assert not has_chinese(await spine.platform.ask("/new"))
    await spine.platform.ask("/language auto")
    assert has_chinese(await spine.platform.ask("/cancel 第一个"))
    assert not has_chinese(await spine.platform.ask("/cancel the first"))


def has_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


async def test_the_zone_can_be_asked_and_set(tmp_path: Path) -> None:
    async with spine_on(settings_in(tmp_path), FakePlatform(zone=None)) as spine:
        assert "don't know your time zone" in await spine.platform.ask("/timezone")
        assert "Europe/Paris" in await spine.platform.ask("Paris")
        assert "Europe/Paris" in await spine.platform.ask("/timezone")
        assert "don't know that place" in await spine.platform.ask("/timezone Atlantis")
        assert "Asia/Shanghai" in await spine.platform.ask("/timezone 上海")
        assert await spine.column(person, "zone") == ["Asia/Shanghai"]


async def test_addresses_never_share_a_key() -> None:
    parts = ("", "a", "|", "%7C", "a|b", "b")
    keys = [Address(p, w, c, t).key() for p in parts for w in parts for c in parts for t in parts]
    assert len(keys) == len(set(keys))


async def test_a_model_that_promises_is_corrected(spine: Spine) -> None:
    spine.model.words = lambda _turns: "Sure! I'll remind you tomorrow at nine."
    assert "(I have not set a reminder." in await spine.platform.ask("hello there")


async def test_a_message_whose_person_cannot_be_loaded_is_set_aside_with_an_apology(
    spine: Spine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks before a turn begins is a broken turn like any other: the rest goes on."""
    load = turns_module.people.person_of

    async def breaks(tx: Any, workspace: str, platform: str, sender: Any, *more: Any) -> Any:
        if sender.account == "eve":
            raise KeyError("unforeseen")
        return await load(tx, workspace, platform, sender, *more)

    monkeypatch.setattr(turns_module.people, "person_of", breaks)
    await spine.platform.say("hello", person="eve")
    assert await spine.platform.ask("hello", person="ann") == "You said: hello"
    sent = await spine.platform.arrived(2)
    assert "something went wrong" in sent[1].reply.text
    await spine.app.settled()
    assert await spine.column(inbox, "state") == ["parked", "done"]


async def test_a_row_that_cannot_be_read_is_parked_and_blocks_nobody(spine: Spine) -> None:
    message = spine.platform.message("hello", person="eve")
    async with spine.app.store.write() as tx:
        values = {
            "platform": "fake", "event_id": "old", "address_key": message.address.key(), "message": {"text": "hello"},
            "received_at": message.sent_at,
        }  # fmt: skip
        await tx.insert(inbox, values)
    assert await spine.platform.ask("hello", person="eve") == "You said: hello"
    assert (await spine.column(inbox, "state"))[0] == "parked"


async def test_the_end_of_the_turns_ends_the_app_loudly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_arguments: Any) -> None:
        raise KeyError("unforeseen")

    monkeypatch.setattr(turns_module.inbox, "claim", broken)
    with pytest.raises(KeyError, match="unforeseen"):
        async with spine_on(settings_in(tmp_path)) as spine:
            await asyncio.wait_for(spine.app.broken.wait(), 5)


async def test_a_reply_with_a_secret_is_sent_and_not_kept_for_the_model(spine: Spine) -> None:
    text = await spine.platform.ask("my calendar feed")
    assert "/calendar/" in text
    await spine.app.settled()
    assert await spine.column(turn, "replied") == [""]
