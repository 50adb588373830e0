"""One-time links and cookies hold for as long as they say, and only if they are ours."""

from __future__ import annotations

import base64
import datetime as dt
import json
from pathlib import Path

import pytest

from adapters.web import signin
from adapters.web.signin import COOKIE_LIFE, LINK_LIFE, SignIn, signing_key
from core.errors import ConfigurationError
from core.settings import load_settings

SECOND = dt.timedelta(seconds=1)


class Watch:
    """A clock that stands where it is set."""

    def __init__(self) -> None:
        self.time = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.time

    async def sleep_until(self, moment: dt.datetime) -> None:
        raise AssertionError("nobody sleeps here")


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def sign_in(watch: Watch) -> SignIn:
    return SignIn(b"k" * 32, watch, lambda: "http://localhost:8080")


def token(link: str) -> str:
    return link.partition("#")[2]


def test_a_link_works_once(sign_in: SignIn) -> None:
    link = sign_in.new_link("ada")
    assert link.startswith("http://localhost:8080/in#")
    assert sign_in.redeem(token(link)) == ("ada", sign_in._clock.now())
    assert sign_in.redeem(token(link)) is None


def test_a_secret_is_long_and_never_the_same(sign_in: SignIn) -> None:
    tokens = {token(sign_in.new_link("ada")) for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(base64.urlsafe_b64decode(one + "=")) == 32 for one in tokens)


@pytest.mark.parametrize(("later", "person"), [(LINK_LIFE - SECOND, "ada"), (LINK_LIFE, None)])
def test_a_link_ends_after_half_an_hour(sign_in: SignIn, watch: Watch, later: dt.timedelta, person: str | None) -> None:
    link = sign_in.new_link("ada")
    watch.time += later
    assert (sign_in.redeem(token(link)) or [None])[0] == person


def test_links_that_nobody_uses_do_not_pile_up(sign_in: SignIn) -> None:
    first = sign_in.new_link("ada")
    for _ in range(100):
        last = sign_in.new_link("ada")
    assert sign_in.redeem(token(first)) is None
    assert sign_in.redeem(token(last)) is not None


@pytest.mark.parametrize("given", ["", "x", "\ud800", "💥" * 50])
def test_a_guess_opens_nothing(sign_in: SignIn, given: str) -> None:
    sign_in.new_link("ada")
    assert sign_in.redeem(given) is None


@pytest.mark.parametrize(("later", "person"), [(COOKIE_LIFE - SECOND, "ada 小明"), (COOKIE_LIFE, None)])
def test_a_cookie_holds_for_thirty_days(sign_in: SignIn, watch: Watch, later: dt.timedelta, person: str | None) -> None:
    cookie = sign_in.cookie("ada 小明", 3)
    watch.time += later
    assert sign_in.named(cookie) == (person and (person, 3))


def test_a_cookie_of_another_key_is_nothing(sign_in: SignIn, watch: Watch) -> None:
    other = SignIn(b"o" * 32, watch, lambda: "")
    assert sign_in.named(other.cookie("ada", 0)) is None


@pytest.mark.parametrize("cookie", ["", ".", "a.b", "é.é", "=.=", "x", "a.b.c", "\ud800.x"])
def test_junk_is_no_cookie(sign_in: SignIn, cookie: str) -> None:
    assert sign_in.named(cookie) is None


def test_no_bit_of_a_cookie_can_be_changed(sign_in: SignIn) -> None:
    cookie = sign_in.cookie("ada", 0)
    payload, _, mac = cookie.partition(".")
    forged = base64.urlsafe_b64encode(json.dumps(["bob", 9_999_999_999, ""]).encode()).decode().rstrip("=")
    assert sign_in.named(f"{forged}.{mac}") is None
    assert sign_in.named(f"{payload}.{mac[:-4]}AAAA") is None
    assert sign_in.named(f"{payload}.") is None
    assert sign_in.named(f"{payload}.{sign_in.form_token(cookie)}") is None


def test_a_cookie_of_an_older_version_has_the_number_that_everybody_begins_with(sign_in: SignIn, watch: Watch) -> None:
    payload = json.dumps(["ada", int(watch.now().timestamp()) + 60, "0"]).encode()
    old = f"{signin._encode(payload)}.{signin._encode(sign_in._mac('cookie', payload))}"
    assert sign_in.named(old) == ("ada", 0)


def test_a_key_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    settings = load_settings(_env_file=None, REMORA_DATA_DIR=tmp_path / "data", SECRET_KEY="")
    key = signing_key(settings)
    assert len(key) == 32
    assert signing_key(settings) == key
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o077 == 0


def test_a_folder_that_keeps_nothing_is_said_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    settings = load_settings(_env_file=None, REMORA_DATA_DIR=tmp_path / "data", SECRET_KEY="")
    with pytest.raises(ConfigurationError, match="REMORA_DATA_DIR"):
        signing_key(settings)


def test_a_given_key_is_used(tmp_path: Path) -> None:
    settings = load_settings(_env_file=None, REMORA_DATA_DIR=tmp_path, SECRET_KEY="s" * 40)
    assert signing_key(settings) == b"s" * 40
    assert list(tmp_path.iterdir()) == []


def test_a_form_token_belongs_to_one_cookie(sign_in: SignIn) -> None:
    mine, yours = sign_in.cookie("ada", 0), sign_in.cookie("ada", 0)
    assert sign_in.form_token_fits(mine, sign_in.form_token(mine))
    assert not sign_in.form_token_fits(mine, sign_in.form_token(yours))
    assert not sign_in.form_token_fits(mine, "")
    assert not sign_in.form_token_fits(mine, "é")
