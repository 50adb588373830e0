"""Files of conversations: every fault is named with its line, nothing is dropped in silence, and sets do not leak."""

from __future__ import annotations

import json
import random
import tracemalloc
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots._cli.data import command
from core.errors import RemoraError
from core.messages import Utterance
from core.training.data import read
from core.training.data.checks import checked
from core.training.data.faults import KINDS
from core.training.data.near import ALIKE, Alike, normalised
from core.training.data.rows import Conversation, Row
from core.training.data.split import split
from core.training.data.stats import report
from core.training.show import curve, histogram

GOOD = '{"messages": [{"role": "user", "content": "Is the pool open?"}, {"role": "assistant", "content": "Yes, until nine."}]}'


def chat(*turns: tuple[str, object], **more: object) -> str:
    return json.dumps(
        {"messages": [{"role": role, "content": text} for role, text in turns], **more}, ensure_ascii=False
    )


def asked(answer: object, question: object = "Where do I sign?") -> str:
    return chat(("user", question), ("assistant", answer))


LONG = (
    "We looked into it and found that the parcel left our warehouse on Monday; " * 3
    + "it should reach you by the end of"
)
LINES = [
    ("not-json", '{"messages": [{"role": "user", "content": "hi"}'),
    ("not-object", '["user", "hi"]'),
    ("doubled-key", '{"messages": [{"role": "user", "content": "a", "content": "b"}]}'),
    ("unknown-format", '{"chosen": "a", "rejected": "b"}'),
    ("mixed-formats", '{"instruction": "Say hello to the new guest.", "output": "Hello, and welcome!"}'),
    ("bad-meta", chat(("user", "Hello?"), ("assistant", "Hello."), meta="none")),
    ("no-messages", '{"messages": []}'),
    ("bad-message", '{"messages": ["hi", "hello"]}'),
    ("wrong-role", chat(("narrator", "It rains."), ("assistant", "It does."))),
    ("tool-turn", chat(("user", "Weather?"), ("tool", "{}"), ("assistant", "Rain."))),
    ("no-content", asked(None)),
    ("not-words", asked([{"type": "image_url", "image_url": {}}])),
    ("empty-turn", asked("  \n")),
    ("assistant-twice", chat(("user", "Hi there"), ("assistant", "Hello."), ("assistant", "How are you?"))),
    ("user-twice", chat(("user", "Hi there"), ("user", "Anyone?"), ("assistant", "Yes."))),
    ("late-system", chat(("user", "Hi there"), ("system", "Be kind."), ("assistant", "Hello!"))),
    ("begins-with-assistant", chat(("assistant", "Welcome!"), ("user", "Thanks"), ("assistant", "Sure."))),
    ("no-assistant", chat(("system", "Be kind."), ("user", "Hello?"))),
    ("unanswered", chat(("user", "Hi"), ("assistant", "Hello."), ("user", "Where are you?"))),
    ("nul", asked("At the\0 desk.")),
    (
        "half-character",
        '{"messages": [{"role": "user", "content": "Hi \\ud83d"}, {"role": "assistant", "content": "Hello."}]}',
    ),
    ("half-character", GOOD[:-1].replace("pool", "bar") + ', "meta": {"a": "\\ud83d"}}'),
    ("control-characters", asked("At the \x1b[1mdesk\x1b[0m.")),
    ("garbled", asked("At the cafÃ© on the corner.")),
    ("garbled", asked("锟斤拷，请稍等。", "在哪里签字？")),
    ("control-token", asked("At the desk.<|im_end|>")),
    ("role-in-text", asked("Assistant: at the desk.")),
    ("placeholder", asked("Dear {{customer_name}}, at the desk.")),
    ("markup", asked("At the <b>desk</b> over there.")),
    ("loop", asked("I am sorry. I am sorry. I am sorry. I am sorry. I am sorry.")),
    ("echo", asked("Where do I sign the papers?", "Where do I sign the papers?")),
    ("other-language", asked("在前台签字就可以了，谢谢您。")),
    ("cut-off", asked(LONG)),
    ("personal-data", asked("Write to jane@shop.example.com.")),
    ("too-long", asked("word " * 900 + ".")),
    ("duplicate", GOOD),
    (
        "near-duplicate",
        asked(
            "The museum opens at nine in the morning and closes at six in the evening, every day but Monday!",
            "Opening hours of the museum please?",
        ),
    ),
    ("contradiction", asked("No, it is closed.", "Is the pool open?")),
]
BEFORE = [
    GOOD,
    asked(
        "The museum opens at nine in the morning and closes at six in the evening, every day but Monday.",
        "Opening hours of the museum please",
    ),
]
FILES = [
    ("empty-file", 0, "a.jsonl", b""),
    ("empty-file", 0, "a.jsonl", b" \n\n"),
    ("not-text", 0, "a.jsonl", b"PK\x03\x04rest"),
    ("byte-order-mark", 0, "a.jsonl", b"\xef\xbb\xbf" + GOOD.encode()),
    ("other-encoding", 0, "a.jsonl", GOOD.encode("utf-16")),
    ("other-encoding", 0, "a.txt", "用户：泳池几点开门？\n助手：九点开门，欢迎光临。\n".encode("gb18030")),
    ("broken-encoding", 2, "a.jsonl", GOOD.encode() + b"\n" + GOOD.encode().replace(b"pool", b"p\xe9\xe8l") + b"\n"),
    ("no-columns", 1, "a.csv", b"colour,size\nred,4\n"),
    ("ragged-row", 3, "a.csv", b"prompt,response\nHi,Hello.\nWho,are,you\n"),
    ("open-quote", 3, "a.csv", b'prompt,response\nHi,Hello.\n"Who are you,I am.\n'),
    ("no-columns", 2, "a.csv", b'\n"prompt","a,response"\nHi,Hello.\n'),
    ("open-quote", 1, "a.csv", b'prompt,response,"more\nHi,Hello.\n'),
    ("no-speaker", 1, "a.txt", b"It was a dark night.\n"),
    ("wrong-role", 2, "a.csv", b"conversation_id,role,content\n1,narrator,Rain.\n1,assistant,Yes.\n"),
    ("not-json", 3, "a.json", b'[\n{"prompt": "a", "response": "b"},\n{"prompt": }\n]'),
]


