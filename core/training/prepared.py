"""The data of a run, read, checked and turned into tokens: for training, validation, general text and mixing in."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core.errors import Refused
from core.training.chat import Chat, Encoded
from core.training.data import read
from core.training.data.checks import structural
from core.training.data.near import Alike
from core.training.data.rows import Conversation
from core.training.data.split import split
from core.training.options import Options
from core.training.runs import BadData, Data, sha256_of

_GENERAL = Path(__file__).with_name("general.toml")
Role = Literal["train", "val", "general", "mix"]


@dataclass(slots=True)
class Prepared:
    """Encoded rows by their role, and what the manifest says about each file."""

    train: list[Encoded] = field(default_factory=list)
    val: list[Encoded] = field(default_factory=list)
    general: list[Encoded] = field(default_factory=list)
    mixed: list[Encoded] = field(default_factory=list)
    files: list[Data] = field(default_factory=list)


def prepare(chat: Chat, options: Options, longest: int, say: Callable[[str], None]) -> Prepared:
    """Raises `BadData` with line, reason and mend for the first rows that cannot be trained on, `Refused` for a file that
    cannot be read. What is shortened or left out is said."""
    made = Prepared()
    rows = conversations(Path(options.data))
    if options.val:
        held = conversations(Path(options.val))
        if twins := _in_both(rows, held):
            say(f"{twins} of {len(held)} validation rows are nearly in the training data: their loss says little")
    elif options.val_share:
        parts = split(rows, options.val_share, 0, options.seed)
        rows, held = parts["train"], parts["val"]
    else:
        held = []
    made.train = _encoded(made, "train", options.data, rows, chat, longest, say)
    made.val = _encoded(made, "val", options.val or options.data, held, chat, longest, say)
    made.general = general(chat, longest)
    made.files.append(_data("general", str(_GENERAL), made.general, 0, ()))
    if options.mix and options.mix_share:
        made.mixed = _mixed(made, Path(options.mix), chat, longest, say)
    return made


def conversations(path: Path) -> list[Conversation]:
    """Every row of a file; raises `BadData` where one cannot be trained on."""
    rows = list(structural(read.rows(path)))
    bad = [fault for row in rows for fault in row.faults if fault.error]
    if bad:
        first = "\n".join(f"  {fault.text()}" for fault in bad[:5])
        raise BadData(
            f"{path} cannot be trained on, it has faults ({len(bad)}):\n{first}", f"run: remora data check {path}"
        )
    return [row.conversation for row in rows if row.conversation is not None]


def general(chat: Chat, longest: int, path: Path | None = None) -> list[Encoded]:
    """Texts about everyday things in both languages, or those of a file that parts them by blank lines: what a model must
    not forget."""
    if path is None:
        found = tomllib.loads(_GENERAL.read_text(encoding="utf-8"))
        texts = [*found["en"], *found["zh"]]
    else:
        try:
            texts = [text for text in path.read_text(encoding="utf-8").split("\n\n") if text.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"{path} cannot be read as UTF-8 text", "give a text file") from error
    return [chat.encode_text(text.strip(), longest, at) for at, text in enumerate(texts, 1)]


def fitting(chat: Chat, rows: Sequence[Conversation], longest: int, say: Callable[[str], None]) -> list[Encoded]:
    """The rows as tokens. Those of which no answer fits are left out, and said; where these are many, they are refused."""
    encoded, left = [], []
    for row in rows:
        try:
            encoded.append(chat.encode(row, longest))
        except BadData as error:
            left.append((row.line, error))
    if len(left) * 10 > len(rows):
        raise left[0][1]
    if left:
        lines = ", ".join(str(line) for line, _ in left[:10])
        say(f"{len(left)} rows are left out, no answer fits into {longest} tokens: lines {lines}")
    if cut := sum(row.cut for row in encoded):
        say(f"{cut} rows of more than {longest} tokens end after their last whole turn that fits")
    return encoded


def _encoded(
    made: Prepared,
    role: Role,
    path: str,
    rows: list[Conversation],
    chat: Chat,
    longest: int,
    say: Callable[[str], None],
) -> list[Encoded]:
    encoded = fitting(chat, rows, longest, lambda text: say(f"{role}: {text}"))
    if rows:
        people = (row.meta["person"] for row in rows if isinstance(row.meta.get("person"), int))
        made.files.append(_data(role, path, encoded, len(rows) - len(encoded), people))
    return encoded


def _mixed(made: Prepared, path: Path, chat: Chat, longest: int, say: Callable[[str], None]) -> list[Encoded]:
    """Conversations, or plain text where nobody is said to speak."""
    rows = list(structural(read.rows(path)))
    if any(fault.kind == "no-speaker" for row in rows for fault in row.faults):
        texts = general(chat, longest, path)
        made.files.append(_data("mix", str(path), texts, 0, ()))
        return texts
    return _encoded(made, "mix", str(path), conversations(path), chat, longest, say)


def _data(role: Role, path: str, rows: list[Encoded], left: int, people: Iterable[int]) -> Data:
    return Data(
        role=role,
        path=str(Path(path).resolve()),
        sha256=sha256_of(Path(path)),
        rows=len(rows),
        tokens=sum(len(row.tokens) for row in rows),
        trained_tokens=sum(row.count for row in rows),
        left_out=left,
        cut=sum(row.cut for row in rows),
        people=sorted(set(people)),
    )


def _in_both(rows: list[Conversation], held: list[Conversation]) -> int:
    alike = Alike()
    for row in rows:
        alike.add(row.spoken())
    found = [alike.add(row.spoken()) for row in held]
    return sum(one is not None and one < len(rows) for one in found)
