"""Text in both directions: what people wrote becomes plain text, what the model wrote cannot ping anyone.

A model's words are untrusted. Slack turns `<!channel>` or `<@U1>` into a notification for everyone or someone, and a
Markdown block decodes entities and backslashes before it looks. So the tokens are broken by an invisible character
behind their first one: they show as written, whatever is decoded, and never match.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

BREAK = "\u200b"
"""Zero-width space: shows nothing, and ends any token."""

_OPENER = r"(?:<|&lt;?|&#0*60;?|&#x0*3c;?)"
_AT_OR_HASH = r"(?:[@#]|&(?:commat|num);|&#0*(?:64|35);?|&#x0*(?:40|23);?)"
_BANG = r"(?:!|&excl;|&#0*33;?|&#x0*21;?)"
_EVERYONE = r"(?:channel|here|everyone|group)"
_PING = re.compile(
    rf"{_OPENER}(?=\\*(?:{_AT_OR_HASH}\\*[A-Z0-9]|{_BANG}\\*(?:{_EVERYONE}|subteam|date)))"
    rf"|(?<![A-Z0-9._%+-])@(?={_EVERYONE}(?![A-Z0-9_]))"
    rf"|@(?={_EVERYONE}(?![A-Z0-9_]|\.[A-Z0-9]))",  # all but the middle of an e-mail address
    re.IGNORECASE,
)
_UNFINISHED = re.compile(r"(?:[<&@][^\s<&@]{0,24})+\Z")


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def clean(text: str) -> str:
    """Without control characters and halves of characters, which Slack refuses or shows as rubbish."""
    return _UNSEEN.sub("", text)


def neutralise(markdown: str) -> str:
    """The same text to the eye, with nothing in it that Slack takes for a mention."""
    return _PING.sub(lambda token: token.group() + BREAK, clean(markdown))


def escape(text: str) -> str:
    """For mrkdwn and `text` fields: Slack's three special characters as entities."""
    return html.escape(text, quote=False)


def settled(markdown: str) -> str:
    """The part of a growing text that later words cannot change, neutralised. Always at least a character short of
    the whole, so that a finished message can be told from a preview that was interrupted."""
    text = markdown[:-1]
    if unfinished := _UNFINISHED.search(text):
        text = text[: unfinished.start()]
    return neutralise(text)


_TOKEN = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def readable(mrkdwn: str, bot: str) -> str:
    """What a person typed, from Slack's form of it: without the mention of the bot, links and names in words."""

    def word(token: re.Match[str]) -> str:
        target, label = token.group(1), token.group(2)
        match target[0]:
            case "@":
                return "" if target[1:] == bot else f"@{(label or target[1:]).removeprefix('@')}"
            case "#":
                return f"#{label or target[1:]}"
            case "!":
                return label or f"@{target[1:].partition('^')[0]}"
        address = target.removeprefix("mailto:").removeprefix("tel:")
        bare = re.sub(r"^https?://", "", address).rstrip("/")
        if not label or label.rstrip("/") in (target, address, bare):
            return label or address  # as typed: Slack made the link of it
        return f"{label} ({address})"

    mentioned = f"<@{bot}" in mrkdwn
    text = html.unescape(_TOKEN.sub(word, mrkdwn))
    if mentioned:
        text = re.sub(r"(?<=\S)[ \t]{2,}(?=\S)", " ", text).strip().lstrip(",:;，：").strip()
    return text


_FENCE = re.compile(r" {0,3}(`{3,40}|~{3,40})(.*)")
_FENCE_ROOM = 200


def split(markdown: str, limit: int) -> list[str]:
    """Pieces of at most `limit` characters, cut between paragraphs or lines where that can be; a code block that is
    cut is closed and opened again. At least one piece, in order."""
    pieces: list[str] = []
    piece, fence, opening = "", "", ""
    for line in _lines(markdown, limit - _FENCE_ROOM):
        found = _FENCE.match(line)
        closing = len(fence) or (len(found.group(1)) if found else 0)
        while piece and len(piece) + len(line) + closing + 1 > limit:
            cut = len(piece) if fence else _paragraph(piece)
            closed = piece[:cut].rstrip("\n") + (f"\n{fence}" if fence else "")
            pieces.append(closed)
            piece = (opening if fence else "") + piece[cut:]
        piece += line
        if found:
            marker, rest = found.group(1), found.group(2).strip()
            if not fence:
                fence, opening = marker, line.rstrip("\n")[: _FENCE_ROOM // 2] + "\n"
            elif marker.startswith(fence) and not rest:
                fence = opening = ""
    return [*pieces, piece] if piece.strip() or not pieces else pieces


def _paragraph(piece: str) -> int:
    """Where to cut: after the last blank line of the second half, else at the end."""
    at = piece.rfind("\n\n", len(piece) // 2)
    return at + 2 if at >= 0 else len(piece)


def _lines(text: str, longest: int) -> Iterator[str]:
    for line in text.splitlines(keepends=True):
        while len(line) > longest:
            space = line.rfind(" ", longest // 2, longest)
            cut = space + 1 if space >= 0 else longest
            yield line[:cut]
            line = line[cut:]
        yield line
