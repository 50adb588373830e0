"""`remora run`: serve."""

from __future__ import annotations

import click


@click.command()
@click.option(
    "--role",
    type=click.Choice(["all", "bot", "worker", "web"]),
    default="all",
    show_default=True,
    help="all; bot: the chat platforms; worker: answers and delivers, listens to nothing; web: the browser side, and what comes over HTTP.",
)
def command(role: str) -> None:
    """Serve until SIGTERM, which finishes the current replies; a second one stops at once."""
    import asyncio
    import gc

    from bots._app import App, platforms, running, until_stopped
    from bots._prepare import prepare
    from core.logs import configure
    from core.metrics import Counting
    from core.settings import load_settings

    settings = load_settings()
    configure(settings.log_level, Counting())
    prepare(settings, click.echo)

    async def serve() -> None:
        here: list[App] = []
        adapters = platforms(settings, role, here)
        async with running(settings, adapters, listen=role != "worker", intake=role == "web") as app:
            here.append(app)
            for line in app.greeting():
                click.echo(line)
            gc.collect()
            gc.freeze()  # what is there now stays: looking through it again and again blocks the loop for 50 ms
            click.echo("ready")
            await until_stopped(app)
            click.echo("stopping: finishing what is being answered")

    asyncio.run(serve())
