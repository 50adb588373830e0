"""How the words are kept in JSON columns. Readers accept rows written by older versions: a missing field has its default."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, fields
from typing import Any

from core.messages import Address, Choice, Message, Moment, Receipt, Reply, Sender

_NAMES: dict[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind)) for kind in (Address, Choice, Message, Reply, Sender)
}


def _known(kind: type, data: dict[str, Any]) -> dict[str, Any]:
    names = _NAMES[kind]
    return {name: value for name, value in data.items() if name in names}


def _shallow(value: Address | Choice | Message | Reply | Sender) -> dict[str, Any]:
    """`asdict` copies deeply, which takes ten times as long."""
    return {name: getattr(value, name) for name in _NAMES[type(value)]}


def address_to_json(address: Address) -> dict[str, Any]:
    return _shallow(address)


def address_from_json(data: dict[str, Any]) -> Address:
    return Address(**_known(Address, data))


def message_to_json(message: Message) -> dict[str, Any]:
    address, sender = _shallow(message.address), _shallow(message.sender)
    return {**_shallow(message), "address": address, "sender": sender, "sent_at": message.sent_at.isoformat()}


def message_from_json(data: dict[str, Any]) -> Message:
    values = _known(Message, data)
    values["address"] = address_from_json(values["address"])
    values["sender"] = Sender(**_known(Sender, values["sender"]))
    values["sent_at"] = dt.datetime.fromisoformat(values["sent_at"])
    return Message(**values)


def reply_to_json(reply: Reply) -> dict[str, Any]:
    moments = [(moment.text, moment.at.isoformat()) for moment in reply.moments]
    return {**_shallow(reply), "choices": [_shallow(choice) for choice in reply.choices], "moments": moments}


def reply_from_json(data: dict[str, Any]) -> Reply:
    values = _known(Reply, data)
    values["choices"] = tuple(Choice(**_known(Choice, choice)) for choice in values.get("choices", ()))
    values["moments"] = tuple(Moment(text, dt.datetime.fromisoformat(at)) for text, at in values.get("moments", ()))
    return Reply(**values)


def receipt_to_json(receipt: Receipt) -> dict[str, Any]:
    return asdict(receipt)
