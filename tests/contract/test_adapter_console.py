"""The terminal keeps the promises of an adapter, and those of its own: lines, JSON, a prompt that nothing disturbs."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from adapters._terminal import Terminal
from adapters.console import Console, create_console
from core.clock import SystemClock
from core.errors import RetryLater, Undeliverable
from core.messages import Address, Choice, Delivery, Message, Reply, Status, TextDelta
from tests.contract.adapter_suite import PATIENCE, AdapterSuite, Rig, Said, Stream, delivery, listening
from tests.fakes.terminal import Terminal as FakeTerminal


class PipeRig(Rig):
    """Two pipes and the person who writes into one of them."""

    def __init__(self, as_json: bool = False, facts: Callable[[str], dict[str, object]] | None = None) -> None:
        read, self._write = os.pipe()
        self._stdin = os.fdopen(read, encoding="utf-8")
        self.out = io.StringIO()
        self.adapter = self.console = create_console(
            person="ada", clock=SystemClock(), stdin=self._stdin, stdout=self.out, as_json=as_json, facts=facts
        )
        self.address = self.console.address

    async def say(self, text: str) -> Said:
        os.write(self._write, (text + "\n").encode())
        return Said(text)

    async def press(self, choice: Choice) -> Said:
        return await self.say(choice.label)

    async def seen(self) -> Sequence[str]:
        return self.out.getvalue().splitlines()

    def end(self) -> None:
        if self._write >= 0:
            os.close(self._write)
            self._write = -1

    def close(self) -> None:
        self.end()
        self._stdin.close()


@pytest.fixture
def pipe() -> Iterator[PipeRig]:
    rig = PipeRig()
    yield rig
    rig.close()


class TestPipe(AdapterSuite):
    @pytest.fixture
    async def rig(self, pipe: PipeRig) -> Rig:
        return pipe


class Keyboard(Rig):
    """A terminal with a person at its keys."""

    def __init__(self, console: Console, keys: Callable[[str], None], screen: Screen) -> None:
        self.adapter = self.console = console
        self.address = console.address
        self.keys, self.screen = keys, screen

    async def say(self, text: str) -> Said:
        self.keys(f"\x1b[200~{text}\x1b[201~\r")
        return Said(text)

    async def press(self, choice: Choice) -> Said:
        return await self.say("2" if choice.data.startswith("snooze") else "1")

    async def again(self, said: Said) -> None:
        await self.until(lambda: self.screen.lines[-1:] == [f"❯ {said.event}"])
        self.keys("\r")  # the line came back into the prompt

    async def seen(self) -> Sequence[str]:
        """A bullet begins a message, and what is indented below it belongs to it."""
        messages: list[list[str]] = []
        for line in self.screen.lines:
            if line.startswith("●"):
                messages.append([line[1:].strip()])
            elif messages and line.startswith("  "):
                messages[-1].append(line.strip())
        return [" ".join(lines) for lines in messages]

    async def until(self, true: Callable[[], bool]) -> None:
        """Waits until the screen shows it. The prompt redraws in the loop, so giving it turns is enough."""
        async with asyncio.timeout(PATIENCE):
            while not true():
                await self.screen.changed()


class Screen(FakeTerminal):
    """The remembering terminal, and a way to wait for the next thing written to it."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self._change = asyncio.Event()
        self.raw = ""
        self.frames: list[str] = []
        """What was to be seen each time that something was shown."""

    def write(self, data: str) -> int:
        self._change.set()
        self.raw += data
        return super().write(data)

    def flush(self) -> None:
        self.frames.append("\n".join(self.lines))

    async def changed(self) -> None:
        self._change.clear()
        await self._change.wait()

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise io.UnsupportedOperation("there is no file behind it")


@contextmanager
def terminal(history: Path | None = None, stop: Callable[[], None] | None = None) -> Iterator[Keyboard]:
    screen = Screen()
    output = Vt100_Output(cast(TextIO, screen), lambda: Size(rows=40, columns=300), term="xterm", enable_cpr=False)
    commands = [("/help", "what I can do"), ("/reminders", "what is planned")]
    with create_pipe_input() as keys, create_app_session(input=keys, output=output):
        console = Console(Terminal(history, commands, "en", stop), "ada", SystemClock())
        yield Keyboard(console, keys.send_text, screen)


class TestTerminal(AdapterSuite):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[Rig]:
        with terminal() as rig:
            yield rig


async def finish(rig: PipeRig) -> list[Message]:
    """Listens until the input ends."""
    kept: list[Message] = []

    async def keep(message: Message) -> None:
        kept.append(message)

    rig.end()
    async with asyncio.timeout(PATIENCE), rig.adapter.connect():
        await rig.adapter.listen(keep)
    return kept


async def test_listening_ends_with_the_input_and_the_last_line_needs_no_newline(pipe: PipeRig) -> None:
    os.write(pipe._write, "one\r\n\n   \ntwo 你好\nthree".encode())
    assert [message.text for message in await finish(pipe)] == ["one", "two 你好", "three"]


