"""What README and CONTRIBUTING tell a reader to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.__main__ import remora
from core.settings import Settings, setting_name

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", ".env.example", "docs/benchmarks.md", "docs/developer-mode.md")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def code_in(text: str) -> str:
    """What stands in code blocks and between backticks."""
    blocks = re.findall(r"^```.*?^```|^    [^\n]*$|`[^`\n]+`", text, re.MULTILINE | re.DOTALL)
    return "\n".join(blocks)


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_that_a_page_names_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", code_in(text_of(page))))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_verb_that_a_page_names_answers_for_itself(page: str) -> None:
    for verb in set(re.findall(r"\bremora ([a-z]+)", code_in(text_of(page)))):
        result = CliRunner().invoke(remora, [verb, "--help"])
        assert result.exit_code == 0, f"remora {verb}: {result.output}"


def test_every_setting_that_the_readme_names_exists() -> None:
    known = {setting_name(field) for field in Settings.model_fields}
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})(?:=[^`]*)?`", text_of("README.md")))
    assert named, "the README names settings"
    assert named <= known


def test_every_file_that_a_page_links_to_exists() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text_of(page)):
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page} links to {target}"


def test_nothing_committed_names_a_machine_or_how_the_work_is_organised() -> None:
    forbidden = re.compile(r"/work/|/tmp/brief|pypi\.org|files\.pythonhosted|registry\.npmjs")
    for folder in ("bots", "core", "adapters", "migrations", "docs", "tests"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".md", ".toml", ".html", ".js", ".css") and path != Path(__file__):
                assert not forbidden.search(path.read_text(encoding="utf-8")), path
