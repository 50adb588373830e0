"""`remora chat`: the assistant in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from adapters.console import Console
    from bots._app import App
    from core.ports import LanguageModel
    from core.settings import Settings


@click.command()
@click.option("--bot", help="The bot under bots/ that answers; default: REMORA_BOT.")
@click.option("--person", help="Who is writing; default: the user of this machine.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a reply: text, choices, intent, ms, model.")
def command(bot: str | None, person: str | None, as_json: bool) -> None:
    """Chat here. When standard input is not a terminal: one message a line in, the replies out."""
    import asyncio
    import getpass
    import sys

    from bots._prepare import prepare
    from core import lm
    from core.logs import configure
    from core.settings import load_settings

    settings = load_settings(**({"REMORA_BOT": bot} if bot else {}))
    configure("ERROR" if settings.log_level == "INFO" else settings.log_level)
    prepare(settings, lambda line: click.echo(line, err=True))
    interactive = not as_json and sys.stdin.isatty() and sys.stdout.isatty()

    async def start() -> None:
        model = await asyncio.to_thread(lm.create, settings)
        with lm.warming(model):
            await asyncio.sleep(0)  # it begins to load before anything else is imported
            await _chat(settings, model, person or getpass.getuser(), as_json=as_json, interactive=interactive)

    asyncio.run(start())


async def _chat(settings: Settings, model: LanguageModel, person: str, *, as_json: bool, interactive: bool) -> None:
    import asyncio

    from bots._app import running, until_stopped

    here: list[App] = []
    console = await asyncio.to_thread(_console, settings, person, as_json, here)
    async with running(settings, [console], listen=False, model=model) as app:
        here.append(app)
        listening = asyncio.create_task(console.listen(app.turns.accept))
        stopping = asyncio.create_task(until_stopped(app, interrupts=not interactive))
        await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if listening.done():
            listening.result()
            await asyncio.wait({asyncio.create_task(app.settled()), stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (listening, stopping):
            task.cancel()
        await asyncio.gather(listening, stopping, return_exceptions=True)


def _console(settings: Settings, person: str, as_json: bool, here: list[App]) -> Console:
    import locale

    from adapters.console import create_console
    from bots._skills import skills_of
    from core.clock import SystemClock
    from core.language.phrases import say

    shown_locale = locale.getlocale()[0] or None
    language = "zh" if (shown_locale or "").lower().startswith("zh") else settings.default_language

    def stop() -> None:
        for app in here:
            app.turns.stop(console.address)

    def facts(cause: str) -> dict[str, object]:
        found = here[0].turns.facts.get(cause) if here else None
        return {"intent": found.intent, "ms": found.milliseconds, "model": found.model} if found else {}

    console = create_console(
        person=person,
        clock=SystemClock(),
        language=language,
        locale=shown_locale,
        history=settings.data_dir / "chat_history",
        commands=[
            (name, say(language, key)) for skill in skills_of(settings.bot) for name, key in skill.commands.items()
        ],
        stop=stop,
        as_json=as_json,
        facts=facts,
    )
    return console
