"""`remora telegram setup`: what is left to do before people can write to the bot."""

from __future__ import annotations

import click

_STEPS = """\
1. In Telegram, write to @BotFather: /newbot, and choose a name.
2. Put the token that it gives you into .env as TELEGRAM_BOT_TOKEN, and run this again."""
_DONE = """\
{where}
Telegram knows the commands and the description{changed}.
Write to it: https://t.me/{name}
Add it to a group: https://t.me/{name}?startgroup=start
It should read all messages of groups: @BotFather, /setprivacy, Disable; then take it out of the group and add it again.
Start it: remora run"""


@click.group()
def command() -> None:
    """Set up the Telegram bot."""


@command.command()
def setup() -> None:
    """Say what to do in Telegram; with a token, try it and tell Telegram the commands and the description."""
    import asyncio

    from core.settings import load_settings

    settings = load_settings()
    if not settings.telegram_bot_token.get_secret_value().strip():
        click.echo(_STEPS)
        return

    async def perform() -> str:
        from adapters.telegram.adapter import TelegramAdapter
        from bots._app import made
        from core.store import Store, migrate

        store = Store(settings.store_url)
        try:
            await migrate.upgrade(store)
            adapter = made("telegram", settings, hooks={}, opened=store)
            assert isinstance(adapter, TelegramAdapter), "there is a token"
            async with adapter.connect():
                changed = " now" if await adapter.present() else ""
                return _DONE.format(where=adapter.where, changed=changed, name=adapter.username)
        finally:
            await store.aclose()

    click.echo(asyncio.run(perform()))
