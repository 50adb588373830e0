"""Keys of machines are made, listed and taken back, on the page and from the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots._cli import admin as accounts
from bots._cli import token
from core.admin import accounts as managed
from core.admin import tokens
from core.admin.roles import Actor
from core.store.admin import accounts as kept_accounts
from core.store.admin import audit
from core.store.admin import tokens as kept
from tests.fakes.admin import AdminSide


async def test_a_key_is_shown_once_and_works(admin: AdminSide) -> None:
    async with admin.browser("editor") as editor:
        made = await editor.post("/admin/tokens", {"name": "till <b>", "scope": ["chat", "intents.read"], "days": "3"})
        key = re.search(r"rmr_[\w-]+", made.text)
        assert key is not None
        shown = (await editor.get("/admin/tokens")).text
    assert key[0] not in shown
    assert "till &lt;b&gt;" in shown
    async with admin.desk.store.read() as tx:
        machine = await tokens.machine(tx, key[0], admin.clock.now())
        assert machine is not None
        assert (machine.may("chat"), machine.may("intents.write")) == (True, False)
        assert key[0] not in str(await audit.entries(tx))


@pytest.mark.parametrize(
    "fields",
    [{"name": "", "scope": ["chat"]}, {"name": "x", "scope": []}, {"name": "x", "scope": ["reminders.write"]},
     {"name": "x", "scope": ["chat"], "days": "-1"}, {"name": "x", "scope": ["chat"], "days": "99999"},
     {"name": "x", "scope": ["everything"]}, {"name": "till\n\nYour account is closed", "scope": ["chat"]}],
)  # fmt: skip
async def test_what_cannot_be_is_refused_and_the_typed_text_kept(admin: AdminSide, fields: dict[str, object]) -> None:
    async with admin.browser("editor") as editor:
        answer = await editor.post("/admin/tokens", fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'value="{fields["name"]}"' in answer.text


async def test_nobody_but_an_owner_sees_or_revokes_the_keys_of_others(admin: AdminSide) -> None:
    async with admin.browser("editor") as editor, admin.browser("viewer") as viewer, admin.browser("owner") as owner:
        await editor.post("/admin/tokens", {"name": "theirs", "scope": ["chat"]})
        assert "theirs" not in (await viewer.get("/admin/tokens")).text
        assert (await viewer.post("/admin/tokens/1/revoke")).status_code == 422
        assert (await viewer.post(f"/admin/tokens/{1 << 63}/revoke")).status_code == 404
        assert "theirs" in (await owner.get("/admin/tokens")).text
        assert (await owner.post("/admin/tokens/1/revoke")).status_code == 303
        assert "theirs" not in (await editor.get("/admin/tokens")).text


def test_keys_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("REMORA_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    desk = CliRunner()
    assert desk.invoke(accounts.command, ["create", "ann", "--role", "owner"]).exit_code == 0
    made = desk.invoke(token.command, ["create", "till", "--owner", "ann", "--scope", "chat"])
    assert made.output.startswith("rmr_")
    [row] = json.loads(desk.invoke(token.command, ["list", "--json"]).output)
    assert (row["name"], row["owner"], row["scopes"]) == ("till", "ann", ["chat"])
    assert "rmr_" not in desk.invoke(token.command, ["list"]).output
    assert desk.invoke(token.command, ["revoke", str(row["id"])]).output == "revoked\n"
    assert desk.invoke(token.command, ["list", "--json"]).output == "[]\n"
    assert desk.invoke(token.command, ["create", "till", "--owner", "bob", "--scope", "chat"]).exception is not None


async def test_a_reset_of_an_account_takes_its_keys_back(admin: AdminSide) -> None:
    async with admin.browser("editor") as editor:
        await editor.post("/admin/tokens", {"name": "theirs", "scope": ["chat"]})
    async with admin.desk.store.write() as tx:
        account = await kept_accounts.by_name(tx, "editor")
        assert account is not None
        await managed.reset(tx, Actor("cli:root", "owner"), account.id, admin.clock.now())
        assert await kept.listed(tx) == []
