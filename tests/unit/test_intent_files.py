"""Intents in files come back as they were, byte for byte; what is wrong with a file is said with its line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.intents.definition import Answer, AskModel, HandOver, Intent, Limits, RunSkill, Slot
from core.intents.documents import document_of, intent_of
from core.intents.files import LARGEST_FILE, FileRead, from_csv, from_yaml, read, to_csv, to_yaml
from core.language.phrases import LANGUAGES

OPENING = Intent(
    name="opening_hours",
    description="When the shop is open",
    examples={"en": ("when are you open", "are you open [on sunday]{when}", "no"), "zh": ("你们几点开门", "几点关门")},
    slots=(
        Slot("when", "time", required=True, question={"en": "Which day?", "zh": "哪一天？"}),
        Slot("branch", "list", values={"north": ("uptown", "北店"), "south": ()}),
    ),
    action=Answer({"en": ("Nine to six: every day.",), "zh@slack": ("九点到六点",)}),
    threshold=0.4,
    priority=2,
    confirm=True,
    must_match=("open today?",),
    must_not_match=("open the door",),
    limits=Limits(platforms=("slack",), roles=("owner",)),
    enabled=False,
)
OTHERS = (
    Intent("call", {"en": ("ring bob",)}, RunSkill("/remind", "call {who}"), slots=(Slot("who", "person"),)),
    Intent("angry", {"en": ("this is bad",)}, HandOver()),
    Intent("furious", {"en": ("this is the end",)}, HandOver(("@ann", "slack:T9:C0123"))),
    Intent("poem", {"en": ("write a poem",)}, AskModel("Answer in rhyme."), threshold=0.0),
)


def told(found: FileRead) -> list[tuple[str, int | None]]:
    return [(problem.key, problem.line) for problem in found.problems]


def test_yaml_gives_back_the_same_intents_and_the_same_bytes() -> None:
    written = to_yaml([OPENING, *OTHERS])
    found = from_yaml(written)
    assert found.problems == ()
    assert sorted(found.intents, key=lambda i: i.name) == sorted([OPENING, *OTHERS], key=lambda i: i.name)
    assert to_yaml(found.intents) == written
    assert to_yaml(list(reversed(found.intents))) == written


_TEXTS = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=30), max_size=4)


@settings(max_examples=100, deadline=None)
@given(_TEXTS, st.booleans(), st.one_of(st.none(), st.floats(0, 1)))
def test_whatever_people_write_comes_back(texts: list[str], confirm: bool, threshold: float | None) -> None:
    examples = tuple(text.strip() for text in texts if text.strip())
    intent = Intent("x", {"en": examples} if examples else {}, confirm=confirm, threshold=threshold)
    found = from_yaml(to_yaml([intent]))
    assert found.problems == ()
    assert document_of(found.intents[0]) == document_of(intent)


def test_the_smallest_file_is_an_intent_and_its_examples() -> None:
    found = from_yaml("- name: hi\n  examples: {en: [hello there, yes, 12:30]}\n")
    assert found.problems == ()
    assert found.intents == (Intent("hi", {"en": ("hello there", "yes", "12:30")}),)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("intents:\n- name: a\n  exampels: {en: [x]}\n", [("unknown_field", 3)]),
        ("intents:\n- name: a\n  examples:\n    en: {x: y}\n", [("wrong_kind", 4)]),
        ("- name: a\n  examples: {en: [x]}\n- examples: {en: [y]}\n", [("no_name", 3)]),
        ("- name: 9 lives\n", [("bad_name", 1)]),
        ("- name: a\n  threshold: warm\n", [("wrong_kind", 2)]),
        ("- name: a\n  threshold: 7\n", [("wrong_kind", 2)]),
        ("- name: a\n  confirm: perhaps\n", [("wrong_kind", 2)]),
        ("- name: a\n  action: {skill: /help, model: x}\n", [("two_actions", 2)]),
        ("- name: a\n  slots:\n  - name: s\n    kind: colour\n", [("wrong_kind", 4)]),
        ("- name: a\n  name: b\n", [("same_field", 2)]),
        ("- a\n- b\n", [("not_an_intent", 1), ("not_an_intent", 2)]),
        ("just words", [("no_list", 1)]),
        ("", []),
        ("- name: [a\n", [("bad_yaml", 2)]),
        ("- name: a\n\tdescription: b\n", [("bad_yaml", 2)]),
        ("a: &x [1]\nb: *x\n", [("alias", 1)]),
        ("- !!python/object/apply:os.system [ls]\n", [("tag", 1)]),
        ("[" * 5_000, [("too_deep", None)]),
        ("- " * 5_000 + "a", [("too_deep", None)]),
        ("".join(" " * n + "a:\n" for n in range(200)), [("too_deep", None)]),
    ],
)
def test_a_fault_has_its_line(text: str, faults: list[tuple[str, int | None]]) -> None:
    found = from_yaml(text)
    assert told(found) == faults
    for problem in found.problems:
        for language in LANGUAGES:
            assert problem.text(language)


def test_a_bomb_of_aliases_is_refused() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert {problem.key for problem in from_yaml(bomb).problems} == {"alias"}


def test_a_table_adds_examples() -> None:
    found = from_csv('intent,language,example\nhours,en,"open, today?"\nhours,,几点开门\n\nhi,en,hello\n')
    assert found.problems == ()
    assert found.examples_only
    assert found.intents == (
        Intent("hours", {"en": ("open, today?",), "zh": ("几点开门",)}),
        Intent("hi", {"en": ("hello",)}),
    )
    assert to_csv(found.intents) == 'intent,language,example\nhi,en,hello\nhours,en,"open, today?"\nhours,zh,几点开门\n'


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_spreadsheet_may_separate_as_it_likes(separator: str) -> None:
    lines = ["Intent", "Example"], ["hours", "when, please"]
    found = from_csv("\n".join(separator.join(line) for line in lines))
    assert found.intents == (Intent("hours", {"en": ("when, please",)}),)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("name|text\nhours|open\n", [("no_columns", 1)]),
        ("", [("no_columns", 1)]),
        ("intent,example\nhours\n", [("empty_cell", 2)]),
        ("intent,example\nhours,open,today\nhi,hello\n", [("too_many_cells", 2)]),
        ('intent,example\nhours,"' + "x" * 200_000 + '"\n', [("bad_csv", 2)]),
    ],
)
def test_a_fault_of_a_table_has_its_line(text: str, faults: list[tuple[str, int | None]]) -> None:
    assert told(from_csv(text)) == faults


def test_files_are_read_as_people_save_them() -> None:
    table = "intent,example\nhours,几点开门\n"
    for data in (table.encode(), b"\xef\xbb\xbf" + table.encode(), table.encode("utf-16")):
        assert [intent.name for intent in read(data, "x.csv").intents] == ["hours"]
    assert told(read(table.encode("gb18030"), "x.csv")) == [("bad_encoding", 2)]
    assert told(read(b"x" * (LARGEST_FILE + 1), "x.yaml")) == [("too_large_file", None)]


def test_ten_thousand_examples_are_read_and_a_document_is_its_own_inverse() -> None:
    many = Intent("many", {"en": tuple(f"sentence number {n}" for n in range(10_000))})
    assert from_yaml(to_yaml([many])).intents == (many,)
    for intent in (OPENING, *OTHERS):
        assert intent_of(document_of(intent), []) == intent
