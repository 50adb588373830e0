"""Slack: Socket Mode in, Web API out. Importing this package loads none of Slack's libraries."""

from __future__ import annotations

from adapters import Surroundings
from core.errors import ConfigurationError
from core.ports import Adapter
from core.settings import Settings


def create(settings: Settings, _around: Surroundings | None = None) -> Adapter | None:
    """The adapter, or None without a bot token: Slack is off."""
    token = settings.slack_bot_token.get_secret_value()
    if not token:
        return None
    app_token = settings.slack_app_token.get_secret_value()
    if not app_token:
        raise ConfigurationError(
            "SLACK_APP_TOKEN is missing: Slack's events arrive by Socket Mode",
            "make an app-level token (xapp-) with the scope connections:write under Basic Information of your app",
        )
    from adapters.slack.adapter import SlackAdapter  # here and not above: it loads bolt and aiohttp

    return SlackAdapter(token, app_token, settings.slack_api_base_url)
