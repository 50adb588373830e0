"""What is wrong with an intent, where, and how to mend it: for people who do not program, in their language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.language.phrases import Language, say


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault that keeps a catalog from being published, or a warning that does not."""

    key: str
    """Of the phrases `intents_KEY`, the fault, and `intents_KEY_mend`, its mend."""
    intent: str = ""
    where: str = ""
    """Within the intent: "examples.en[3]", counted from 1."""
    fields: Mapping[str, object] = field(default_factory=dict)
    line: int | None = None
    """Of the file, from 1; None where it does not come from a file."""
    warning: bool = False

    def text(self, language: Language) -> str:
        """One line: where, what, and how to mend it."""
        place = " › ".join(part for part in (self.intent, self.where) if part)
        if self.line is not None:
            place = f"{say(language, 'intents_line', line=self.line)} {place}".strip(" ,，")
        fields = {name: self._said(name, value, language) for name, value in self.fields.items()}
        what = say(language, f"intents_{self.key}", **fields)
        return f"{place}: {what} {say(language, f'intents_{self.key}_mend', **fields)}".lstrip(": ")

    @staticmethod
    def _said(name: str, value: object, language: Language) -> object:
        """What is wanted ("@texts") is a phrase of ours; everything else is what somebody wrote."""
        named = name == "wanted" and isinstance(value, str) and value.startswith("@")
        return say(language, f"intents_wanted_{str(value)[1:]}") if named else value


def faults(problems: Iterable[Problem]) -> list[Problem]:
    """Those that are no mere warnings."""
    return [problem for problem in problems if not problem.warning]
