"""A bot's own skills and words: found in its folder, and refused clearly where they clash or are broken."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bots import _skills
from core import skills
from core.errors import ConfigurationError
from core.language.phrases import LANGUAGES, phrases, say
from core.skills.base import Outcome, Skill, Turn


async def _answer(_turn: Turn, _found: object) -> Outcome:
    return Outcome()


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a bot named "baker"."""
    (tmp_path / "baker").mkdir()
    monkeypatch.setattr(_skills, "BOTS", tmp_path)
    monkeypatch.setattr("bots.__path__", [*sys.modules["bots"].__path__, str(tmp_path)])
    _skills.skills_of.cache_clear()
    yield tmp_path / "baker"
    _skills.skills_of.cache_clear()
    for language in LANGUAGES:
        for key in [key for key in phrases(language) if key.startswith("baker.")]:
            del phrases(language)[key]
    for name in [name for name in sys.modules if name.startswith("bots.baker")]:
        del sys.modules[name]


def brings(monkeypatch: pytest.MonkeyPatch, *own: Skill) -> None:
    monkeypatch.setattr(_skills, "find_spec", lambda name: SimpleNamespace(name=name))
    monkeypatch.setattr(_skills, "import_module", lambda _name: SimpleNamespace(SKILLS=own))


def test_a_bot_without_any_has_what_every_bot_has(bot: Path) -> None:
    assert _skills.skills_of(bot.name) == skills.available()
    assert _skills.skills_of("../evil") == skills.available()


def test_a_file_in_the_folder_is_a_skill_and_is_asked_in_its_order(bot: Path) -> None:
    (bot / "skills.py").write_text(
        "from core.skills.base import Outcome, Skill\n"
        "async def bake(turn, found): return Outcome()\n"
        "SKILLS = (Skill('bake', bake, commands={'/bake': 'baker.help'}, order=1),)\n"
    )
    (bot / "words.toml").write_text('help = { en = "Bakes bread.", zh = "烤面包。" }\n')
    found = _skills.skills_of(bot.name)
    assert [skill.name for skill in found if skill not in skills.available()] == ["bake"]
    assert found[0].name == "bake"
    assert (say("en", "baker.help"), say("zh", "baker.help")) == ("Bakes bread.", "烤面包。")


@pytest.mark.parametrize(
    ("own", "told"),
    [(Skill("profile", _answer), "the skill “profile”"), (Skill("x", _answer, commands={"/help": "k"}), "“/help”")],
)
def test_what_is_there_already_is_refused_by_name(
    bot: Path, monkeypatch: pytest.MonkeyPatch, own: Skill, told: str
) -> None:
    brings(monkeypatch, own)
    with pytest.raises(ConfigurationError, match=told):
        _skills.skills_of(bot.name)


@pytest.mark.parametrize("words", ["help = ", 'help = { en = "x" }', 'help = "x"', "help = 3"])
def test_words_that_one_language_lacks_are_refused(bot: Path, words: str) -> None:
    (bot / "words.toml").write_text(words)
    with pytest.raises(ConfigurationError, match=r"words\.toml"):
        _skills.skills_of(bot.name)