async def test_lines_are_read_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("one\ntwo\n", encoding="utf-8")
    kept: list[str] = []

    async def keep(message: Message) -> None:
        kept.append(message.text)

    with file.open(encoding="utf-8") as stdin:
        console = create_console(person="ada", clock=SystemClock(), stdin=stdin, stdout=io.StringIO())
        async with asyncio.timeout(PATIENCE), console.connect():
            await console.listen(keep)
    assert kept == ["one", "two"]


async def test_a_line_without_end_does_not_fill_the_memory(pipe: PipeRig) -> None:
    async with listening(pipe) as inbox:
        await asyncio.to_thread(os.write, pipe._write, b"x" * 3_000_000 + b"\nafter\n")
        assert 100_000 < len((await inbox.next()).text) < 1_200_000
        assert (await inbox.next()).text == "after"


async def test_json_has_the_same_five_fields_whatever_is_known_of_a_reply() -> None:
    rig = PipeRig(as_json=True, facts=lambda cause: {"intent": "greet", "ms": 12.5} if cause == "turn:1" else {})
    choice = Choice("Done", "done:1")
    await rig.adapter.send(delivery(rig, "你好", choice, cause="turn:1"), lambda: None)
    await rig.adapter.send(delivery(rig, "two\nlines"), lambda: None)
    first, second = (json.loads(line) for line in rig.out.getvalue().splitlines())
    buttons = [{"label": "Done", "data": "done:1"}]
    assert first == {"text": "你好", "choices": buttons, "intent": "greet", "ms": 12.5, "model": None}
    assert second == {"text": "two\nlines", "choices": [], "intent": None, "ms": None, "model": None}
    rig.close()


EVIL = "\x1b]0;owned\x07\x9b2J\x1b[31mred\r\x00\x01\u202e"
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("as_json", [False, True])
async def test_no_reply_can_steer_the_terminal(as_json: bool) -> None:
    rig = PipeRig(as_json=as_json)
    evil = EVIL
    await rig.adapter.send(delivery(rig, evil, Choice(evil, "x")), lambda: None)
    written = rig.out.getvalue()
    if as_json:
        reply = json.loads(written)
        written = reply["text"] + reply["choices"][0]["label"]
    assert "red" in written
    assert not STEERING.search(written)
    rig.close()


@pytest.mark.parametrize("plain", [False, True])
async def test_no_reply_can_steer_an_interactive_terminal(plain: bool) -> None:
    with terminal() as rig:
        async with listening(rig):
            await rig.until(lambda: rig.screen.lines[-1:] == ["❯"])
            await rig.adapter.show(rig.address, "turn:1", aiter(Stream(Status(EVIL), TextDelta(EVIL))))
            await rig.until(lambda: "red" in "\n".join(rig.screen.lines))
            await rig.adapter.send(delivery(rig, EVIL, Choice(EVIL, "x"), cause="turn:1", plain=plain), lambda: None)
            assert "\x1b]0;" not in rig.screen.raw
            assert "\x1b[31m" not in rig.screen.raw
            assert not re.search("[\x00\x01\x07\x7f-\x9f\u202e]", rig.screen.raw)


async def test_a_message_for_somebody_else_waits_until_they_are_here(pipe: PipeRig) -> None:
    other = Address("console", "", "bob")
    with pytest.raises(RetryLater):
        await pipe.adapter.send(Delivery(1, "turn:1", other, Reply("for bob alone")), lambda: None)
    stream = Stream(TextDelta("for bob alone"))
    await pipe.adapter.show(other, "turn:1", aiter(stream))
    assert stream.ended
    assert pipe.out.getvalue() == ""


async def test_plain_lines_number_the_choices_and_a_number_or_a_label_picks_one(pipe: PipeRig) -> None:
    reminder = delivery(pipe, "Stretch!", Choice("Done", "done:1"), Choice("Snooze", "snooze:1"))
    async with listening(pipe) as inbox:
        for answer, meant in (("2", "snooze:1"), ("done", "done:1"), ("3", ""), ("two", "")):
            await pipe.adapter.send(reminder, lambda: None)
            await pipe.say(answer)
            message = await inbox.next()
            assert (message.choice, message.kind) == (meant, "choice" if meant else "text")
    assert pipe.out.getvalue().startswith("Stretch!\n[1] Done\n[2] Snooze\n")


async def test_a_number_is_just_a_number_once_something_else_was_said(pipe: PipeRig) -> None:
    async with listening(pipe) as inbox:
        await pipe.adapter.send(delivery(pipe, "Stretch!", Choice("Done", "done:1")), lambda: None)
        await pipe.say("how many eggs in a cake?")
        await inbox.next()
        await pipe.adapter.send(delivery(pipe, "How large is it?"), lambda: None)
        await pipe.say("1")
        assert (await inbox.next()).kind == "text"


