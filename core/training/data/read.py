"""From a file to rows, bounded in memory: what format it is in, and each of its rows or what is wrong with it.

Encodings: UTF-8 with or without a byte-order mark, UTF-16 with one, GB18030 where the beginning is no UTF-8. Formats: see
`formats`; JSON as lines, as one array, or printed over several lines.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO

from core.errors import Refused
from core.training.data.faults import Fault
from core.training.data.formats import ANSWERS, QUESTIONS, Format, conversation, format_of, grouped
from core.training.data.rows import Row

LONGEST_ROW = 4 << 20
"""Characters; what is longer is skipped without being held in memory."""
_HEAD = 1 << 16
_BREAK = re.compile(r"^\s*([-=*#])\1{2,}\s*$")
_TURN_COLUMNS = (("conversation_id", "conversation", "dialogue_id", "session", "对话"), ("role", "speaker", "角色"))
_WORD_COLUMNS = ("content", "text", "message", "utterance", "内容")


def rows(path: Path) -> Iterator[Row]:
    """Every row, in order, and what is wrong with the file as a whole in front of them. Raises `Refused` where there is
    no such file or it cannot be opened."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        encoding, faults = _encoding(head)
        for fault in faults:
            yield Row(0, None, (fault,))
        if any(fault.error for fault in faults):
            return
        start = head.decode(encoding, errors="replace")
        errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
        with path.open(encoding=encoding, errors=errors, newline="\n") as text:
            found = False
            for row in _rows(text, start, path.suffix.lower()):
                found = True
                yield row
        if not found:
            yield Row(0, None, (Fault("empty-file", 0),))
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}", "give the path of a file that can be read") from error


def _encoding(head: bytes) -> tuple[str, list[Fault]]:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", [Fault("other-encoding", 0, "read as UTF-16")]
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", [Fault("byte-order-mark", 0)]
    if head[:4] in (b"PK\x03\x04", b"PAR1", b"%PDF") or head[:2] == b"\x1f\x8b" or head.count(0) > len(head) // 10:
        return "utf-8", [Fault("not-text", 0)]
    if not head.strip():
        return "utf-8", [] if len(head) == _HEAD else [Fault("empty-file", 0)]
    if (
        _decodes(head, "utf-8")
        or not _decodes(head, "gb18030")
        or not re.search("[\u4e00-\u9fff]{2}", head.decode("gb18030", "ignore"))
    ):
        return "utf-8", []
    # One damaged line of UTF-8 also decodes as GB18030, into nonsense; then most lines are good UTF-8.
    lines = head.split(b"\n")[:-1] or [head]
    bad = sum(not _decodes(line, "utf-8") for line in lines if not line.isascii())
    other = bad * 2 > sum(not line.isascii() for line in lines)
    return ("gb18030", [Fault("other-encoding", 0, "read as GB18030")]) if other else ("utf-8", [])


