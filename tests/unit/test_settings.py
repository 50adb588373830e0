"""Settings: read from the environment and files, wrong ones named without their value, secrets never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import Settings, load_settings, setting_name

NAMES = sorted(setting_name(field) for field in Settings.model_fields)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.chdir(tmp_path)


def test_nothing_has_to_be_set() -> None:
    settings = load_settings()
    assert settings.store_url == f"sqlite:///{Path('data/remora.db').absolute()}"


def test_the_environment_beats_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=1234\nHOST=0.0.0.0\nUNKNOWN=ignored\n")
    assert (load_settings().port, load_settings().host) == (1234, "0.0.0.0")
    monkeypatch.setenv("PORT", "4321")
    assert load_settings().port == 4321


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    assert load_settings().port == 8080


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"), ("PORT", "70000"), ("PORT", "-1"), ("DEFAULT_TIMEZONE", "Mars/Olympus"), ("DEFAULT_LANGUAGE", "fr"),
        ("LOG_LEVEL", "LOUD"), ("REMORA_MODEL_BACKEND", "magic"), ("REMORA_TEMPERATURE", "-1"), ("REMORA_TOP_P", "0"),
        ("REMORA_PARALLEL_TURNS", "0"), ("REMORA_LEASE_SECONDS", "0"), ("REMORA_MAX_TOKENS", "none-4711"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_and_its_value_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert name in caught.value.what
    assert ".env" in caught.value.mend
    if len(value) > 4:
        assert value not in str(caught.value)


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("token").write_text("  123456:from-the-file \n")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN_FILE", "token")
    assert load_settings().telegram_bot_token.get_secret_value() == "123456:from-the-file"


def test_a_secret_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN_FILE", "no-such-file")
    with pytest.raises(ConfigurationError, match="TELEGRAM_BOT_TOKEN_FILE"):
        load_settings()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123456:hush-hush")
    monkeypatch.setenv("SECRET_KEY", "hush-hush-key")
    settings = load_settings()
    assert "hush" not in repr(settings)
    assert "hush" not in str(settings.model_dump())
    monkeypatch.setenv("PORT", "eighty")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "hush" not in str(caught.value)


def test_slack_needs_a_second_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    with pytest.raises(ConfigurationError, match="SLACK_APP_TOKEN"):
        load_settings()


def test_a_remote_model_needs_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMORA_MODEL_BACKEND", "openai_compat")
    with pytest.raises(ConfigurationError, match="OPENAI_BASE_URL"):
        load_settings()


def test_an_api_root_ends_in_a_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_API_BASE_URL", "http://127.0.0.1:9/api")
    assert load_settings().slack_api_base_url == "http://127.0.0.1:9/api/"
