"""Every setting, read once at start from the environment and `.env`. `.env.example` lists them all, and a test says so.

Platform names are the bare ones people expect; our own tuning starts with REMORA_. Each secret may also be given as
NAME_FILE, the path of a file that holds it.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError
from core.logs import hide

_ALLOWED = re.compile(r"\*|[a-z_]+:[\w.@+-]+(/[\w.@+-]+)?", re.ASCII)

_TEAM_ROLE = re.compile(r"(@[\w.-]+|group:[^,=]+)=(owner|editor|operator|viewer)")


def _named(name: str, default: Any, description: str, **more: Any) -> Any:
    return Field(default, validation_alias=AliasChoices(name), description=description, **more)


class Settings(BaseSettings):
    """The effective settings. Secrets are `SecretStr`: printing or logging them shows asterisks."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        hide_input_in_errors=True,
        frozen=True,
        env_ignore_empty=True,
    )

    data_dir: Path = _named(
        "REMORA_DATA_DIR", Path("data"), "Folder of everything that Remora keeps: database, model weights, journals."
    )
    database_url: str = _named(
        "DATABASE_URL",
        "",
        "SQLAlchemy URL of the database; empty: a SQLite file in the data folder. postgresql://... for several workers.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _named(
        "LOG_LEVEL", "INFO", "Least important event that is logged."
    )
    default_timezone: str = _named(
        "DEFAULT_TIMEZONE", "", "IANA zone for people whose zone is unknown; empty: they are asked once."
    )
    default_language: Literal["en", "zh"] = _named(
        "DEFAULT_LANGUAGE", "en", "Language of replies where the message does not show one."
    )
    bot: str = _named("REMORA_BOT", "assistant", "The bot under bots/ that answers.")
    intent_encoder: Literal["off", "light", "full"] = _named(
        "REMORA_INTENT_ENCODER",
        "full",
        "Sentence encoders for intents: off (n-grams alone), light (about 5 ms a message), full (about 50 ms, more exact).",
    )
    intent_inbox: bool = _named(
        "REMORA_INTENT_INBOX",
        True,
        "Keep messages that matched no intent, or narrowly, for admins to label; gone with their person, or after REMORA_RETENTION_DAYS.",
    )

    knowledge_phrasing: bool = _named(
        "REMORA_KNOWLEDGE_PHRASING",
        False,
        "Let the language model say in its own words what a document says; the passage stands below in any case.",
    )

    host: str = _named("HOST", "127.0.0.1", "Address the web side listens on; the default is this machine alone.")
    port: int = _named("PORT", 8080, "Port the web side listens on.", ge=0, le=65535)
    public_url: str = _named(
        "PUBLIC_URL",
        "",
        "Address under which the web side is reached from outside, where Telegram then brings messages; empty: only locally.",
    )
    trusted_proxies: str = _named(
        "TRUSTED_PROXIES",
        "127.0.0.1,::1",
        "Addresses of the server with TLS before the web side, whose word (X-Forwarded-For) on who calls is believed.",
    )
    secret_key: SecretStr = _named(
        "SECRET_KEY", SecretStr(""), "Signs browser sessions; empty: one is made and kept in the data folder."
    )

    oidc_issuer: str = _named(
        "OIDC_ISSUER", "", "Issuer of your team's own sign-in (OpenID Connect) for the admin pages; empty: none."
    )
    oidc_client_id: str = _named("OIDC_CLIENT_ID", "", "Client id there; register PUBLIC_URL/admin/team/back with it.")
    oidc_client_secret: SecretStr = _named(
        "OIDC_CLIENT_SECRET", SecretStr(""), "Client secret there; empty: a public client, with PKCE alone."
    )
    oidc_roles: str = _named(
        "OIDC_ROLES",
        "",
        "Who of the team gets an account by signing in: @example.com=viewer, group:ops=operator; with groups, the role is what they give at each sign-in, and ends with them; empty: whose e-mail address an account has as its name.",
    )

    telegram_bot_token: SecretStr = _named(
        "TELEGRAM_BOT_TOKEN", SecretStr(""), "Token from @BotFather; empty: Telegram is off."
    )
    telegram_api_base_url: str = _named(
        "TELEGRAM_API_BASE_URL", "https://api.telegram.org", "Root of the Telegram Bot API."
    )
    telegram_rich: bool = _named(
        "REMORA_TELEGRAM_RICH", False, "Send answers as rich messages: real headings and tables; needs Bot API 10.1."
    )
    telegram_per_second: float = _named(
        "REMORA_TELEGRAM_PER_SECOND",
        30,
        "Messages a second to all chats together; Telegram takes 30 from a bot without a contract for more.",
        gt=0,
        le=1000,
    )
    slack_bot_token: SecretStr = _named(
        "SLACK_BOT_TOKEN", SecretStr(""), "Slack bot token (xoxb-); empty: Slack is off."
    )
    slack_app_token: SecretStr = _named(
        "SLACK_APP_TOKEN", SecretStr(""), "Slack app-level token (xapp-) for Socket Mode."
    )
    slack_signing_secret: SecretStr = _named(
        "SLACK_SIGNING_SECRET", SecretStr(""), "Slack signing secret, for HTTP events."
    )
    slack_client_id: str = _named(
        "SLACK_CLIENT_ID", "", "Slack client id, so that further workspaces can install the app; empty: they cannot."
    )
    slack_client_secret: SecretStr = _named(
        "SLACK_CLIENT_SECRET", SecretStr(""), "Slack client secret, beside the client id."
    )
    slack_events: Literal["auto", "socket", "http"] = _named(
        "SLACK_EVENTS",
        "auto",
        "How Slack's events arrive: socket, http (at PUBLIC_URL), or auto: socket where SLACK_APP_TOKEN is set.",
    )
    slack_agent_view: bool = _named(
        "SLACK_AGENT_VIEW",
        True,
        "The Slack app has agent_view, as our manifest says: a direct message is answered in a thread of its own.",
    )
    slack_api_base_url: str = _named("SLACK_API_BASE_URL", "https://slack.com/api/", "Root of the Slack Web API.")

    model_backend: Literal["local", "openai_compat", "scripted", "off"] = _named(
        "REMORA_MODEL_BACKEND",
        "local",
        "Who generates text: a local transformers model, an OpenAI-compatible endpoint, a script for tests, or nobody.",
    )
    model: str = _named(
        "REMORA_MODEL",
        "smollm2-135m-instruct",
        "The local model: the default one, a folder, or a hub name of any causal language model.",
    )
    model_script: str = _named(
        "REMORA_MODEL_SCRIPT", "", "With the scripted backend: a JSON file with the answers; empty: it echoes."
    )
    model_threads: int = _named(
        "REMORA_MODEL_THREADS", 0, "Threads of the local model; 0: one less than the cores.", ge=0, le=256
    )
    openai_base_url: str = _named("OPENAI_BASE_URL", "", "Root of an OpenAI-compatible endpoint, up to and with /v1.")
    openai_api_key: SecretStr = _named("OPENAI_API_KEY", SecretStr(""), "Key for that endpoint, if it wants one.")
    openai_model: str = _named("OPENAI_MODEL", "", "Model name at that endpoint.")
    temperature: float = _named("REMORA_TEMPERATURE", 0.2, "Sampling temperature; 0 is greedy.", ge=0, le=5)
    top_p: float = _named("REMORA_TOP_P", 0.9, "Nucleus sampling: share of probability kept.", gt=0, le=1)
    top_k: int = _named("REMORA_TOP_K", 40, "Number of likeliest tokens kept; 0: all.", ge=0)
    min_p: float = _named("REMORA_MIN_P", 0.0, "Least probability kept, relative to the likeliest token.", ge=0, le=1)
    repetition_penalty: float = _named("REMORA_REPETITION_PENALTY", 1.1, "Above 1: repeats less.", gt=0, le=10)
    max_tokens: int = _named("REMORA_MAX_TOKENS", 256, "Longest reply in tokens.", ge=1)
    seed: int | None = _named("REMORA_SEED", None, "Fixes the randomness of sampling; empty: different every time.")
    history_tokens: int = _named(
        "REMORA_HISTORY_TOKENS", 1024, "Most tokens of earlier conversation put into the prompt.", ge=0
    )
    reply_seconds: float = _named(
        "REMORA_REPLY_SECONDS", 120.0, "Longest time a reply may take before it is cut off.", gt=0
    )

    session_minutes: int = _named(
        "REMORA_SESSION_MINUTES", 240, "Silence after which a conversation counts as a new session.", ge=1
    )
    retention_days: int = _named(
        "REMORA_RETENTION_DAYS",
        180,
        "Days for which conversations, deliveries and reminders that are over are kept; 0: for ever.",
        ge=0,
    )
    prompt_days: int = _named(
        "REMORA_PROMPT_DAYS",
        7,
        "Days for which it is kept, encrypted, what a model was asked; 0: it is not kept.",
        ge=0,
    )
    backups_kept: int = _named(
        "REMORA_BACKUPS_KEPT",
        14,
        "How many backups are kept in backups/ of the data folder; the oldest goes when a new one has been made there.",
        ge=1,
    )
    learn_rows: int = _named(
        "REMORA_LEARN_ROWS",
        0,
        "New rows that people allowed to be learned from which, at night, a model is trained and judged; 0: never. The gate wants 40.",
        ge=0,
    )
    learn_promote: bool = _named(
        "REMORA_LEARN_PROMOTE",
        False,
        "Put what was learned at night in force where the gate opens; else people decide.",
    )
    parallel_turns: int = _named("REMORA_PARALLEL_TURNS", 32, "Conversations answered at the same time.", ge=1, le=1000)
    max_message_length: int = _named(
        "REMORA_MAX_MESSAGE_LENGTH", 16000, "Longest message read, in characters; longer ones get a clear word.", ge=100
    )
    lease_seconds: float = _named(
        "REMORA_LEASE_SECONDS", 10.0, "Silence after which a worker counts as dead and its work is taken over.", gt=0
    )
    max_reminders: int = _named("REMORA_MAX_REMINDERS", 500, "Active reminders a person may have.", ge=1)
    allow: str = _named(
        "REMORA_ALLOW",
        "",
        "Who is answered without a code: telegram:ID, slack:TEAM, slack:TEAM/USER, with commas between; *: everybody.",
    )
    rate_per_minute: float = _named(
        "REMORA_RATE_PER_MINUTE", 60.0, "Messages a minute that one person is answered in the long run; 0: any.", ge=0
    )
    rate_burst: int = _named("REMORA_RATE_BURST", 30, "Messages that one person may send at once.", ge=1)

    @field_validator("default_timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        if name:
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise ValueError("is not an IANA zone such as Europe/Paris") from error
        return name

    @field_validator("allow")
    @classmethod
    def _names_accounts(cls, allow: str) -> str:
        wrong = [entry for entry in map(str.strip, allow.split(",")) if entry and not _ALLOWED.fullmatch(entry)]
        if wrong:
            raise ValueError("is not a list of telegram:ID, slack:TEAM or slack:TEAM/USER with commas between, nor *")
        return allow

    @field_validator("oidc_issuer")
    @classmethod
    def _safe_issuer(cls, url: str) -> str:
        address = urlsplit(url)
        local = address.scheme == "http" and address.hostname in ("localhost", "127.0.0.1", "::1")
        if url and not (address.hostname and (address.scheme == "https" or local)):
            raise ValueError("is not an https address")
        return url

    @field_validator("oidc_roles")
    @classmethod
    def _maps_to_roles(cls, roles: str) -> str:
        wrong = [entry for entry in map(str.strip, roles.split(",")) if entry and not _TEAM_ROLE.fullmatch(entry)]
        if wrong:
            raise ValueError("is not a list of @DOMAIN=ROLE or group:NAME=ROLE with commas between")
        return roles

    @field_validator("slack_api_base_url")
    @classmethod
    def _ends_in_slash(cls, url: str) -> str:
        return url if url.endswith("/") else url + "/"

    @model_validator(mode="before")
    @classmethod
    def _secrets_from_files(cls, given: dict[str, Any]) -> dict[str, Any]:
        for name, info in cls.model_fields.items():
            alias = setting_name(name)
            path = os.environ.get(f"{alias}_FILE")
            if info.annotation is SecretStr and path and not given.get(alias):
                try:
                    given[alias] = Path(path).read_text(encoding="utf-8").strip()
                except OSError as error:
                    raise ValueError(f"{alias}_FILE cannot be read: {error.strerror}") from error
        return given

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.slack_bot_token.get_secret_value() and not (
            self.slack_app_token.get_secret_value() or self.slack_signing_secret.get_secret_value()
        ):
            raise ValueError("SLACK_BOT_TOKEN needs SLACK_APP_TOKEN beside it (Socket Mode)")
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("OIDC_ISSUER needs OIDC_CLIENT_ID beside it")
        if self.model_backend == "openai_compat" and not (self.openai_base_url and self.openai_model):
            raise ValueError("REMORA_MODEL_BACKEND=openai_compat needs OPENAI_BASE_URL and OPENAI_MODEL")
        return self

    @property
    def store_url(self) -> str:
        """The database's URL, also where none is set."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'remora.db').absolute()}"

    @property
    def web_url(self) -> str:
        """The address of the web side for people, without a slash at its end."""
        host = "localhost" if self.host in ("", "0.0.0.0", "::") else self.host  # noqa: S104
        return self.public_url.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def setting_name(field: str) -> str:
    """The environment variable of a field of `Settings`."""
    alias = Settings.model_fields[field].validation_alias
    assert isinstance(alias, AliasChoices)
    return str(alias.choices[0])


def load_settings(**overrides: Any) -> Settings:
    """Reads the settings; raises `ConfigurationError` that names each wrong one, never its value."""
    try:
        settings = Settings(**overrides)
        for value in dict(settings).values():
            hide(value.get_secret_value() if isinstance(value, SecretStr) else "")
        for url in (settings.database_url, settings.openai_base_url, settings.public_url):
            with suppress(ValueError):  # no address at all: said where it is used
                hide(urlsplit(url).password or "")
        return settings
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            name = ".".join(str(part) for part in problem["loc"])
            what = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{name}: {what}" if name else what)
        raise ConfigurationError(
            "settings are wrong: " + "; ".join(lines),
            "correct them in .env or the environment; .env.example explains each",
        ) from None
