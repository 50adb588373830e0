"""The screen of an interactive terminal: a prompt that stays at the bottom, replies that scroll above it.

The reply that is growing is part of the prompt, so that prompt-toolkit redraws only what changed and nothing touches
the line being typed. When it is complete it is printed once, as Markdown, and scrolls away like everything else.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Literal

from prompt_toolkit import ANSI, PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console as Painter
from rich.console import RenderableType
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from adapters.console import clean
from core.errors import Unavailable
from core.messages import Delivery

log = logging.getLogger(__name__)

_WORDS = {
    "en": {
        "hello": "Type a message. /help says what I can do, Ctrl-D leaves.",
        "thinking": "thinking",
        "leave": "Ctrl-C once more leaves.",
        "stopped": "Stopped. Ctrl-C once more leaves.",
        "refused": "Not taken: {what}. Press Enter to send it again.",
        "pick": "type a number",
    },
    "zh": {
        "hello": "请输入消息。/help 查看功能，Ctrl-D 离开。",
        "thinking": "思考中",
        "leave": "再按一次 Ctrl-C 离开。",
        "stopped": "已停止。再按一次 Ctrl-C 离开。",
        "refused": "没有收下：{what}。按回车再发一次。",
        "pick": "输入数字选择",
    },
}
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ACCENT = "cyan"


class Terminal:
    """A `Screen` of `adapters.console`. Ctrl-C stops the running reply or clears the line, a second one leaves."""

    live = True

    def __init__(
        self,
        history: Path | None,
        commands: Sequence[tuple[str, str]],
        language: Literal["en", "zh"],
        stop: Callable[[], None] | None,
    ) -> None:
        self._words, self._stop = _WORDS[language], stop
        self._typed = _Typed(history) if history is not None else None
        self._text, self._draft = "", ""
        self._busy: str | None = None
        self._ticking, self._leaving = False, False
        self._session: PromptSession[str] = PromptSession(
            message=self._prompt,
            history=self._typed,
            completer=WordCompleter([name for name, _ in commands], meta_dict=dict(commands), sentence=True),
            reserve_space_for_menu=4,
            multiline=True,
            prompt_continuation="· ",
            key_bindings=self._keys(),
        )
        self._app = self._session.app
        self._app.min_redraw_interval = 0.05
        self._session.default_buffer.on_text_changed += lambda _: self._stay()

    @contextmanager
    def open(self) -> Iterator[None]:
        with patch_stdout(raw=True):  # whatever else prints goes above the prompt as well
            yield

    async def lines(self) -> AsyncGenerator[str]:
        if self._typed is not None:
            await self._typed.read()
        await self._print(Text(self._words["hello"], style="dim"))
        try:
            while True:
                line = await self._session.prompt_async(default=self._draft, handle_sigint=False)
                self._draft = ""
                yield line
        except EOFError:
            return
        finally:
            if self._typed is not None:
                await self._typed.stored()

    async def write(self, what: Delivery, replaces: bool) -> None:
        text = clean(what.reply.text)
        body: RenderableType = Text(text) if what.reply.plain else Markdown(text, "ansi_dark", hyperlinks=False)
        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column()
        table.add_row("")
        table.add_row(Text("●", style=_ACCENT), body)
        if what.reply.choices:
            options = Text()
            for number, choice in enumerate(what.reply.choices, 1):
                options.append(f" {number} ", style=f"reverse {_ACCENT}").append(f" {clean(choice.label)}   ")
            table.add_row("", options.append(self._words["pick"], style="dim"))
        await self._print(table, replaces)

    def watch(self, text: str, busy: str | None) -> None:
        self._text, self._busy = clean(text), busy
        if not self._ticking:
            self._tick()
        self._app.invalidate()

    async def refused(self, line: str, why: Unavailable) -> bool:
        self._draft = line
        await self._print(Text(clean(self._words["refused"].format(what=why.what)), style="yellow"))
        return True

    async def _print(self, what: RenderableType, replaces: bool = False) -> None:
        def work() -> None:
            if replaces:
                self._text, self._busy = "", None
            self._app.output.write_raw(self._paint(what).replace("\n", "\r\n") + "\r\n")
            self._app.output.flush()

        await run_in_terminal(work)

    def _paint(self, what: RenderableType) -> str:
        paper = StringIO()
        width = self._app.output.get_size().columns
        Painter(file=paper, force_terminal=True, color_system="standard", width=width, highlight=False).print(what)
        return re.sub(r" +$", "", paper.getvalue().rstrip("\n"), flags=re.MULTILINE)  # padding would wrap when narrowed

    def _prompt(self) -> ANSI:
        """The growing reply, or the spinner, above the line being typed. Too tall a reply shows its end."""
        parts = []
        if not self._app.is_done:
            if self._text:
                lines = self._paint(Text(self._text)).split("\n")
                room = max(3, self._app.output.get_size().rows - 8)
                parts += ["", *lines[-room:]]
            if self._busy is not None and self._spins:
                frame = _SPINNER[int(asyncio.get_running_loop().time() * 10) % len(_SPINNER)]
                parts.append(f"\x1b[36m{frame}\x1b[0m \x1b[2m{clean(self._busy) or self._words['thinking']}…\x1b[0m")
        return ANSI("\n".join([*parts, "\x1b[1;36m❯\x1b[0m "]))

    @property
    def _spins(self) -> bool:
        """The growing text is sign enough of life, unless there is a word of its own to show."""
        return self._busy is not None and (bool(self._busy) or not self._text)

    def _tick(self) -> None:
        """Turns the spinner; stops by itself when there is nothing to wait for."""
        self._ticking = self._spins
        if self._ticking:
            self._app.invalidate()
            asyncio.get_running_loop().call_later(0.1, self._tick)

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()

        @keys.add("enter", filter=~completion_is_selected)
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.validate_and_handle()

        @keys.add("enter", filter=completion_is_selected)
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.complete_state = None

        @keys.add("escape", "enter")
        @keys.add("c-j")
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text("\n")

        @keys.add("c-c")
        def _(event: KeyPressEvent) -> None:
            self._interrupt(event)

        return keys

    def _interrupt(self, event: KeyPressEvent) -> None:
        if self._leaving:
            event.app.exit(exception=EOFError())
            return
        running = self._busy is not None or bool(self._text)
        if running and self._stop is not None:
            self._stop()
        self._text, self._busy = "", None
        event.current_buffer.reset()
        self._leaving = True
        notice = Text(self._words["stopped" if running else "leave"], style="dim")
        event.app.create_background_task(self._print(notice))

    def _stay(self) -> None:
        self._leaving = False


class _Typed(FileHistory):
    """What was typed, kept for the owner's eyes only: it holds a person's words. Files are touched in threads."""

    def __init__(self, file: Path) -> None:
        super().__init__(str(file))
        self._file = file
        self._last: asyncio.Future[None] | None = None

    async def read(self) -> None:
        """Returns when what was typed in earlier days is at hand."""
        self._loaded = True
        try:
            self._loaded_strings = await asyncio.to_thread(lambda: list(self.load_history_strings()))
        except OSError as error:
            log.warning("what was typed earlier cannot be read", extra={"reason": error.strerror})

    def store_string(self, string: str) -> None:
        before = self._last

        async def after() -> None:
            if before is not None:
                await asyncio.wait([before])
            await asyncio.to_thread(self._write, string)

        self._last = asyncio.ensure_future(after())

    def _write(self, string: str) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.touch(mode=0o600)
            super().store_string(string)
        except OSError as error:
            log.warning("what was typed cannot be kept", extra={"reason": error.strerror})

    async def stored(self) -> None:
        """Returns when everything typed so far is on the disk."""
        if self._last is not None:
            await self._last
