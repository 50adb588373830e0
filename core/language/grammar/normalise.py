"""One spelling for what people type in many. Every change keeps the length, so offsets stay valid in the source."""

from __future__ import annotations

from dataclasses import dataclass

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x00A0: 0x20, 0x202F: 0x20}
_PUNCTUATION = {
    ord("’"): "'", ord("‘"): "'", ord("´"): "'", ord("`"): "'", ord("“"): '"', ord("”"): '"', ord("–"): "-", ord("—"): "-",
    ord("−"): "-", ord("‐"): "-", ord("‑"): "-", ord("。"): ".", ord("、"): ",", ord("﹕"): ":", ord("∶"): ":",
}  # fmt: skip
_TABLE = _FULL_WIDTH | _PUNCTUATION


@dataclass(frozen=True, slots=True)
class Normalised:
    """A message as written and as the grammars read it: `text` has the same length as `source`."""

    source: str
    text: str


def normalise(source: str) -> Normalised:
    """Half width, plain punctuation, lower case. Traditional characters are the Chinese lexicon's own matter."""
    text = source.translate(_TABLE).lower()
    if len(text) != len(source):  # a few letters grow in lower case
        text = "".join(low if len(low := char.lower()) == 1 else char for char in source.translate(_TABLE))
    return Normalised(source, text)
