"""`remora play`: a scripted dialogue with the bot, compared with what it says."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--bot", help="Which bot answers; default: the one in whose folder FILE lies, else REMORA_BOT.")
@click.option("--tz", default="Europe/Paris", show_default=True, help="The person's IANA zone.")
@click.option(
    "--model",
    "with_model",
    is_flag=True,
    help="Ask the model of the settings; else “the model answers” stands in its place.",
)
@click.option("--only", default="", help="Play only dialogues whose name holds this.")
def command(file: Path, bot: str | None, tz: str, with_model: bool, only: str) -> None:
    """Play the dialogues of FILE on a clock that stands at Wednesday, 2026-11-25, 09:00 UTC, and moves by `at: +3d`.

    A line is `me: TEXT` or `press: BUTTON`, and `bot:` the pieces of the answer in their order, with .. between them.
    Nothing of your data is touched. Exit code 1 where an answer differs, 2 where FILE cannot be played.
    """
    import asyncio
    import tempfile

    from bots import _play
    from bots._app import BOTS
    from core.logs import configure
    from core.settings import load_settings

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _play.BadScript(f"{file} cannot be read: {error}", "give a YAML file of dialogues") from None
    dialogues = [one for one in _play.read(text, file.name) if only in one.name]
    folder = file.absolute().parent
    chosen = bot or (folder.name if folder.parent == BOTS else "")
    given = {"REMORA_BOT": chosen} if chosen else {}
    settings = load_settings(**given, DEFAULT_TIMEZONE=tz)
    configure("CRITICAL")
    wrong = 0
    for one in dialogues:
        click.echo(f"\n{one.name}")
        with tempfile.TemporaryDirectory(prefix="remora-play-") as place:
            world = _play.world(settings, Path(place), with_model=with_model)
            wrong += asyncio.run(_play.play(one, world, click.echo))
    click.echo(f"\n{len(dialogues)} dialogues, {wrong} answers differ")
    if wrong or not dialogues:
        raise click.exceptions.Exit(1)
