"""Telegram: long polling or a webhook in, messages and drafts out. The library is imported only once a token is set."""

from __future__ import annotations

from adapters import Surroundings
from core.ports import Adapter
from core.settings import Settings


def create(settings: Settings, around: Surroundings) -> Adapter | None:
    """The adapter, not yet connected; None without TELEGRAM_BOT_TOKEN: Telegram is off."""
    token = settings.telegram_bot_token.get_secret_value().strip()
    if not token:
        return None
    from adapters.telegram.adapter import TelegramAdapter  # half a second that a start without Telegram need not pay

    return TelegramAdapter(
        token, settings.telegram_api_base_url, around, rich=settings.telegram_rich,
        per_second=settings.telegram_per_second,
    )  # fmt: skip
