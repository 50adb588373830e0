"""Data sets made of use: what goes into a version, what is new in the next one, and that an erasure takes it out of all."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bots._cli import train
from bots._cli.models import command
from core.admin import learning, unlearning
from core.admin.roles import Actor, Forbidden
from core.errors import Refused
from core.language.told import told
from core.memory import desk
from core.memory.wishes import memory_wish
from core.messages import Utterance
from core.settings import Settings
from core.store import Store, crypto, training
from core.store.admin import audit
from core.store.models import ModelRelease
from core.training.data import versions
from core.training.data.rows import Conversation
from core.training.runs import Base, Data, Manifest, Run
from tests.fakes.clock import SettableClock
from tests.unit.rows import NOW
from tests.unit.spine import Spine, settings_in, spine_on
from tests.unit.test_training_chats import agreed, said

OWNER = Actor("web:eve", "owner")
LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _key() -> None:
    crypto.unlock(b"a key of these tests alone, 32 b")


def row(number: int, person: int, answer: str = "") -> Conversation:
    turns = (
        Utterance("user", f"{number} {'abcdefghij'[number % 10] * 9} what"),
        Utterance("assistant", answer or f"it is {number}"),
    )
    return Conversation(turns, {"id": f"turn-{number}", "source": "praised", "person": person})  # fmt: skip


def trained_on(settings: Settings, name: str, people: list[int]) -> None:
    base = Base(name="b", folder="/x", hash="b" * 64, version="v", parameters=1)
    data = Data(role="train", path="/x", sha256="c" * 64, rows=1, tokens=1, trained_tokens=1, people=people)
    made = Manifest(
        name=name, kind="adapter", created_at=NOW.isoformat(), base=base, data=[data], parameters={}, seed=0, versions={}
    )  # fmt: skip
    run = Run.named(settings, name)
    run.write(made)
    run.weights_of(made).mkdir()


def test_a_version_says_what_is_in_it_and_what_is_new(tmp_path: Path) -> None:
    first = versions.make(tmp_path, [row(number, number % 2) for number in range(12)], {"EMAIL": 2}, "cli:ann", NOW)
    assert (first.name, first.rows, first.held, first.people, first.added) == ("use-1", 9, 3, 2, 12)
    with pytest.raises(Refused, match="nothing has changed since use-1"):
        versions.make(tmp_path, [row(number, number % 2) for number in range(12)], {}, "cli:ann", NOW)
    changed = [row(number, number % 2, "another" if number == 3 else "") for number in range(1, 13)]
    assert versions.new_rows(tmp_path, changed) == 2
    second = versions.make(tmp_path, changed, {}, "cli:ann", LATER)
    assert (second.parent, second.added, second.dropped) == ("use-1", 2, 2)
    assert [one.name for one in versions.versions(tmp_path)] == ["use-2", "use-1"]
    assert versions.file_of(tmp_path, "use-2").read_text(encoding="utf-8").count("\n") == second.rows


def test_rows_of_who_wants_them_gone_leave_every_version_made_before(tmp_path: Path) -> None:
    for number in (10, 11):
        versions.make(tmp_path, [row(one, one % 2) for one in range(number)], {}, "cli:ann", NOW)
    sums = [one.sha256 for one in versions.versions(tmp_path)]
    assert versions.swept(tmp_path, {1: NOW - dt.timedelta(seconds=1), 7: LATER}) == {}
    assert versions.swept(tmp_path, {1: LATER}) == {"use-2": 5, "use-1": 5}
    for version, before in zip(versions.versions(tmp_path), sums, strict=True):
        rows = versions.rows_of(tmp_path, version.name)
        assert {one["meta"]["person"] for one in rows} == {0}
        assert (version.erased, version.people, version.rows + version.held) == (5, 1, len(rows))
        assert version.sha256 != before
    assert versions.swept(tmp_path, {1: LATER}) == {}


def test_a_run_that_began_with_rows_that_are_gone_is_told_so(tmp_path: Path) -> None:
    made = versions.make(tmp_path, [row(number, number % 2) for number in range(12)], {}, "cli:ann", NOW)
    file = versions.file_of(tmp_path, made.name).resolve()
    versions.check(tmp_path, file, made.sha256)
    versions.swept(tmp_path, {1: LATER})
    with pytest.raises(Refused, match=r"use-1 lost rows since \(6\)") as refused:
        versions.check(tmp_path, file, made.sha256)
    assert refused.value.mend == "begin anew with what is left: remora train --name ANOTHER --data use-1"
    chinese = [told("zh", said) for said in (refused.value.what, refused.value.mend)]
    assert chinese[0].startswith("use-1 后来少了")
    assert chinese[1].endswith("--data use-1")
    elsewhere = tmp_path / "rows.jsonl"
    with pytest.raises(Refused, match="is not what the run began with"):
        versions.check(tmp_path, elsewhere, made.sha256)


def test_a_folder_without_its_manifest_is_no_version(tmp_path: Path) -> None:
    versions.make(tmp_path, [row(1, 1)], {}, "cli:ann", NOW)
    (tmp_path / "datasets" / "use-1" / "manifest.json").write_text("{")
    assert versions.versions(tmp_path) == []
    with pytest.raises(Refused, match="no such data set"):
        versions.version_of(tmp_path, "use-1")
    assert versions.make(tmp_path / "fresh", [row(1, 1)], {}, "cli:ann", NOW).held == 0


async def test_an_erasure_takes_rows_out_and_names_the_models_that_saw_them(store: Store, settings: Settings) -> None:
    clock = SettableClock(NOW)
    ann, bob = await said(store, "ann", "annweed", 1), await said(store, "bob", "bobweed", 1)
    await agreed(store, ann, bob)
    made = await learning.make(store, settings, OWNER, clock)
    assert (made.rows, made.sources, made.languages) == (2, {"praised": 2}, {"en": 2})
    kept = await asyncio.to_thread(versions.rows_of, settings.data_dir, made.name)
    people = [one["meta"]["person"] for one in kept]
    await asyncio.to_thread(trained_on, settings, "saw-both", people)
    await asyncio.to_thread(trained_on, settings, "saw-bob", people[1:])
    assert await unlearning.tainted(store, {}) == {}
    clock.jump(dt.timedelta(minutes=1))
    async with store.write() as tx:
        receipt = await desk.erase(tx, OWNER, ann, clock.now())
    told = await learning.unlearned(store, settings, receipt["learned_as"])
    assert told == {"datasets": {"use-1": 1}, "models": ["saw-both"]}
    left = await asyncio.to_thread(versions.file_of(settings.data_dir, "use-1").read_text)
    assert ("annweed" in left, "bobweed" in left) == (False, True)
    manifests = {name: await asyncio.to_thread(Run.named(settings, name).manifest) for name in ("saw-both", "saw-bob")}
    assert await unlearning.tainted(store, manifests) == {"saw-both": 1}
    await unlearning.need_untainted(store, manifests["saw-bob"])
    with pytest.raises(Refused, match=r"saw-both learned from people .* \(1\)"):
        await unlearning.need_untainted(store, manifests["saw-both"])
    await asyncio.to_thread(trained_on, settings, "no-weights", [])
    await asyncio.to_thread((settings.data_dir / "models" / "no-weights" / "adapter").rmdir)
    for before, beside, back in (
        (["saw-bob"], "", "saw-bob"),
        (["saw-both", "saw-bob"], "", "saw-bob"),
        (["gone", "no-weights", "saw-bob"], "", "saw-bob"),
        (["gone", "", "saw-bob"], "", ""),
        (["saw-both"], "", ""),
        (["saw-bob"], "saw-both", "now"),
    ):
        history = [ModelRelease(active=name) for name in ("now", *before)]
        history[0] = replace(history[0], canary=beside)
        assert await unlearning.back_to(store, settings, history) == back
    async with store.read() as tx:
        assert [one.detail["rows"] for one in await audit.entries(tx, verb="dataset.make")] == [2]


async def test_who_takes_their_word_back_is_learned_from_no_more_until_they_agree_again(
    store: Store, settings: Settings
) -> None:
    ann = await said(store, "ann", "one", 1)
    await agreed(store, ann)
    await learning.make(store, settings, OWNER, SettableClock(NOW))
    async with store.write() as tx:
        await training.disagree(tx, ann, LATER)
    assert await learning.sweep(store, settings) == {"use-1": 1}
    with pytest.raises(Refused, match="nobody who lets me learn"):
        await learning.make(store, settings, OWNER, SettableClock(LATER))
    await agreed(store, ann)
    again = await learning.make(store, settings, OWNER, SettableClock(LATER + dt.timedelta(seconds=1)))
    assert (again.name, again.rows, await learning.sweep(store, settings)) == ("use-2", 1, {})


async def test_making_a_version_needs_the_right_to(store: Store, settings: Settings) -> None:
    with pytest.raises(Forbidden):
        await learning.make(store, settings, Actor("web:vic", "viewer"), SettableClock(NOW))


def test_a_pseudonym_tells_a_later_person_with_the_same_number_apart() -> None:
    assert training.pseudonym(1, NOW) == training.pseudonym(1, NOW) != training.pseudonym(1, LATER)


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("You may learn from my conversations.", "learn_on"), ("I agree that you may learn from what I say", "learn_on"),
        ("我同意你从我的对话中学习", "learn_on"), ("please don't learn from my messages any more", "learn_off"),
        ("I don't want you to learn from me", "learn_off"), ("不要再从我的对话中学习了", "learn_off"),
        ("can you learn from my conversations?", ""), ("could you learn from me", ""), ("你可以从我的对话中学习吗？", ""),
        ("you can learn from me how to cook", ""),
    ],
)  # fmt: skip
def test_only_a_plain_word_is_consent(text: str, verb: str) -> None:
    wish = memory_wish(text)
    assert (wish.verb if wish else "") == verb


@pytest.fixture
async def spine(tmp_path: Path) -> AsyncIterator[Spine]:
    async with spine_on(settings_in(tmp_path)) as spine:
        yield spine


async def test_a_person_allows_it_sees_it_and_takes_it_back(spine: Spine) -> None:
    async def ask(text: str, **more: Any) -> str:
        answer = await spine.platform.ask(text, **more)
        await spine.app.settled()
        return answer

    async def allowed() -> bool:
        async with spine.app.store.read() as tx:
            return await training.consented(tx, 1)

    assert "No model learns" in await ask("/privacy")
    assert not await allowed()
    assert "Thank you" in await ask("you may learn from my conversations")
    assert await allowed()
    assert "as you allowed" in await ask("/privacy")
    assert "any more" in await ask("/privacy learn off")
    assert not await allowed()
    assert "同意" not in await ask("/privacy learn on")
    assert await allowed()
    await ask("/forget")
    async with spine.app.store.read() as tx:
        assert len(await training.to_unlearn(tx)) == 1
    assert json.dumps(await ask("别拿我的聊天记录训练"))
    assert not await allowed()


def night(hour: int, day: int = 2) -> SettableClock:
    return SettableClock(dt.datetime(2026, 3, day, hour, 30, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("rows", "promote", "hour", "begun"),
    [
        (0, True, learning.NIGHT, []), (40, False, learning.NIGHT - 1, []),
        (40, False, learning.NIGHT, [("models", "learn", "--rows", "40")]),
        (40, True, learning.NIGHT, [("models", "learn", "--rows", "40", "--promote")]),
    ],
)  # fmt: skip
async def test_at_night_it_is_learned_once_where_a_setting_says_so(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, rows: int, promote: bool, hour: int,
    begun: list[tuple[str, ...]],
) -> None:  # fmt: skip
    seen: list[tuple[str, ...]] = []

    async def begin(_settings: Settings, name: str, noted: Any, *given: str) -> None:
        await noted("model.train")
        seen.append(given)

    monkeypatch.setattr("core.admin.models.begin", begin)
    wanted = settings.model_copy(update={"learn_rows": rows, "learn_promote": promote})
    for _ in range(2):  # two workers, or the same one again
        await learning.nightly(store, wanted, night(hour))()
    assert seen == begun
    await learning.nightly(store, wanted, night(hour, day=3))()
    assert seen == begun * 2


async def test_at_night_it_is_swept_even_where_nothing_is_learned(store: Store, settings: Settings) -> None:
    ann = await said(store, "ann", "one", 1)
    await agreed(store, ann)
    made = await learning.make(store, settings, OWNER, SettableClock(NOW))
    async with store.write() as tx:
        await training.unlearn(tx, ann, LATER)
    await learning.nightly(store, settings, night(12))()
    assert await asyncio.to_thread(versions.rows_of, settings.data_dir, made.name) == []


@pytest.fixture
def kept(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with 40 praised turns of people who agreed."""
    shutil.copyfile(migrated_sqlite, tmp_path / "remora.db")
    monkeypatch.setenv("REMORA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)

    async def fill() -> None:
        async with aclosing(Store(f"sqlite:///{tmp_path / 'remora.db'}")) as store:
            for number in range(40):
                who = f"p{number}"
                await agreed(store, await said(store, who, f"{number}: {'abcdefghij'[number % 10] * 8} what", 1))

    asyncio.run(fill())
    return tmp_path


def test_learning_trains_measures_and_judges_and_stops_where_a_step_fails(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[list[str]] = []

    def run(given: list[str], **_more: Any) -> Any:
        done.append(given[3:])
        return subprocess.CompletedProcess(given, 7 if "eval" in given else 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr("os.nice", lambda _by: 0)
    few = CliRunner().invoke(command, ["learn", "--rows", "41"])
    assert isinstance(few.exception, Refused)
    assert done == []
    assert CliRunner().invoke(command, ["learn", "--promote"]).exit_code == 7
    held = str(kept / "datasets" / "use-1" / "held.jsonl")
    assert done == [["train", "--name", "use-1", "--data", "use-1"], ["eval", "use-1", "--data", held]]
    assert versions.version_of(kept, "use-1").held == 10
    again = CliRunner().invoke(command, ["learn"])
    assert isinstance(again.exception, Refused)
    assert "nothing has changed" in again.exception.what


@pytest.mark.parametrize("sharding", ["FSDP", "DEEPSPEED"])
def test_training_in_shards_is_refused_also_where_it_would_be_passed_over(
    monkeypatch: pytest.MonkeyPatch, sharding: str
) -> None:
    monkeypatch.setenv(f"ACCELERATE_USE_{sharding}", "true")
    refused = CliRunner().invoke(train.command, ["--name", "x", "--data", "x.jsonl"])
    assert isinstance(refused.exception, Refused)
    assert sharding in refused.exception.what
