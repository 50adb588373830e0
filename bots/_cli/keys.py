"""`remora keys rotate`: a new key for what is encrypted in the database."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def command() -> None:
    """The key that encrypts tokens and signs browser sessions."""


@command.command()
@click.option(
    "--old",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With SECRET_KEY: a file that holds the value it had before.",
)
def rotate(old: Path | None) -> None:
    """Encrypt everything with a new key. Stop Remora before; whoever is signed in to a browser signs in again, and recovery
    codes of second factors are void: their owners make new ones.

    Without SECRET_KEY, the key in the data folder is replaced by a new one. With SECRET_KEY, set it to its new value
    first, and give the old one by --old.
    """
    import asyncio
    import os
    import secrets

    from adapters.web.signin import signing_key
    from core.errors import ConfigurationError
    from core.settings import load_settings
    from core.store import Store, crypto
    from core.store.admin import accounts
    from core.store.tables import metadata

    settings = load_settings()
    key = signing_key(settings)
    following: Path | None = None
    if settings.secret_key.get_secret_value():
        if old is None:
            raise ConfigurationError("SECRET_KEY is set: its old value is needed", "give a file with it: --old FILE")
        crypto.unlock(old.read_text(encoding="utf-8").strip().encode())
        crypto.unlock(key)
    else:
        # Written before anything is encrypted with it: whatever happens meanwhile, running this again completes it.
        following = settings.data_dir / "secret.key.new"
        if not following.exists():
            with open(following, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(secrets.token_bytes(32))
                os.fsync(file.fileno())
        crypto.unlock(key)
        crypto.unlock(following.read_bytes())

    async def reseal() -> int:
        store = Store(settings.store_url)
        try:
            async with store.write() as tx:
                await accounts.drop_all_codes(tx)
                return await crypto.reseal(tx, metadata)
        finally:
            await store.aclose()

    count = asyncio.run(reseal())
    if following is not None:
        os.replace(following, settings.data_dir / "secret.key")
    click.echo(f"{count} rows encrypted with the new key")
