"""The manifest registers what there is, within Slack's limits, and nothing that Slack keeps to itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.slack.manifest import EVENTS, SCOPES, manifest, typed
from bots._app import listed
from tests.unit.test_cli import remora

URL = "https://remora.example"


def made(*, sockets: bool, url: str = URL) -> dict[str, Any]:
    return manifest(listed, "Remora", url, sockets=sockets)


def test_every_command_is_there_under_a_name_of_its_own() -> None:
    commands = [one["command"] for one in made(sockets=True)["features"]["slash_commands"]]
    assert len(commands) == len(set(commands)) == len(listed("en")) <= 50
    assert "/remind-me" in commands
    assert "/remind" not in commands, "that one is Slack's own"
    assert all(re.fullmatch(r"/[a-z0-9_-]{1,31}", command) for command in commands)
    assert typed(listed("en")).keys() == set(commands)
    assert set(typed(listed("en")).values()) == {f"/{one.name}" for one in listed("en")}


def test_it_is_within_slacks_limits() -> None:
    found = made(sockets=False)
    shown, features = found["display_information"], found["features"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4_000
    assert len(features["agent_view"]["agent_description"]) <= 300
    for shortcut in features["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    for command in features["slash_commands"]:
        assert 0 < len(command["description"]) <= 2_000
        assert len(command.get("usage_hint", "")) <= 1_000
        assert any(character >= "\u4e00" for character in command["description"]), "Chinese stands beside English"


def test_over_http_everything_has_an_address_and_by_socket_nothing_has() -> None:
    http, sockets = made(sockets=False), made(sockets=True)
    address = f"{URL}/hooks/slack/events"
    settings = http["settings"]
    assert settings["event_subscriptions"]["request_url"] == settings["interactivity"]["request_url"] == address
    assert {one["url"] for one in http["features"]["slash_commands"]} == {address}
    assert not settings["socket_mode_enabled"]
    assert sockets["settings"]["socket_mode_enabled"]
    assert address not in json.dumps(sockets)
    assert http["oauth_config"]["redirect_urls"] == [f"{URL}/hooks/slack/oauth"]
    assert "redirect_urls" not in made(sockets=True, url="")["oauth_config"]


@pytest.mark.parametrize(("event", "scope"), [("message.im", "im:history"), ("message.mpim", "mpim:history"),
    ("message.channels", "channels:history"), ("message.groups", "groups:history"), ("app_mention", "app_mentions:read"),
    ("user_change", "users:read")])  # fmt: skip
def test_what_is_subscribed_to_may_be_read(event: str, scope: str) -> None:
    assert event in EVENTS
    assert scope in SCOPES


def test_the_command_line_gives_the_reason_of_each_scope(tmp_path: Path) -> None:
    done = remora("slack", "manifest", data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout) == made(sockets=True, url="")
    for scope, reason in SCOPES.items():
        assert f"- {scope}  # {reason}\n" in done.stdout
    over_http = remora("slack", "manifest", "--json", "--http", data=tmp_path, PUBLIC_URL=URL + "/")
    assert json.loads(over_http.stdout) == made(sockets=False)


def test_over_http_the_public_address_is_needed(tmp_path: Path) -> None:
    done = remora("slack", "manifest", "--http", data=tmp_path)
    assert done.returncode == 78
    assert "PUBLIC_URL" in done.stderr