async def test_a_reply_that_nobody_reads_any_more_is_undeliverable(pipe: PipeRig) -> None:
    pipe.out.close()
    with pytest.raises(Undeliverable) as caught:
        await pipe.adapter.send(delivery(pipe, "anyone?"), lambda: None)
    assert caught.value.gone


async def test_a_reminder_leaves_the_line_being_typed_alone() -> None:
    with terminal() as rig:
        async with listening(rig) as inbox:
            await rig.until(lambda: rig.screen.lines[-1:] == ["❯"])
            rig.keys("half a sent")
            await rig.until(lambda: rig.screen.lines[-1] == "❯ half a sent")
            await rig.adapter.send(delivery(rig, "Stretch!"), lambda: None)
            await rig.until(lambda: rig.screen.lines[-1] == "❯ half a sent")
            assert list(await rig.seen()) == ["Stretch!"]
            rig.keys("ence\r")
            assert (await inbox.next()).text == "half a sentence"


async def test_a_growing_reply_stands_above_the_prompt_and_is_printed_once() -> None:
    what = Delivery(1, "turn:1", Address("console", "", "ada"), Reply("**Bold** words"))
    with terminal() as rig:
        async with listening(rig):
            await rig.until(lambda: rig.screen.lines[-1:] == ["❯"])
            stream = Stream(TextDelta("**Bold"), TextDelta("** wo"), stays_open=True)
            task = asyncio.create_task(rig.adapter.show(rig.address, "turn:1", aiter(stream)))
            await rig.until(lambda: rig.screen.lines[-2:] == ["**Bold** wo", "❯"])
            await rig.adapter.send(what, lambda: None)
            await rig.until(lambda: rig.screen.lines[-2:] == ["● Bold words", "❯"])
            task.cancel()
            await asyncio.wait([task])
            assert not [frame for frame in rig.screen.frames if frame.count("wo") > 1], "not even for a moment"


async def test_what_is_being_done_is_shown_while_nothing_is_said_yet() -> None:
    with terminal() as rig:
        async with listening(rig) as inbox:
            await rig.say("hello")
            await inbox.next()
            await rig.until(lambda: "thinking" in "\n".join(rig.screen.lines))
            events = Stream(Status("looking at your reminders"))
            await rig.adapter.show(rig.address, "turn:1", aiter(events))
            await rig.until(lambda: "looking at your reminders" in "\n".join(rig.screen.lines))


async def test_a_paste_of_several_lines_is_one_message() -> None:
    with terminal() as rig:
        async with listening(rig) as inbox:
            await rig.say("first\nsecond\nthird")
            assert (await inbox.next()).text == "first\nsecond\nthird"


async def test_ctrl_c_stops_the_reply_and_a_second_one_leaves() -> None:
    stopped: list[bool] = []
    with terminal(stop=lambda: stopped.append(True)) as rig:
        heard = asyncio.Event()

        async def keep(_: Message) -> None:
            heard.set()

        async with asyncio.timeout(PATIENCE), rig.adapter.connect():
            listen = asyncio.create_task(rig.adapter.listen(keep))
            await rig.say("tell me a long story")
            await heard.wait()
            await rig.until(lambda: "thinking" in "\n".join(rig.screen.lines))
            rig.keys("\x03")
            await rig.until(lambda: "Stopped." in "\n".join(rig.screen.lines))
            assert stopped == [True]
            assert not listen.done()
            rig.keys("\x03")
            await listen


async def test_ctrl_c_clears_a_line_and_typing_on_forgets_that_it_was_pressed() -> None:
    with terminal() as rig:
        async with listening(rig) as inbox:
            rig.keys("never mind\x03")
            await rig.until(lambda: "once more" in "\n".join(rig.screen.lines))
            rig.keys("this\x03that\r")
            assert (await inbox.next()).text == "that"


async def test_ctrl_d_leaves() -> None:
    with terminal() as rig:

        async def keep(_: Message) -> None: ...

        async with asyncio.timeout(PATIENCE), rig.adapter.connect():
            rig.keys("\x04")
            await rig.adapter.listen(keep)


async def test_commands_are_completed_with_their_help() -> None:
    with terminal() as rig:
        async with listening(rig) as inbox:
            rig.keys("/rem")
            await rig.until(lambda: "what is planned" in "\n".join(rig.screen.lines))
            rig.keys("\t\r\r")
            assert (await inbox.next()).text == "/reminders"


async def test_what_was_typed_is_remembered_for_the_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "typed"
    with terminal(history=file) as rig:
        async with listening(rig) as inbox:
            await rig.say("remember me")
            await inbox.next()
    assert (await asyncio.to_thread(file.stat)).st_mode & 0o077 == 0
    with terminal(history=file) as rig:
        async with listening(rig) as inbox:
            await rig.until(lambda: rig.screen.lines[-1:] == ["❯"])
            rig.keys("\x1b[A")
            await rig.until(lambda: rig.screen.lines[-1:] == ["❯ remember me"])
            rig.keys("\r")
            assert (await inbox.next()).text == "remember me"
