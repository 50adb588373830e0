"""Files become documents. Strangers' files are read by a process of its own, with bounds of time and memory: a file may be
made to exhaust whoever opens it.

    python -m core.knowledge.reading NAME < FILE        the document as JSON, or {"error": KEY, "fields": {...}}
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

from core.knowledge import faq, markup
from core.knowledge.passages import Document, Passage, Unreadable, joined
from core.knowledge.pdf import of_pdf

KINDS = {
    ".md": "markdown", ".markdown": "markdown", ".txt": "text", ".html": "html", ".htm": "html", ".pdf": "pdf",
    ".yaml": "faq", ".yml": "faq",
}  # fmt: skip
LARGEST = {"pdf": 20_000_000}
LARGEST_TEXT = 5_000_000
LONGEST_NAME = 120
_SECONDS, _MEMORY = 60, 2_000_000_000
_HAN_SHARE = 0.8


def kind_of(name: str) -> str:
    """Raises `Unreadable` where such files cannot be read, and where the name itself is of no use."""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Unreadable("bad_name", limit=LONGEST_NAME)
    kind = KINDS.get(Path(name).suffix.lower())
    if kind is None:
        raise Unreadable("kind", name=name)
    return kind


def check_size(name: str, size: int) -> None:
    limit = LARGEST.get(kind_of(name), LARGEST_TEXT)
    if size > limit:
        raise Unreadable("too_large", name=name, size=f"{size / 1e6:,.1f}", limit=limit // 1_000_000)


def file_bytes(file: Path, name: str) -> bytes:
    """The file, if it is not too large; it is not opened to find that out."""
    try:
        if not file.is_file():
            raise Unreadable("no_file", name=name)
        check_size(name, file.stat().st_size)
        return file.read_bytes()
    except OSError as error:
        raise Unreadable("broken", name=name, why=error.strerror or "?") from error


def read(data: bytes, name: str) -> Document:
    """A file's passages. Raises `Unreadable`; a damaged PDF raises other things too."""
    kind = kind_of(name)
    check_size(name, len(data))
    if kind == "pdf":
        if not data[:1024].lstrip().startswith(b"%PDF-"):
            raise Unreadable("not_pdf", name=name)
        title, blocks = of_pdf(data, name)
    else:
        title, blocks = _of_text(_decoded(data, name), kind, name)
    if not blocks:
        raise Unreadable("empty", name=name)
    outer = {one.headings[0] for one in blocks if one.headings}
    return Document(kind, (title or (outer.pop() if len(outer) == 1 else Path(name).stem))[:200], joined(blocks, name))


def _of_text(text: str, kind: str, name: str) -> tuple[str, list[Passage]]:
    match kind:
        case "html":
            return markup.of_html(text)
        case "faq":
            return "", faq.of_yaml(text, name)
        case "markdown":
            rest, pairs = faq.pairs_in(text)
            return "", [*markup.of_markdown(rest), *pairs]
        case _:
            rest, pairs = faq.pairs_in(text)
            return "", [*(Passage(one.strip()) for one in rest.split("\n\n") if one.strip()), *pairs]


def _decoded(data: bytes, name: str) -> str:
    """Text that people saved with whatever they have: UTF-8, UTF-16 as spreadsheets do, or GB 18030."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data:
        raise Unreadable("not_text", name=name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        with suppress(UnicodeDecodeError):
            text = data.decode("gb18030")
            foreign = [sign for sign in text if sign > "\x7f"]
            if sum("\u3000" <= sign <= "\u9fff" or sign > "\uff00" for sign in foreign) >= _HAN_SHARE * len(foreign):
                return text
        raise Unreadable("encoding", name=name, line=data.count(b"\n", 0, error.start) + 1) from error


_ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG", "LC_ALL") if name in os.environ}
"""What the process that reads a stranger's file knows of ours: no secret."""


MOST_APART = 3
"""Strangers' files that are read at the same time: each may take a core and its bound of memory."""
_apart: set[object] = set()


async def read_trusted(data: bytes, name: str) -> Document:
    """As `read`, of a file that whoever runs us has laid down: a PDF apart all the same, since many are damaged."""
    return await (_read_apart(data, name) if kind_of(name) == "pdf" else asyncio.to_thread(read, data, name))


async def read_apart(data: bytes, name: str) -> Document:
    """As `read`, in a process of its own; raises `Unreadable` also where that takes too long, too much, or breaks, or where
    `MOST_APART` are being read already."""
    if len(_apart) >= MOST_APART:
        raise Unreadable("busy", name=name)
    _apart.add(mine := object())
    try:
        return await _read_apart(data, name)
    finally:
        _apart.discard(mine)


async def _read_apart(data: bytes, name: str) -> Document:
    check_size(name, len(data))
    command = (sys.executable, "-m", __name__, name)
    pipe = asyncio.subprocess.PIPE
    reader = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env=_ENVIRONMENT
    )
    try:
        said, _ = await asyncio.wait_for(reader.communicate(data), _SECONDS)
    except TimeoutError:
        raise Unreadable("too_hard", name=name) from None
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()
    if reader.returncode:
        raise Unreadable("too_hard" if reader.returncode < 0 else "broken", name=name, why="?")
    found = json.loads(said)
    if "error" in found:
        raise Unreadable(found["error"], **found["fields"])
    return Document(found["kind"], found["title"], tuple(map(Passage.of, found["passages"])))


def _main() -> None:
    with suppress(ImportError, ValueError, OSError):  # systems that have no such bounds
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        document = read(sys.stdin.buffer.read(), sys.argv[1])
    except Unreadable as error:
        said: dict[str, object] = {"error": error.key, "fields": error.fields}
    else:
        passages = [one.stored() for one in document.passages]
        said = {"kind": document.kind, "title": document.title, "passages": passages}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    _main()
