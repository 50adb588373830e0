"""What people do on Telegram arrives as the right kind of message, or not at all."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.telegram.updates import Me, Update, to_message
from core.messages import Address, Message, Sender
from tests.fakes.telegram_server import found_entities

NOW = dt.datetime(2026, 11, 27, 9, 0, tzinfo=dt.UTC)
ME = Me(42, "remora_bot")
ADA = {"id": 7, "is_bot": False, "first_name": "Ada", "last_name": "L", "language_code": "zh-hans"}
US = {"id": 42, "is_bot": True, "first_name": "Remora"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Ada"}
GROUP = {"id": -100, "type": "supergroup", "title": "Friends"}


def message(kind: str = "message", chat: dict[str, Any] | None = None, **content: Any) -> Message | None:
    written = {"message_id": 5, "date": 1_795_770_000, "chat": chat or PRIVATE, "from": ADA} | content
    return to_message(Update.model_validate({"update_id": 9, kind: written}), ME, NOW)


def heard(**content: Any) -> Message:
    found = message(**content)
    assert found is not None
    return found


def in_group(text: str, **content: Any) -> Message | None:
    return message(chat=GROUP, text=text, entities=found_entities(text), **content)


def test_a_private_text_arrives_with_all_that_is_known_of_it() -> None:
    assert heard(text="hello") == Message(
        event_id="42:9:5",
        address=Address("telegram", "", "7"),
        sender=Sender("7", "Ada L", locale="zh-hans"),
        text="hello",
        sent_at=dt.datetime.fromtimestamp(1_795_770_000, dt.UTC),
        message_id="5",
    )


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("photo", [{"file_id": "a"}], "photo"),
        ("sticker", {"emoji": "🙂"}, "sticker"),
        ("voice", {}, "voice"),
        ("document", {}, "file"),
        ("video_note", {}, "video"),
        ("location", {}, "location"),
        ("contact", {}, "contact"),
    ],
)
def test_what_is_not_text_is_an_attachment_with_its_caption(field: str, value: object, name: str) -> None:
    found = heard(**{field: value, "caption": "look"})
    assert (found.kind, found.attachment, found.text) == ("attachment", name, "look")
    assert heard(**{field: value}).text == ""


def test_an_animation_is_a_video_although_a_file_comes_with_it() -> None:
    assert heard(document={}, animation={}).attachment == "video"


@pytest.mark.parametrize(
    "news", [{"new_chat_members": [ADA]}, {"pinned_message": {}}, {"new_chat_title": "x"}, {"forum_topic_created": {}}]
)
def test_news_of_the_chat_itself_is_no_message(news: dict[str, Any]) -> None:
    assert message(**news) is None


def test_an_edit_is_an_edit_of_the_same_message() -> None:
    found = heard(kind="edited_message", text="hello!", edit_date=1_795_770_060)
    assert (found.kind, found.message_id, found.text) == ("edit", "5", "hello!")
    assert found.sent_at == dt.datetime.fromtimestamp(1_795_770_060, dt.UTC)


def test_a_position_that_moves_is_no_edit() -> None:
    assert message(kind="edited_message", location={}, edit_date=1_795_770_060) is None


@pytest.mark.parametrize("who", [{"from": US}, {"from": ADA | {"is_bot": True}}, {"from": None}])
def test_what_no_person_wrote_is_dropped(who: dict[str, Any]) -> None:
    assert message(text="hello", **who) is None


def test_an_anonymous_administrator_speaks_as_the_group() -> None:
    anonymous = {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}, "sender_chat": GROUP}
    found = in_group("@remora_bot hi", **anonymous)
    assert found is not None
    assert found.sender == Sender("-100", "Friends")


def test_a_post_that_a_channel_forwards_by_itself_is_dropped() -> None:
    assert in_group("@remora_bot hi", sender_chat=GROUP, is_automatic_forward=True) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@remora_bot hello", "hello"),
        ("@Remora_Bot, hello", "hello"),
        ("@remora_bot：明天开会", "明天开会"),
        ("hello @remora_bot", "hello"),
        ("hello @remora_bot, how are you", "hello, how are you"),
        ("hello @remora_bot how are you", "hello how are you"),
        ("🙂🙂 @remora_bot hi @bobby_b", "🙂🙂 hi @bobby_b"),
        ("@remora_bot", ""),
        ("@remora_bot @remora_bot hi", "hi"),
        ("/remind@remora_bot tea", "/remind tea"),
        ("/remind tea @charlie", "/remind tea @charlie"),
        ("please /remind@remora_bot", "please /remind"),
    ],
)
def test_in_a_group_a_call_is_heard_and_our_name_taken_out(text: str, left: str) -> None:
    found = in_group(text)
    assert found is not None
    assert found.text == left
    assert found.direct
    assert not found.private


@pytest.mark.parametrize(
    "text", ["hello", "@remora_bot2 hi", "@other_bot hi", "/roll@other_bot", "see /list", "me@remora_bot", ""]
)
def test_in_a_group_all_else_is_left_alone(text: str) -> None:
    assert in_group(text) is None


def test_a_call_without_a_name_works_by_the_account() -> None:
    found = message(
        chat=GROUP, text="Remora, hi", entities=[{"type": "text_mention", "offset": 0, "length": 6, "user": US}]
    )
    assert found is not None
    assert found.text == "hi"


def test_a_caption_can_call_us_too() -> None:
    found = message(chat=GROUP, photo=[{}], caption="@remora_bot this", caption_entities=found_entities("@remora_bot"))
    assert found is not None
    assert (found.kind, found.text) == ("attachment", "this")


def reply_to(sender: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"reply_to_message": {"message_id": 4, "date": 1, "chat": GROUP, "from": sender, "text": "x"} | more}


def test_a_reply_to_us_is_meant_for_us() -> None:
    assert in_group("yes", **reply_to(US)) is not None
    assert in_group("yes", **reply_to(ADA)) is None


def test_in_a_topic_that_we_opened_not_every_message_is_a_reply_to_us() -> None:
    assert in_group("hello", **reply_to(US, forum_topic_created={"name": "x"})) is None


def test_only_topics_are_threads() -> None:
    in_topic = in_group("@remora_bot hi", message_thread_id=3, is_topic_message=True)
    in_reply_thread = in_group("@remora_bot hi", message_thread_id=3)
    assert in_topic is not None
    assert in_reply_thread is not None
    assert (in_topic.address.thread, in_reply_thread.address.thread) == ("3", "")


def pressed(**content: Any) -> Message | None:
    query = {"id": "q", "from": ADA, "chat_instance": "1", "data": "done:5"} | content
    return to_message(Update.model_validate({"update_id": 9, "callback_query": query}), ME, NOW)


@pytest.mark.parametrize(
    "about", [{"date": 1_795_770_000, "text": "Stretch!", "from": US}, {"date": 0}], ids=["at hand", "too old to see"]
)
def test_a_pressed_button_is_a_choice_of_who_pressed_it(about: dict[str, Any]) -> None:
    found = pressed(message={"message_id": 5, "chat": GROUP} | about)
    assert found == Message(
        event_id="9:q",
        address=Address("telegram", "", "-100"),
        sender=Sender("7", "Ada L", locale="zh-hans"),
        text="",
        sent_at=NOW,
        kind="choice",
        message_id="5",
        choice="done:5",
        private=False,
    )


def test_a_button_outside_of_chats_is_no_message() -> None:
    assert pressed(inline_message_id="x") is None


@pytest.mark.parametrize("offset", [-5, 0, 10, 10**9])
def test_entities_that_lie_are_harmless(offset: int) -> None:
    lies = [
        {"type": "mention", "offset": offset, "length": 10**9},
        {"type": "bot_command", "offset": offset, "length": -3},
    ]
    assert heard(text="hello 🙂", entities=lies).text == "hello 🙂"


def test_half_a_character_is_made_whole() -> None:
    assert heard(text="a\ud800b\x00").text == "a\ufffdb\ufffd"


@pytest.mark.parametrize("text", [7, ["x"]])
def test_a_text_that_is_none_cannot_be_read(text: object) -> None:
    with pytest.raises(ValidationError):
        message(text=text)


@pytest.mark.parametrize(
    ("chat", "link"),
    [
        ({"id": 7, "type": "private"}, ""),
        ({"id": -1001234567890, "type": "supergroup"}, "https://t.me/c/1234567890/4"),
        ({"id": -1001234567890, "type": "supergroup", "username": "friends"}, "https://t.me/friends/4"),
        ({"id": -55, "type": "group"}, ""),
    ],
)
def test_a_reply_brings_the_words_it_is_about_and_their_address(chat: dict[str, Any], link: str) -> None:
    about = {"message_id": 4, "date": 1_795_760_000, "chat": chat, "from": ADA, "text": "Lunch on Friday?"}
    found = heard(chat=chat, text=f"@{ME.username} remind me about this", reply_to_message=about, entities=[
        {"type": "mention", "offset": 0, "length": len(ME.username) + 1}
    ])  # fmt: skip
    assert (found.text, found.quoted, found.link) == ("remind me about this", "Lunch on Friday?", link)


def test_a_reply_to_us_quotes_nothing() -> None:
    ours = {"message_id": 4, "date": 1_795_760_000, "chat": {"id": 7, "type": "private"}, "text": "Hello!"}
    found = heard(text="thanks", reply_to_message={**ours, "from": {"id": ME.id, "is_bot": True, "first_name": "R"}})
    assert (found.quoted, found.link) == ("", "")


def test_a_message_of_a_private_chat_cannot_be_read_again_by_its_address() -> None:
    target = {
        "message_id": 4,
        "date": 1,
        "chat": PRIVATE | {"username": "ada"},
        "from": ADA,
        "text": "Lunch on Friday?",
    }
    found = heard(text="remind me about this", reply_to_message=target)
    assert (found.quoted, found.link) == ("Lunch on Friday?", "")


FROM_BO = {"type": "user", "date": 1, "sender_user": {"id": 8, "is_bot": False, "first_name": "Bo"}}
FROM_NEWS = {
    "type": "channel",
    "date": 1,
    "chat": {"id": -1003, "type": "channel", "username": "news"},
    "message_id": 6,
}


@pytest.mark.parametrize(
    ("origin", "link"),
    [
        (FROM_BO, ""),
        ({"type": "hidden_user", "date": 1, "sender_user_name": "Bo"}, ""),
        ({"type": "chat", "date": 1, "sender_chat": {"id": -1002, "type": "supergroup", "title": "Friends"}}, ""),
        (FROM_NEWS, "https://t.me/news/6"),
    ],
)
@pytest.mark.parametrize("words", ["remind me tomorrow at 6 to pay Bo", "/forget all"])
def test_forwarded_words_are_not_obeyed_but_what_one_can_be_reminded_of(
    origin: dict[str, Any], link: str, words: str
) -> None:
    found = heard(text=words, entities=found_entities(words), forward_origin=origin)
    assert (found.kind, found.text, found.quoted, found.link) == ("text", "提醒我这件事", words, link)
    captioned = heard(photo=[{}], caption=words, forward_origin=origin)
    assert (captioned.kind, captioned.text, captioned.quoted) == ("text", "提醒我这件事", words)


def test_a_forwarded_picture_is_a_picture_and_a_forwarded_place_is_not_where_they_are() -> None:
    assert (heard(photo=[{}], forward_origin=FROM_BO).attachment, heard(photo=[{}]).attachment) == ("photo", "photo")
    written = {"message_id": 5, "date": 1, "chat": PRIVATE, "from": ADA, "location": {"latitude": 1, "longitude": 2}}
    assert Update.model_validate({"update_id": 9, "message": written}).place is not None
    assert Update.model_validate({"update_id": 9, "message": written | {"forward_origin": FROM_BO}}).place is None


def test_what_is_forwarded_into_a_group_is_between_its_people() -> None:
    assert in_group("@remora_bot /forget", forward_origin=FROM_BO) is None
    assert in_group("@remora_bot /forget") is not None


def test_the_name_by_which_others_call_an_account_is_kept() -> None:
    assert heard(text="hi", **{"from": {**ADA, "username": "ada_l"}}).sender.handle == "ada_l"


def membership(old: dict[str, Any], new: dict[str, Any], chat: dict[str, Any] | None = None) -> Message | None:
    change = {
        "chat": chat or GROUP, "from": ADA, "date": 1_795_770_000, "old_chat_member": {"user": US, **old},
        "new_chat_member": {"user": US, **new},
    }  # fmt: skip
    return to_message(Update.model_validate({"update_id": 9, "my_chat_member": change}), ME, NOW)


_SILENCED = {"status": "restricted", "is_member": True, "can_send_messages": False}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ({"status": "left"}, {"status": "member"}, "joined"),
        ({"status": "kicked"}, {"status": "administrator"}, "joined"),
        (_SILENCED, {"status": "member"}, "joined"),
        ({"status": "member"}, {"status": "left"}, "closed"),
        ({"status": "administrator"}, {"status": "kicked"}, "closed"),
        ({"status": "member"}, _SILENCED, "closed"),
        ({"status": "member"}, {"status": "restricted", "is_member": False}, "closed"),
        ({"status": "member"}, {"status": "administrator"}, None),
        ({"status": "left"}, {"status": "kicked"}, None),
    ],
)
def test_a_chat_opens_or_closes_when_what_we_may_do_there_changes(
    old: dict[str, Any], new: dict[str, Any], kind: str | None
) -> None:
    found = membership(old, new)
    assert (found.kind if found else None) == kind
    if found is not None:
        assert (found.address, found.sender.account, found.private) == (Address("telegram", "", "-100"), "7", False)


def test_a_channel_that_takes_us_in_is_no_place_to_talk() -> None:
    assert membership({"status": "left"}, {"status": "administrator"}, {"id": -5, "type": "channel"}) is None


def test_who_blocks_us_closes_their_private_chat() -> None:
    found = membership({"status": "member"}, {"status": "kicked"}, PRIVATE)
    assert found is not None
    assert (found.kind, found.private) == ("closed", True)


@pytest.mark.parametrize("who", [{}, {"actor_chat": GROUP}, {"user": US}])
def test_a_reaction_of_nobody_in_particular_says_nothing(who: dict[str, Any]) -> None:
    about = {
        "chat": GROUP,
        "message_id": 5,
        "date": 1,
        "old_reaction": [],
        "new_reaction": [{"type": "emoji", "emoji": "👍"}],
    }
    assert to_message(Update.model_validate({"update_id": 9, "message_reaction": about | who}), ME, NOW) is None


def test_a_custom_reaction_says_nothing() -> None:
    about = {"chat": GROUP, "message_id": 5, "date": 1, "user": ADA, "old_reaction": [],
             "new_reaction": [{"type": "custom_emoji", "custom_emoji_id": "1"}]}  # fmt: skip
    assert to_message(Update.model_validate({"update_id": 9, "message_reaction": about}), ME, NOW) is None


def test_a_stop_is_for_the_reply_in_its_chat() -> None:
    stopped = {"chat": PRIVATE, "draft_id": 3}
    found = to_message(Update.model_validate({"update_id": 9, "stopped_message_generation": stopped}), ME, NOW)
    assert found is not None
    assert (found.kind, found.address) == ("stop", Address("telegram", "", "7"))


def test_in_a_group_only_our_own_commands_need_no_name() -> None:
    me = replace(ME, commands=frozenset({"remind"}))
    for text, heard_there in (
        ("/remind tea", True),
        ("/Remind tea", True),
        ("/roll", False),
        ("/roll@remora_bot", True),
    ):
        written = {
            "message_id": 5,
            "date": 1,
            "chat": GROUP,
            "from": ADA,
            "text": text,
            "entities": found_entities(text),
        }
        found = to_message(Update.model_validate({"update_id": 9, "message": written}), me, NOW)
        assert (found is not None) == heard_there, text
