"""PDF as paragraphs with their pages."""

from __future__ import annotations

import io
import re

from core.knowledge.passages import Passage, Unreadable

MOST_PAGES = 2_000
_HYPHENATED = re.compile(r"(?<=[a-z])-\n(?=[a-z])")
_IN_CHINESE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])")
_PARAGRAPH = re.compile(r"\n\s*\n")


def of_pdf(data: bytes, name: str) -> tuple[str, list[Passage]]:
    """The title and the paragraphs. What a damaged file makes the library raise is passed on."""
    from pypdf import PdfReader
    from pypdf.errors import FileNotDecryptedError

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("locked", name=name)
    try:
        number = len(reader.pages)
        if number > MOST_PAGES:
            raise Unreadable("too_many_pages", name=name, pages=number, limit=MOST_PAGES)
        found = [
            Passage(text, page=page)
            for page, one in enumerate(reader.pages, 1)
            for text in _paragraphs(one.extract_text())
        ]
        title = str((reader.metadata and reader.metadata.title) or "")
    except FileNotDecryptedError as error:
        raise Unreadable("locked", name=name) from error
    if not found:
        raise Unreadable("scanned", name=name, pages=number)
    return title.strip(), found


def _paragraphs(page: str) -> list[str]:
    texts = _PARAGRAPH.split(_HYPHENATED.sub("", page.replace("\x00", "")))
    return [text for one in texts if (text := " ".join(_IN_CHINESE.sub("", one).split()))]
