"""`remora demo`: Slack and Telegram side by side in one page, without an account."""

from __future__ import annotations

import click


@click.command()
@click.option("--port", type=int, help="Port of the page; default: PORT, 0: any.")
def command(port: int | None) -> None:
    """Try it in a browser: stand-ins of Slack and Telegram, the real assistant, and a clock that you can put forward."""
    import asyncio
    import tempfile
    from pathlib import Path

    from bots._app import until_stopped
    from bots._demo.show import Demo
    from bots._prepare import prepare
    from core.logs import configure
    from core.settings import load_settings

    settings = load_settings()
    configure("WARNING" if settings.log_level == "INFO" else settings.log_level)
    prepare(settings, click.echo)

    async def show(shown: Demo) -> None:
        async with shown.playing() as app:
            click.echo(f"{app.engine.bot.title} answers with {app.model.info.name} ({app.model.info.backend})")
            click.echo(f"Slack and Telegram side by side: {shown.url}")
            click.echo("ready")
            await until_stopped(app)

    with tempfile.TemporaryDirectory(prefix="remora-demo-") as folder:
        asyncio.run(show(Demo(settings, Path(folder), settings.port if port is None else port)))
