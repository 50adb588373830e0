"""The command line: exit codes, one line of what and one of how to mend it, and a start that loads nothing heavy."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "transformers", "sqlalchemy", "telegram", "slack_sdk", "starlette", "aiohttp", "pydantic")


def remora(*arguments: str, data: Path, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own, with these settings and no others."""
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    environment = {
        **clean, "REMORA_DATA_DIR": str(data), "REMORA_MODEL_BACKEND": "scripted", "REMORA_INTENT_ENCODER": "off", "PORT": "0",
        "PYTHONPATH": str(Path(__file__).parents[2]), **settings,
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "bots", *arguments], env=environment, cwd=data, input=stdin, capture_output=True, text=True,
        timeout=180, check=False,
    )  # fmt: skip


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; sys.argv = ['remora', '--help']\nfrom bots.__main__ import remora\n"
    code += "try: remora(standalone_mode=False)\nexcept SystemExit: pass\n"
    code += f"print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("settings", "code", "names"),
    [
        ({"DEFAULT_TIMEZONE": "Mars/Base"}, 78, "DEFAULT_TIMEZONE"),
        ({"PORT": "eighty"}, 78, "PORT"),
        ({"REMORA_BOT": "nobody"}, 78, "REMORA_BOT"),
        ({"DATABASE_URL": "nonsense"}, 78, "DATABASE_URL"),
        ({"SLACK_BOT_TOKEN": "xoxb-1-canary"}, 78, "SLACK_APP_TOKEN"),
        ({"DATABASE_URL": "postgresql://u:canary@127.0.0.1:1/x"}, 69, "database"),
        ({"REMORA_MODEL_SCRIPT": "missing.json"}, 78, "REMORA_MODEL_SCRIPT"),
        ({"TELEGRAM_BOT_TOKEN_FILE": "missing"}, 78, "TELEGRAM_BOT_TOKEN_FILE"),
    ],
)
def test_a_wrong_setting_stops_the_start_by_its_name(
    settings: dict[str, str], code: int, names: str, tmp_path: Path
) -> None:
    done = remora("run", data=tmp_path, **settings)
    lines = done.stderr.strip().splitlines()
    assert (done.returncode, len(lines)) == (code, 2), done.stderr
    assert names in lines[0]
    assert lines[1].startswith("  mend: ")
    assert "canary" not in done.stdout + done.stderr


def test_a_port_in_use_is_said_with_its_mend(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = remora("run", data=tmp_path, PORT=str(taken.getsockname()[1]))
    assert done.returncode == 78
    assert "PORT" in done.stderr


def test_an_unknown_verb_is_a_usage_error(tmp_path: Path) -> None:
    assert remora("frob", data=tmp_path).returncode == 2


def test_lines_in_are_replies_out_in_order(tmp_path: Path) -> None:
    done = remora("chat", "--json", "--person", "ann", data=tmp_path, stdin="why is the sea salty\n/nonsense\n/help\n")
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert [reply["intent"] for reply in replies] == ["chat", "unknown_command", "help"]
    assert replies[0]["text"] == "why is the sea salty"
    assert replies[0]["model"] == "scripted"
    assert all(isinstance(reply["ms"], int | float) for reply in replies)


def test_a_reminder_of_an_earlier_chat_is_still_there(tmp_path: Path) -> None:
    remora(
        "chat", "--person", "ann", data=tmp_path, stdin="/timezone Paris\nremind me tomorrow at 9 to water the cactus\n"
    )
    done = remora("chat", "--person", "ann", data=tmp_path, stdin="my reminders\n")
    assert "water the cactus" in done.stdout
    assert "Europe/Paris" in done.stdout
    assert "water the cactus" not in remora("chat", "--person", "bob", data=tmp_path, stdin="my reminders\n").stdout


def test_db_upgrade_then_check(tmp_path: Path) -> None:
    assert remora("db", "check", data=tmp_path).returncode == 1
    assert remora("db", "upgrade", data=tmp_path).returncode == 0
    assert remora("db", "check", data=tmp_path).returncode == 0


def test_doctor_says_what_is_wrong_and_how_to_mend_it(tmp_path: Path) -> None:
    sick = remora("doctor", "--json", data=tmp_path)
    assert sick.returncode == 1
    checks = {row["check"]: row for row in map(json.loads, sick.stdout.splitlines())}
    assert not checks["database"]["ok"]
    assert "db upgrade" in checks["database"]["mend"]
    well = remora("doctor", "--fix", "--json", data=tmp_path)
    assert well.returncode == 0, well.stdout + well.stderr


def test_config_shows_no_secret(tmp_path: Path) -> None:
    secrets = {
        "TELEGRAM_BOT_TOKEN": "1:canary",
        "DATABASE_URL": "postgresql://u:canary@h/x",
        "OPENAI_API_KEY": "canary",
    }
    done = remora("config", "show", data=tmp_path, **secrets)
    assert done.returncode == 0
    assert "canary" not in done.stdout
    assert "TELEGRAM_BOT_TOKEN" in done.stdout


def test_when_says_what_a_sentence_means(tmp_path: Path) -> None:
    now = ("--now", "2026-11-25T12:00:00+00:00", "--tz", "Europe/Paris")
    done = remora("when", "every weekday at 8:30", *now, data=tmp_path)
    answer = json.loads(done.stdout)
    assert answer["type"] == "rrule"
    assert "BYDAY=MO,TU,WE,TH,FR" in answer["rrule"]
    assert json.loads(remora("when", "明天上午九点", *now, data=tmp_path).stdout)["value"].startswith(
        "2026-11-26T09:00"
    )


def test_a_bench_is_run_from_the_source_and_its_sizes_are_options(tmp_path: Path) -> None:
    listed = remora("bench", data=tmp_path)
    assert listed.returncode == 0
    assert "intents" in listed.stdout
    assert remora("bench", "everything", data=tmp_path).returncode == 2
    sizes = remora("bench", "intents", "--help", data=tmp_path)
    assert "--questions" in sizes.stdout