def _decodes(data: bytes, encoding: str) -> bool:
    """The end may be in the middle of a character."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(data, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _rows(text: TextIO, start: str, suffix: str) -> Iterator[Row]:
    first = start.lstrip()[:1]
    if suffix in (".csv", ".tsv") or (first not in "{[" and _delimiter(start)):
        return _table(text, start)
    if first == "[" or _spread(start):
        return _of_json(_values(text))
    if first == "{" or suffix in (".json", ".jsonl", ".ndjson"):
        return _of_json(_lines(text))
    return _dialogues(text)


def _spread(start: str) -> bool:
    """JSON printed over several lines, rather than lines of which the first is broken or longer than what was looked at."""
    return re.match(r"\s*\{\s*\n", start) is not None


def _lines(text: TextIO) -> Iterator[tuple[int, str | Fault]]:
    """Lines that are not blank, by number; what is too long is passed over in pieces."""
    number = 0
    while line := text.readline(LONGEST_ROW):
        number += 1
        if len(line) >= LONGEST_ROW and not line.endswith("\n"):
            while (rest := text.readline(LONGEST_ROW)) and not rest.endswith("\n"):
                pass
            yield number, Fault("line-too-long", number, f"over {LONGEST_ROW >> 20} million characters")
        elif line.strip():
            yield number, line.rstrip("\r\n")


def _values(text: TextIO) -> Iterator[tuple[int, str | Fault]]:
    """The values of a JSON array, or of several values one after the other, each as its own text."""
    decoder, buffer, line, at_end = json.JSONDecoder(), "", 1, False
    between = re.compile(r"[\s,\[\]]*")
    while True:
        skipped = between.match(buffer)
        assert skipped is not None
        line += skipped[0].count("\n")
        buffer = buffer[skipped.end() :]
        end = 0
        if buffer:
            try:
                _, end = decoder.raw_decode(buffer)
            except RecursionError:
                yield line, Fault("not-json", line, "nested too deeply; what follows is not read")
                return
            except ValueError as error:
                if at_end or len(buffer) > LONGEST_ROW:
                    kind = "line-too-long" if len(buffer) > LONGEST_ROW else "not-json"
                    yield line, Fault(kind, line, f"{getattr(error, 'msg', 'a number')}; what follows is not read")
                    return
        if end:
            yield line, buffer[:end]
            line += buffer.count("\n", 0, end)
            buffer = buffer[end:]
        elif at_end:
            return
        else:
            more = text.read(max(_HEAD, len(buffer)))
            buffer, at_end = buffer + more, not more


def _of_json(values: Iterator[tuple[int, str | Fault]]) -> Iterator[Row]:
    form: Format | None = None
    for line, value in values:
        row = _one(line, value) if isinstance(value, str) else Row(line, None, (value,))
        if isinstance(row, Row):
            yield row
            continue
        found = format_of(row)
        assert isinstance(value, str)
        if found is None:
            yield Row(line, None, (Fault("unknown-format", line, ", ".join(sorted(row)[:6])),), value)
            continue
        form = form or found
        read = conversation(row, found, line, value)
        other = (Fault("mixed-formats", line, f"{found}, not {form}"),) if found != form else ()
        yield Row(line, read.conversation, (*other, *read.faults), value)


def _one(line: int, value: str) -> Row | dict[str, Any]:
    """The object that a row is, or a row that says why it is none."""
    if any("\udc80" <= character <= "\udcff" for character in value):
        return Row(line, None, (Fault("broken-encoding", line),), value)
    doubled: list[str] = []

    def objects(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            doubled.extend(key for key in made if sum(key == other for other, _ in pairs) > 1)
        return made

    try:
        found = json.loads(value, object_pairs_hook=objects, strict=False)
    except (ValueError, RecursionError) as error:
        where = f"column {getattr(error, 'colno', 1)}: {getattr(error, 'msg', 'too deep or too long')}"
        return Row(line, None, (Fault("not-json", line, where),), value)
    if doubled:
        return Row(line, None, (Fault("doubled-key", line, doubled[0][:40]),), value)
    return found if isinstance(found, dict) else Row(line, None, (Fault("not-object", line),), value)


def _delimiter(start: str) -> str:
    """What divides the columns of the header; "" where the first line is none that we know."""
    header = start.lstrip("\ufeff\r\n ").split("\n", 1)[0].strip().casefold()
    for delimiter in (",", "\t", ";", "|"):
        columns = {column.strip(' "') for column in header.split(delimiter)}
        pairs = columns & {*QUESTIONS} and columns & {*ANSWERS}
        by_turn = columns & {*_WORD_COLUMNS} and columns & {*_TURN_COLUMNS[1]}
        if len(columns) > 1 and (pairs or by_turn):
            return delimiter
    return ""


def _table(text: TextIO, start: str) -> Iterator[Row]:
    delimiter = _delimiter(start)
    if not delimiter:
        if start.strip():
            yield Row(1, None, (Fault("no-columns", 1, start.strip().split("\n", 1)[0][:60]),))
        return
    records = _records(text, delimiter)
    line, first = next(((line, record) for line, record in records if any(record)), (1, list[str]()))
    if isinstance(first, _Unreadable):
        yield Row(line, None, (Fault("open-quote", line, first[0]),))
        return
    header = [name.strip().casefold() for name in first]
    named = [next((name for name in names if name in header), "") for names in (*_TURN_COLUMNS, _WORD_COLUMNS)]
    by_turn = all(named) and not {*header} & {*ANSWERS}
    form = format_of(dict.fromkeys(header, ""))
    if not by_turn and form is None:
        yield Row(line, None, (Fault("no-columns", line, ", ".join(header)[:60]),))
        return
    good: list[tuple[int, dict[str, str]]] = []
    for line, record in records:
        raw = delimiter.join(record)
        if not any(field.strip() for field in record):
            continue
        if isinstance(record, _Unreadable):
            yield Row(line, None, (Fault("open-quote", line, record[0]),))
        elif len(record) != len(header):
            yield Row(line, None, (Fault("ragged-row", line, f"{len(record)} of {len(header)}"),), raw)
        elif any("\udc80" <= character <= "\udcff" for character in raw):
            yield Row(line, None, (Fault("broken-encoding", line),), raw)
        elif by_turn:
            good.append((line, dict(zip(header, record, strict=True))))
        else:
            row = {name: field for name, field in zip(header, record, strict=True) if name}
            yield conversation(row, form or "pairs", line, raw)
    for _, group in groupby(good, key=lambda one: one[1][named[0]]):
        yield grouped(list(group), (named[0], named[1], named[2]), "")


class _Unreadable(list[str]):
    """A record that could not be read, and why."""


def _records(text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins."""
    csv.field_size_limit(LONGEST_ROW)
    reader = csv.reader(_every_line(text), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, _Unreadable([str(error)])


def _every_line(text: TextIO) -> Iterator[str]:
    while line := text.readline(LONGEST_ROW):
        yield line.replace("\r\n", "\n")


def _dialogues(text: TextIO) -> Iterator[Row]:
    """Conversations of labelled text: parted by a line of dashes or the like, or by two blank lines."""
    lines: list[str] = []
    first, blank = 1, 0
    for number, line in enumerate(_every_line(text), 1):
        bare = line.rstrip("\n")
        blank = blank + 1 if not bare.strip() else 0
        if _BREAK.match(bare) or blank >= 2 or sum(map(len, lines)) > LONGEST_ROW:
            yield from _dialogue(lines, first)
            lines = []
        elif bare.strip() or lines:
            first = first if lines else number
            lines.append(bare)
    yield from _dialogue(lines, first)


def _dialogue(lines: list[str], first: int) -> Iterator[Row]:
    text = "\n".join(lines).strip()
    if len(text) > LONGEST_ROW:
        yield Row(first, None, (Fault("line-too-long", first),))
    elif any("\udc80" <= character <= "\udcff" for character in text):
        yield Row(first, None, (Fault("broken-encoding", first),), text)
    elif text:
        yield conversation({"text": text}, "text", first, text)
