"""What is wrong, and how the parts are: said in English where it happens, for logs and the command line; in Chinese where it
is shown to whoever reads Chinese. `told.toml` holds the Chinese by the English sentence, with {names} where values stand."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from core.language.phrases import Language

_LONGEST = 2_000
_VALUE = re.compile(r"\\\{(\w+)\\\}")


@cache
def sentences() -> dict[str, str]:
    """The English ones with their Chinese."""
    text = files("core.language").joinpath("told.toml").read_text(encoding="utf-8")
    return {key: str(value) for key, value in tomllib.loads(text).items()}


@cache
def _with_values() -> list[tuple[re.Pattern[str], str]]:
    """The longest first: what is most exact is meant."""
    ordered = sorted((one for one in sentences() if "{" in one), key=len, reverse=True)
    return [(re.compile(_VALUE.sub(r"(?P<\1>.*?)", re.escape(one)), re.DOTALL), sentences()[one]) for one in ordered]


@lru_cache(maxsize=1_000)
def told(language: Language, text: str, deep: int = 2) -> str:
    """The sentence in that language, or several with "; " between them, and the values in it, as `deep` as they are sentences
    themselves; as it is, where it is none of ours, or said in the reader's language already."""
    if language == "en" or len(text) > _LONGEST:
        return text
    if text in sentences():
        return sentences()[text]
    for pattern, chinese in _with_values():
        if found := pattern.fullmatch(text):
            values = found.groupdict()
            return chinese.format(
                **{name: told(language, values[name], deep - 1) if deep else values[name] for name in values}
            )
    pieces = text.split("; ")
    several = [told(language, piece, deep) for piece in pieces] if len(pieces) > 1 else pieces
    return text if several == pieces else "；".join(several)
