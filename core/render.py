"""Text for people: quoting their own words so that no markup or mention in them acts, and shortening."""

from __future__ import annotations

import re

_ACTIVE = re.compile(r"([\\`*_{}\[\]()#+\-!|~<>&$])")


def literal(text: str) -> str:
    """A person's words inside our Markdown: shown as they are, on one line."""
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
