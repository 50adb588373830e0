"""From one row of a known format to a conversation: OpenAI chat, ShareGPT, Alpaca, question and answer, labelled text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from core.messages import Utterance
from core.training.data.faults import Fault
from core.training.data.rows import Conversation, Row

Format: TypeAlias = Literal["openai", "sharegpt", "alpaca", "pairs", "text"]
_Role: TypeAlias = Literal["system", "user", "assistant"]

_ROLES: Mapping[str, _Role] = {
    **dict.fromkeys(("system", "developer", "系统"), "system"),
    **dict.fromkeys(("user", "human", "q", "question", "customer", "用户", "问", "问题", "客户", "学生"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bot", "model", "bard", "bing", "ai", "a", "answer"), "assistant"),
    **dict.fromkeys(("助手", "答", "回答", "客服", "机器人", "老师"), "assistant"),
}
_TOOLS = frozenset({"tool", "function", "function_call", "observation", "tool_call", "tool_response"})
QUESTIONS = ("prompt", "question", "query", "input", "instruction", "user", "问题", "问", "指令", "输入")
ANSWERS = ("response", "completion", "answer", "output", "reply", "assistant", "回答", "答案", "答", "回复", "输出")
_SPEAKER = re.compile(r"^\s*(?:\*\*)?([^\W\d_]{1,12})(?:\*\*)?\s*[:：](?:\*\*)?\s*(.*)$")


class _Broken(Exception):
    """The row is no conversation."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail


def format_of(row: Mapping[str, Any]) -> Format | None:
    """By its keys; None: no known format."""
    keys = set(row)
    if "messages" in keys:
        return "openai"
    if "conversations" in keys or "conversation" in keys:
        return "sharegpt"
    if "instruction" in keys and keys & {"output", "response"}:
        return "alpaca"
    if keys.intersection(QUESTIONS) and keys.intersection(ANSWERS):
        return "pairs"
    return "text" if isinstance(row.get("text"), str) else None


def conversation(row: Mapping[str, Any], form: Format, line: int, raw: str = "") -> Row:
    """The conversation of a row, or the fault that makes it none."""
    read: dict[Format, Callable[[Mapping[str, Any]], list[Utterance]]] = {
        "openai": lambda found: _messages(found["messages"], "role", "content"),
        "sharegpt": _sharegpt,
        "alpaca": _alpaca,
        "pairs": _pairs,
        "text": lambda found: labelled(found["text"]),
    }
    try:
        turns = read[form](row)
        return Row(line, Conversation(tuple(turns), _meta(row, form), line), (), raw)
    except _Broken as broken:
        return Row(line, None, (Fault(broken.kind, line, broken.detail),), raw)


def labelled(text: str) -> list[Utterance]:
    """Turns of text whose lines say who speaks ("User: ...", "助手：..."); lines without a speaker go on with the turn."""
    turns: list[tuple[_Role, list[str]]] = []
    for line in text.splitlines():
        found = _SPEAKER.match(line)
        role = _ROLES.get(found[1].casefold()) if found else None
        if role and found:
            turns.append((role, [found[2]]))
        elif turns:
            turns[-1][1].append(line)
        elif line.strip():
            raise _Broken("no-speaker", _short(line))
    if not turns:
        raise _Broken("no-speaker")
    return [Utterance(role, "\n".join(lines).strip()) for role, lines in turns]


def _messages(found: Any, role_key: str, text_key: str) -> list[Utterance]:
    if not isinstance(found, list) or not found:
        raise _Broken("no-messages")
    return [_message(one, number, role_key, text_key) for number, one in enumerate(found, 1)]


def _message(one: Any, number: int, role_key: str, text_key: str) -> Utterance:
    if not isinstance(one, dict) or not isinstance(one.get(role_key), str):
        raise _Broken("bad-message", f"message {number}")
    named = one[role_key].strip().casefold()
    if named in _TOOLS or one.get("tool_calls") or one.get("function_call"):
        raise _Broken("tool-turn", f"message {number}")
    if named not in _ROLES:
        raise _Broken("wrong-role", f"message {number}: {_short(one[role_key])!r}")
    return Utterance(_ROLES[named], _text(one.get(text_key), f"message {number}"))


def _text(found: Any, where: str) -> str:
    """OpenAI's form of a text in parts is read, too."""
    match found:
        case str():
            return found
        case None:
            raise _Broken("no-content", where)
        case [*parts] if parts and all(isinstance(part, dict) and part.get("type") == "text" for part in parts):
            return "\n".join(_text(part.get("text"), where) for part in parts)
        case _:
            raise _Broken("not-words", where)


def _sharegpt(row: Mapping[str, Any]) -> list[Utterance]:
    found = row.get("conversations", row.get("conversation"))
    openai = isinstance(found, list) and found and isinstance(found[0], dict) and "role" in found[0]
    turns = _messages(found, *(("role", "content") if openai else ("from", "value")))
    return _with_system(row, turns)


def _alpaca(row: Mapping[str, Any]) -> list[Utterance]:
    asked = _text(row["instruction"], "instruction")
    if given := row.get("input"):
        asked = f"{asked}\n\n{_text(given, 'input')}"
    answer = _text(row.get("output", row.get("response")), "output")
    turns = [Utterance("user", asked), Utterance("assistant", answer)]
    history = row.get("history") or []
    if not isinstance(history, list) or not all(isinstance(one, list) and len(one) == 2 for one in history):
        raise _Broken("bad-message", "history is no list of pairs")
    before = [
        turn
        for asked, answer in history
        for turn in (Utterance("user", _text(asked, "history")), Utterance("assistant", _text(answer, "history")))
    ]
    return _with_system(row, before + turns)


def _pairs(row: Mapping[str, Any]) -> list[Utterance]:
    question = next(key for key in QUESTIONS if key in row)
    answer = next(key for key in ANSWERS if key in row)
    turns = [Utterance("user", _text(row[question], question)), Utterance("assistant", _text(row[answer], answer))]
    return _with_system(row, turns)


def _with_system(row: Mapping[str, Any], turns: list[Utterance]) -> list[Utterance]:
    system = row.get("system")
    return [Utterance("system", _text(system, "system")), *turns] if system else turns


def _meta(row: Mapping[str, Any], form: Format) -> dict[str, Any]:
    """What the row says about itself, besides the words: `meta`, and its other columns."""
    meta = row.get("meta") or {}
    if not isinstance(meta, dict):
        raise _Broken("bad-meta")
    words = {"messages", "conversations", "conversation", "system", "history", "text", "meta"}
    words |= {"instruction", "input", "output", "response"} if form == "alpaca" else set()
    words |= {*QUESTIONS, *ANSWERS} if form == "pairs" else set()
    return {**{key: value for key, value in row.items() if key not in words and value not in (None, "")}, **meta}


def _short(text: str) -> str:
    return text.strip()[:30]


def grouped(rows: Sequence[tuple[int, Mapping[str, str]]], columns: tuple[str, str, str], raw: str) -> Row:
    """One conversation of a table that has a turn in each row: the columns of its name, the role and the words."""
    name, role, words = columns
    line = rows[0][0]
    messages = [{"role": row[role], "content": row[words]} for _, row in rows]
    return conversation({"messages": messages, "conversation_id": rows[0][1][name]}, "openai", line, raw)
