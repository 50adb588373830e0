"""Intents in files: YAML, whole and byte for byte the same each time, and CSV, for lists of examples from a table.

Reading is bounded and runs nothing: no tags, no aliases, no depth beyond what an intent has. Every fault has its line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from core.intents.definition import LONGEST_EXAMPLE, Intent
from core.intents.documents import document_of, intent_of
from core.intents.problems import Problem
from core.language.detect import detect

LARGEST_FILE = 8_000_000
"""Characters; a thousand intents with a hundred examples each have about half of it."""
_DEEPEST = 12
_INDENTED = re.compile(r"^(?:[ \t]{60}|(?:[ \t]*-){12})", re.MULTILINE)
_PLAIN_TAGS = frozenset(["str", "int", "float", "bool", "null", "seq", "map", "timestamp", "value"])
_COLUMNS = ("intent", "language", "example")


@dataclass(frozen=True, slots=True)
class FileRead:
    """What a file says, and what is wrong with it; with faults, the intents are not to be used."""

    intents: tuple[Intent, ...]
    problems: tuple[Problem, ...]
    examples_only: bool = False
    """A table: its examples are added to intents that exist."""
    line: Callable[[int, str], int | None] = field(default=lambda _position, _where: None, compare=False)

    def placed(self, problems: Iterable[Problem]) -> list[Problem]:
        """Faults of the intents as they stand together, with the lines of this file that they are about."""
        place = {intent.name: number for number, intent in enumerate(self.intents)}
        return [
            replace(one, line=self.line(place[one.intent], one.where)) if one.intent in place else one
            for one in problems
        ]


def decoded(data: bytes) -> str | Problem:
    """The text of a file that people saved with whatever they have: UTF-8, or UTF-16 as spreadsheets do."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Problem("bad_encoding", line=data.count(b"\n", 0, error.start) + 1)


def read(data: bytes, name: str) -> FileRead:
    """A file by its name's ending: .csv and .tsv are tables, everything else is YAML (which JSON is too)."""
    text = decoded(data)
    if isinstance(text, Problem):
        return FileRead((), (text,))
    if len(text) > LARGEST_FILE:
        return FileRead((), (Problem("too_large_file", fields={"size": len(text), "limit": LARGEST_FILE}),))
    return from_csv(text) if name.lower().endswith((".csv", ".tsv", ".txt")) else from_yaml(text)


def to_yaml(intents: Sequence[Intent]) -> str:
    """The intents by name; the same intents always give the same text."""
    documents = [document_of(intent) for intent in sorted(intents, key=lambda intent: intent.name)]
    return str(yaml.safe_dump({"intents": documents}, allow_unicode=True, sort_keys=False, width=100_000))


def from_yaml(text: str) -> FileRead:
    """The intents of a YAML file, under `intents:` or as a list."""
    if _INDENTED.search(text) or _flow_depth(text) > _DEEPEST:
        return FileRead((), (Problem("too_deep"),))
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        fault = Problem("bad_yaml", fields={"why": error.problem or "?"}, line=mark.line + 1 if mark else None)
        return FileRead((), (fault,))
    except (yaml.YAMLError, ValueError) as error:
        return FileRead((), (Problem("bad_yaml", fields={"why": str(error).splitlines()[0]}),))
    plain = _Plain()
    document = plain.value(root, "") if root is not None else []
    if isinstance(document, dict) and "intents" in document:
        document, plain.prefix = document["intents"], ".intents"
    if plain.problems:
        return FileRead((), tuple(plain.problems))
    if not isinstance(document, list):
        return FileRead((), (Problem("no_list", line=1),))
    intents: list[Intent] = []
    problems: list[Problem] = []
    for position, one in enumerate(document):
        found: list[Problem] = []
        intent = intent_of(one, found, position)
        problems += [replace(problem, line=plain.line(position, problem.where)) for problem in found]
        if intent is not None:
            intents.append(intent)
    return FileRead(tuple(intents), tuple(problems), line=plain.line)


def _flow_depth(text: str) -> int:
    deepest = depth = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = max(0, depth + (1 if bracket in "[{" else -1))
        deepest = max(deepest, depth)
    return deepest


class _Plain:
    """Nodes as plain values, every scalar as it is written ("no" is a word, not False), with the line of each."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.prefix = ""
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: str) -> Any:
        line = node.start_mark.line + 1
        self.lines[path] = line
        if id(node) in self._seen:
            self.problems.append(Problem("alias", line=line))
            return None
        self._seen.add(id(node))
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _PLAIN_TAGS:
            self.problems.append(Problem("tag", fields={"tag": node.tag[:60]}, line=line))
            return None
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, f"{path}[{number}]") for number, child in enumerate(node.value, 1)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        return None if node.tag.endswith(":null") else str(node.value)

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, child in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if not name or name in found:
                self.problems.append(Problem("same_field", fields={"name": name}, line=key.start_mark.line + 1))
            found[name] = self.value(child, f"{path}.{name}")
            self.lines[f"{path}.{name}"] = key.start_mark.line + 1
        return found

    def line(self, position: int, where: str) -> int | None:
        """The line of what stands there in the intent of that position, or of what it stands in."""
        path = f"{self.prefix}[{position + 1}]" + (f".{where}" if where else "")
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return None


def to_csv(intents: Sequence[Intent]) -> str:
    """The examples alone, a line each: intent, language, example."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for intent in sorted(intents, key=lambda intent: intent.name):
        for language in sorted(intent.examples):
            writer.writerows((intent.name, language, example) for example in intent.examples[language])
    return out.getvalue()


def from_csv(text: str) -> FileRead:
    """A table with the columns intent and example, and language where it is known; comma, semicolon or tab."""
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        if not {"intent", "example"} <= set(names):
            return FileRead((), (Problem("no_columns", fields={"found": ", ".join(names)[:80]}, line=1),))
        return _table(rows, names)
    except csv.Error as error:
        return FileRead((), (Problem("bad_csv", fields={"why": str(error)}, line=rows.line_num),))


def _table(rows: Any, names: list[str]) -> FileRead:
    examples: dict[str, dict[str, list[str]]] = {}
    problems: list[Problem] = []
    before = rows.line_num
    for row in rows:
        line, before = before + 1, rows.line_num
        cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
        if not any(cells.values()):
            continue
        intent, example = cells.get("intent", ""), cells.get("example", "")
        if len(row) > len(names):
            problems.append(Problem("too_many_cells", fields={"found": len(row), "wanted": len(names)}, line=line))
        elif not intent or not example:
            problems.append(Problem("empty_cell", fields={"name": "example" if intent else "intent"}, line=line))
        elif len(example) > LONGEST_EXAMPLE:
            fields = {"length": len(example), "limit": LONGEST_EXAMPLE}
            problems.append(Problem("long_example", intent, fields=fields, line=line))
        else:
            language = cells.get("language", "") or detect(example)
            examples.setdefault(intent, {}).setdefault(language, []).append(example)
    intents: list[Intent] = []
    for name, by_language in examples.items():
        if (made := intent_of({"name": name, "examples": by_language}, problems)) is not None:
            intents.append(made)
    return FileRead(tuple(intents), tuple(problems), examples_only=True)
