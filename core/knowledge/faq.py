"""Questions with their answers: as YAML, or as lines that begin with "Q:" and "A:" ("问：", "答：") in any text."""

from __future__ import annotations

import re
from typing import Any

import yaml

from core.knowledge.markup import of_markdown
from core.knowledge.passages import Passage, Unreadable

_ASKED = re.compile(
    r"^[ ]{0,3}(?:[-*+] )?[*_]{0,2}(?:Q|Question|问|问题) ?\d{0,3}[*_]{0,2}\s*[:：][*_]{0,2}\s*(.+)$", re.IGNORECASE
)
_ANSWERED = re.compile(
    r"^[ ]{0,3}(?:[-*+] )?[*_]{0,2}(?:A|Answer|答|回答)[*_]{0,2}\s*[:：][*_]{0,2}\s*(.*)$", re.IGNORECASE
)
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.+?)[\s#]*$")
_QUESTIONS, _ANSWER = ("q", "question", "questions", "问"), ("a", "answer", "答")


def pairs_in(text: str) -> tuple[str, list[Passage]]:
    """The text without its pairs, and those. Several questions in a row have one answer, which ends with the next
    question or heading."""
    rest: list[str] = []
    found: list[Passage] = []
    path: list[tuple[int, str]] = []
    asked: list[str] = []
    answer: list[str] | None = None

    def close() -> None:
        nonlocal asked, answer
        if asked and answer is not None and (said := plain("\n".join(answer))):
            found.append(Passage(said, tuple(name for _, name in path), questions=tuple(asked)))
        else:
            rest.extend(asked)
        asked, answer = [], None

    for line in text.splitlines():
        if heading := _HEADING.match(line):
            close()
            path = [*(one for one in path if one[0] < len(heading[1])), (len(heading[1]), heading[2])]
            rest.append(line)
        elif question := _ASKED.match(line):
            if answer is not None:
                close()
            asked.append(question[1].strip(" *_"))
        elif asked and answer is None and (first := _ANSWERED.match(line)):
            answer = [first[1]]
        else:
            (rest if answer is None else answer).append(line)
    close()
    return "\n".join(rest), found


def of_yaml(text: str, name: str) -> list[Passage]:
    """A list of entries, or one under `faq:`; each has `q` (one wording or several) and `a`."""
    try:
        given: Any = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or "?"
        raise Unreadable("bad_yaml", name=name, line=mark.line + 1 if mark else 1, why=why) from error
    entries = given.get("faq") if isinstance(given, dict) else given
    if not isinstance(entries, list):
        raise Unreadable("bad_faq", name=name, entry="1")
    return [_entry(entry, number, name) for number, entry in enumerate(entries, 1)]


def _entry(entry: Any, number: int, name: str) -> Passage:
    fields = {str(key).lower(): value for key, value in entry.items()} if isinstance(entry, dict) else {}
    asked, answer = (next((fields[key] for key in keys if key in fields), None) for keys in (_QUESTIONS, _ANSWER))
    questions = tuple(str(one).strip() for one in (asked if isinstance(asked, list) else [asked]) if one)
    if not all(questions) or not questions or answer is None or isinstance(answer, (list, dict)):
        raise Unreadable("bad_faq", name=name, entry=f"#{number}")
    return Passage(plain(str(answer)), questions=questions)


def plain(markdown: str) -> str:
    return "\n".join(one.text for one in of_markdown(markdown))
