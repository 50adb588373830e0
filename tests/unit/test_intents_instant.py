"""An edit that is in force at once changes what it is about, and nothing else."""

from __future__ import annotations

from core.intents.definition import Intent
from core.intents.recognition import changed, compiled
from core.intents.slots import Situation

_SAID = {
    "hours": (
        "when are you open",
        "opening times",
        "are you open on sunday",
        "what time do you close",
        "till when today",
    ),
    "price": ("what does it cost", "how much is a ticket", "price list please", "is it expensive", "tell me the price"),
    "taxi": ("call me a taxi", "i need a cab", "get me a ride home", "order a taxi for six", "is there a cab nearby"),
}


def test_a_new_intent_does_not_take_what_is_said_for_nothing() -> None:
    live = [Intent(name, {"en": said}) for name, said in _SAID.items()]
    phone = Intent(
        "phone", {"en": ("how can i call you", "phone number please", "what is your email", "contact details")}
    )
    instant = changed(compiled(live, ()), [*live, phone])
    here = Situation()
    assert instant.recognize("your phone number", here).intent == "phone"
    for text in ("yo", "my cat sleeps all day", "<script>alert(1)</script>", "我的猫整天睡觉"):
        assert instant.recognize(text, here).intent != "phone", text
    for name, said in _SAID.items():
        assert {instant.recognize(text + " now", here).top for text in said} == {name}
