"""What the web side is given by the rest of the product."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.messages import Address, Choice


@dataclass(frozen=True, slots=True)
class Past:
    """One message of a conversation as it stands."""

    role: Literal["user", "assistant"]
    text: str
    choices: tuple[Choice, ...] = ()
    key: str = ""
    """The reply's cause, or the message's event id: what arrives again with the same key is shown once."""
    plain: bool = False


History: TypeAlias = Callable[[Address], Awaitable[Sequence[Past]]]
"""The newest messages of a conversation, oldest first; as many as a page should show."""

Check: TypeAlias = Callable[[], Awaitable[None]]
"""Returns if all is well; raises a `RemoraError` that says what is not."""
