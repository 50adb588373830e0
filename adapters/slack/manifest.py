"""What Slack must know of the app: made from the registry of commands, so that nothing is registered that is not there.

remora slack manifest > manifest.yaml      then: api.slack.com/apps, Create New App, From a manifest
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from adapters import Listed
from adapters.slack.web import Json
from core.language.phrases import Language, say

SCOPES: Mapping[str, str] = {
    "app_mentions:read": "hears when it is mentioned in a channel",
    "assistant:write": "shows that it is thinking, streams answers, suggests what to ask",
    "channels:history": "follows the threads it takes part in, and looks whether a reminder arrived; public channels",
    "chat:write": "answers and reminds",
    "commands": "slash commands and shortcuts",
    "groups:history": "the same as channels:history, in private channels it was invited to",
    "im:history": "reads direct messages with it",
    "im:write": "opens the direct message in which it answers commands and shortcuts",
    "mpim:history": "the same as channels:history, in group messages it was added to",
    "users:read": "a person's name, time zone and language, and who is a guest",
}
"""Every scope that we ask for, with its reason; nothing works worse without a scope that is not here."""
EVENTS = (
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "assistant_thread_started",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "tokens_revoked",
    "user_change",
)
_SLACKS_OWN = re.compile(
    "active|apps|archive|away|call|collapse|dm|dnd|expand|feedback|files|help|invite|join|leave|me|msg|mute|open|prefs|"
    "remind|remove|rename|search|shortcuts|shrug|star|status|todo|topic|unarchive|who"
)
_LONGEST = 200


def slash_name(name: str) -> str:
    """What a command is called in Slack, which keeps some names to itself."""
    if name == "remind":
        return "remind-me"
    return f"remora-{name}" if _SLACKS_OWN.fullmatch(name) else name


def typed(commands: Sequence[Listed]) -> dict[str, str]:
    """By the name in Slack, with its slash: the name that the core knows."""
    return {f"/{slash_name(one.name)}": f"/{one.name}" for one in commands}


def manifest(commands: Callable[[Language], Sequence[Listed]], name: str, public_url: str, *, sockets: bool) -> Json:
    """The manifest; with `sockets` events come by Socket Mode, else to an address under `public_url`."""
    url = {} if sockets else {"request_url": f"{public_url}/hooks/slack/events"}
    oauth: Json = {"scopes": {"bot": list(SCOPES)}}
    if public_url:
        oauth = {"redirect_urls": [f"{public_url}/hooks/slack/oauth"], **oauth}
    english, chinese = commands("en"), {one.name: one for one in commands("zh")}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": name,
            "description": say("en", "slack_description"),
            "long_description": say("en", "slack_long_description") + "\n\n" + say("zh", "slack_long_description"),
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "agent_view": {"agent_description": say("en", "slack_description")},
            "shortcuts": [_shortcut("message", "remind_about"), _shortcut("global", "remind_new")],
            "slash_commands": [
                _slash(one, chinese[one.name], None if sockets else url["request_url"]) for one in english
            ],
        },
        "oauth_config": oauth,
        "settings": {
            "event_subscriptions": {**url, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": sockets,
            "token_rotation_enabled": False,
        },
    }


def _shortcut(kind: str, callback: str) -> Json:
    return {
        "name": say("en", f"slack_{callback}"),
        "type": kind,
        "callback_id": callback,
        "description": f"{say('en', f'slack_{callback}_help')} · {say('zh', f'slack_{callback}_help')}",
    }


def _slash(english: Listed, chinese: Listed, url: str | None) -> Json:
    """A help line is what it does, and after a colon an example."""
    what, _, example = english.help.partition(":")
    told = f"{what.strip()} · {re.split('[:：]', chinese.help)[0].strip()}"[:_LONGEST]
    found: Json = {"command": f"/{slash_name(english.name)}", "description": told, "should_escape": False}
    if hint := example.split(",")[0].strip().removeprefix(f"/{english.name}").strip():
        found["usage_hint"] = hint
    return found if url is None else {**found, "url": url}