def put(folder: Path, content: str | bytes, name: str = "a.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return path


def found(path: Path) -> list[tuple[str, int]]:
    rows = checked(read.rows(path), lambda given: len(given.spoken()) // 4, 1024)
    return [(fault.kind, fault.line) for row in rows for fault in row.faults]


@pytest.mark.parametrize(("kind", "line"), LINES, ids=[f"{at}-{kind}" for at, (kind, _) in enumerate(LINES)])
def test_a_fault_of_a_line_is_named_with_its_line_and_no_other_error_is(kind: str, line: str, tmp_path: Path) -> None:
    faults = found(put(tmp_path, "\n".join([*BEFORE, "", line, ""])))
    assert (kind, 4) in faults
    assert {other for other, _ in faults if KINDS[other].error} <= {kind}


@pytest.mark.parametrize(
    ("kind", "line", "name", "content"), FILES, ids=[f"{at}-{one[0]}" for at, one in enumerate(FILES)]
)
def test_a_fault_of_a_file_is_named(kind: str, line: int, name: str, content: bytes, tmp_path: Path) -> None:
    faults = found(put(tmp_path, content, name))
    assert (kind, line) in faults
    assert {other for other, _ in faults if KINDS[other].error} <= {kind}


def test_every_kind_of_fault_is_seeded_here_and_has_words() -> None:
    assert {kind for kind, *_ in (*LINES, *FILES)} | {"line-too-long"} == set(KINDS)
    assert len(KINDS) >= 30
    assert all(kind.reason and kind.mend for kind in KINDS.values())


def test_a_line_of_any_length_is_passed_over_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(GOOD.encode() + b"\n")
        for _ in range(48):
            file.write(b"x" * (1 << 20))
        file.write(b"\n" + GOOD.replace("pool", "bar").encode() + b"\n")
    tracemalloc.start()
    try:
        faults = found(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert faults == [("line-too-long", 2)]
    assert peak < 24 << 20


FORMS = {
    "a.jsonl": GOOD,
    "b.json": json.dumps(
        [
            {
                "conversations": [
                    {"from": "human", "value": "Is the pool open?"},
                    {"from": "gpt", "value": "Yes, until nine."},
                ]
            }
        ],
        indent=2,
    ),
    "c.json": json.dumps([{"instruction": "Is the pool open?", "input": "", "output": "Yes, until nine."}]),
    "d.csv": 'question,answer\r\nIs the pool open?,"Yes, until nine."\r\n',
    "e.tsv": "prompt\tcompletion\nIs the pool open?\tYes, until nine.\n",
    "f.txt": "User: Is the pool open?\nAssistant: Yes, until nine.\n",
    "g.csv": 'conversation_id,role,content\n1,user,Is the pool open?\n1,assistant,"Yes, until nine."\n',
    "h.jsonl": '{"prompt": "Is the pool open?", "response": "Yes, until nine."}',
    "i.json": json.dumps(json.loads(GOOD), indent=1),
    "j.jsonl": '{"text": "Human: Is the pool open?\\nAI: Yes, until nine."}',
    "k.jsonl": '{"messages": [{"role": "user", "content": [{"type": "text", "text": "Is the pool open?"}]}, {"role": "assistant", "content": "Yes, until nine."}]}',
    "no_suffix": "question;answer\nIs the pool open?;Yes, until nine.\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_every_format_gives_the_same_conversation(name: str, tmp_path: Path) -> None:
    (row,) = read.rows(put(tmp_path, FORMS[name], name))
    assert row.conversation is not None, row.faults
    assert row.conversation.turns == (
        Utterance("user", "Is the pool open?"),
        Utterance("assistant", "Yes, until nine."),
    )


@pytest.mark.parametrize("seed", range(4))
def test_whatever_stands_in_a_file_is_a_conversation_or_a_fault(seed: int, tmp_path: Path) -> None:
    pick = random.Random(seed)
    whole = [content.encode() for content in FORMS.values()] + [content for *_, content in FILES]
    for number in range(120):
        data = bytearray(b"\n".join(pick.choices(whole, k=pick.randint(1, 3))))
        for _ in range(pick.randint(1, 8)):
            at = pick.randrange(len(data) + 1)
            data[at : at + pick.randint(0, 9)] = pick.randbytes(pick.randint(0, 3)) or data[:at][-20:]
        path = put(tmp_path, bytes(data), pick.choice(["a.jsonl", "a.json", "a.csv", "a.txt", f"a{number}"]))
        for row in checked(read.rows(path)):
            assert row.good or any(fault.error for fault in row.faults) or not row.line
            assert row.conversation is None or json.loads(row.conversation.to_json())["messages"]


def test_several_conversations_of_text_are_parted_by_a_rule_or_two_blank_lines(tmp_path: Path) -> None:
    text = "用户：你好\n助手：您好！\n\n有什么事？\n---\n问：几点？\n答：九点。\n\n\nUser: Bye\nAssistant: Bye.\n"
    rows = list(read.rows(put(tmp_path, text, "a.txt")))
    assert [row.line for row in rows] == [1, 6, 10]
    assert rows[0].conversation is not None
    assert rows[0].conversation.turns[1].text == "您好！\n\n有什么事？"


def test_extra_columns_and_meta_are_kept_beside_the_words(tmp_path: Path) -> None:
    (row,) = read.rows(put(tmp_path, "prompt,response,topic\nHi,Hello.,greeting\n", "a.csv"))
    assert row.conversation is not None
    assert row.conversation.meta == {"topic": "greeting"}


WORDS = [
    a + b + c
    for a in ("ri", "sto", "la", "gre")
    for b in ("ver", "nu", "mpa", "ek", "il")
    for c in ("do", "as", "em", "fy", "th", "ox")
]


def invented(number: int, seed: int = 3) -> str:
    pick = random.Random(seed * 1000 + number)
    return " ".join(pick.choices(WORDS, k=60))


def test_nearly_equal_texts_are_found_and_others_are_not() -> None:
    texts = [invented(number) for number in range(120)]
    alike = Alike()
    assert [alike.add(text) for text in texts] == [None] * 120
    pick = random.Random(5)
    for number, text in enumerate(texts):
        words = text.split()
        words[pick.randrange(60)] = "changed"
        assert alike.add(" ".join(words)) == number

    def shingles(text: str) -> set[str]:
        plain = normalised(text)
        return {plain[at : at + 5] for at in range(len(plain) - 4)}

    half = " ".join(texts[0].split()[:30] + texts[1].split()[30:])
    common = shingles(half) & shingles(texts[0])
    assert len(common) / len(shingles(half) | shingles(texts[0])) < ALIKE
    assert alike.add(half) is None


def rows_to_split() -> list[Conversation]:
    """60 conversations, 12 of them with a nearly equal twin, 6 pairs of one dialogue, 4 that ask the same."""
    texts = [invented(number) for number in range(60)] + [f"{invented(number)} indeed" for number in range(12)]
    made = [
        Conversation((Utterance("user", f"Tell me {at}"), Utterance("assistant", text)))
        for at, text in enumerate(texts)
    ]
    for number in range(12):
        turns = (Utterance("user", f"Part {number}"), Utterance("assistant", invented(number, 9)))
        made.append(Conversation(turns, {"conversation_id": number // 2}))
    question = "How many apples are left when Ann gives five of her twelve to Ben?"
    made += [Conversation((Utterance("user", question), Utterance("assistant", invented(n, 11)))) for n in range(4)]
    return made


@pytest.mark.parametrize("seed", range(5))
def test_no_set_holds_what_is_nearly_in_another(seed: int) -> None:
    rows = rows_to_split()
    sets = split(rows, 0.15, 0.15, seed)
    where = {id(row): name for name, several in sets.items() for row in several}
    assert len(where) == len(rows)
    assert all(where[id(rows[number])] == where[id(rows[60 + number])] for number in range(12))
    assert all(where[id(rows[72 + at])] == where[id(rows[73 + at])] for at in range(0, 12, 2))
    assert len({where[id(row)] for row in rows[84:]}) == 1
    assert 8 <= len(sets["val"]) <= 14
    assert 8 <= len(sets["test"]) <= 14


def test_the_same_seed_gives_the_same_sets_in_whatever_order_the_rows_come() -> None:
    rows = rows_to_split()
    sets = split(rows, 0.1, 0.1, 4)
    mixed = random.Random(1).sample(rows, len(rows))
    again = split(mixed, 0.1, 0.1, 4)
    for name in sets:
        assert sorted(row.to_json() for row in sets[name]) == sorted(row.to_json() for row in again[name])
    assert split(rows, 0.1, 0.1, 5)["test"] != sets["test"]


def test_too_few_conversations_are_not_split_into_empty_sets() -> None:
    with pytest.raises(RemoraError, match="too few"):
        split(rows_to_split()[:1], 0.1, 0.1, 0)


def test_statistics_count_what_is_there() -> None:
    texts = [("Good morning to you", "a"), ("Good evening to you", "a"), ("早上好，很高兴见到您", "b")]
    rows = [
        Row(at, Conversation((Utterance("user", f"{at}?"), Utterance("assistant", text)), {"topic": topic}, at))
        for at, (text, topic) in enumerate(texts, 1)
    ]
    found = report(rows, lambda given: 10 * given.line)
    assert (found.rows, found.good) == (3, 3)
    assert found.languages == {"en": 2, "zh": 1}
    assert found.labels == {"topic": {"a": 2, "b": 1}}
    assert found.length_figures() == {"min": 10, "p50": 20, "p90": 30, "p99": 30, "max": 30, "mean": 20, "total": 60}
    assert found.distinct_1 == 14 / 17
    assert any("█" in line for line in found.lines())


def test_pictures_show_their_extremes() -> None:
    assert [line.split()[-1] for line in histogram([1, 1, 2, 9], bins=3)] == ["3", "0", "1"]
    drawn = curve({"loss": [(1, 4.0), (2, float("nan")), (3, 2.0)]}, width=20, height=3)
    assert drawn[0].startswith("   4.000 │•")
    assert drawn[2].rstrip().endswith("•")
    assert curve({}) == histogram([]) == []


# --- the verb


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if isinstance(result.exception, RemoraError):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMORA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)


def test_check_names_each_fault_in_a_line_and_ends_with_one_where_there_is_an_error(tmp_path: Path) -> None:
    path = put(tmp_path, f"{GOOD}\n{LINES[1][1]}\n")
    code, out, err = run("check", path)
    assert code == 1
    assert err.startswith("line 2: not-object: the row is JSON, but no object; write an object")
    assert "2 rows, 1 good, 1 with errors" in out
    code, out, _ = run("check", path, "--json")
    assert [fault["kind"] for fault in json.loads(out)["faults"]] == ["not-object"]
    assert run("check", put(tmp_path, GOOD))[0] == 0


def test_prepare_keeps_what_it_leaves_out_with_the_reason(tmp_path: Path) -> None:
    path = put(tmp_path, f"{GOOD}\n{LINES[1][1]}\n")
    code, _, err = run("prepare", path, "-o", tmp_path / "out.jsonl", "--system", "Be brief.")
    assert code == 0
    (kept,) = (tmp_path / "out.jsonl").read_text().splitlines()
    assert json.loads(kept)["messages"][0] == {"role": "system", "content": "Be brief."}
    (left,) = (tmp_path / "out.rejected.jsonl").read_text().splitlines()
    assert json.loads(left)["line"] == 2
    assert json.loads(left)["row"] == LINES[1][1]
    assert "1 rows left out" in err
    with pytest.raises(RemoraError, match="no row can be used"):
        run("prepare", put(tmp_path, "[]", "b.jsonl"), "-o", tmp_path / "no.jsonl")
    assert not (tmp_path / "no.jsonl").exists()


def test_scrub_shows_first_and_writes_only_when_told(tmp_path: Path) -> None:
    path = put(tmp_path, asked("Write to jane@shop.example.com."))
    _, out, err = run("scrub", path)
    assert "jane@shop" not in out
    assert "line 1: …Write to ja********om -> [EMAIL_1]" in out
    assert "EMAIL 1" in err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.jsonl"]
    assert run("scrub", path, "--apply")[0] == 2
    run("scrub", path, "--apply", "-o", tmp_path / "clean.jsonl")
    assert "Write to [EMAIL_1]." in (tmp_path / "clean.jsonl").read_text()
    assert "jane@shop" in path.read_text()


def test_split_writes_three_files(tmp_path: Path) -> None:
    path = put(tmp_path, "".join(f"{row.to_json()}\n" for row in rows_to_split()[:60]))
    run("split", path, "-o", tmp_path / "sets", "--val", "0.1", "--test", "0.2")
    sizes = {file.stem: len(file.read_text().splitlines()) for file in (tmp_path / "sets").iterdir()}
    assert sizes == {"train": 42, "val": 6, "test": 12}
