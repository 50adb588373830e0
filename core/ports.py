"""What the core asks of the outside. Three Protocols; each docstring is a guarantee that the contract tests check.

What a platform can do is data (`Capabilities`), never an optional method.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol, TypeAlias

from core.messages import Address, Capabilities, Delivery, Message, ModelInfo, Receipt, ReplyEvent, Sampling, Utterance

Inbound: TypeAlias = Callable[[Message], Awaitable[None]]
"""Takes a message for good. When it returns, the message is committed and the platform may be told so. When it raises
(`Unavailable`), nothing was kept: the adapter must not acknowledge, so that the platform sends it again. The same
`event_id` again is harmless."""


WITHDRAWN: Final = "withdrawn"


class Adapter(Protocol):
    """One chat platform. The core calls nothing else of it."""

    @property
    def name(self) -> str:
        """The `Address.platform` of everything that comes from here."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def where(self) -> str:
        """Once connected: who and where it is, and how to get in, for the person who starts Remora. One line."""

    def connect(self) -> AbstractAsyncContextManager[None]:
        """Entering checks the credentials and raises `ConfigurationError` by the setting's name if they are wrong, or
        `Unavailable` if the platform cannot be reached. Leaving closes every connection and task."""

    async def listen(self, inbound: Inbound) -> None:
        """Hands over each message, oldest first within an address, and acknowledges it to the platform only after
        `inbound` returned. Returns when the platform's stream ends by itself (end of input at a terminal);
        otherwise runs until cancelled, and reconnects by itself. Events that are not meant for an assistant
        (its own messages, those of other bots) are acknowledged and dropped here."""

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        """Posts once, and replaces the preview shown for the same cause, if there is one.

        Calls `left()` as soon as the request's last byte was handed to the network and before the answer is read; for
        a reply in several parts, with the last one. With `delivery.doubtful` and `can_look`, looks first and returns
        what it finds. Raises `RetryLater` (rate limit, 5xx, no connection: the core tries again) or `Undeliverable`
        (blocked, gone, refused: it does not). Any other outcome is a Receipt."""

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        """Shows a reply while it grows, as far as the platform can; consumes `events` to their end in any case, at
        the speed they come (never slows the model down). Best effort: a failure here is logged by the adapter and
        harms nothing, since `send` with the same cause follows. Cancelling it ends the preview; cancelled with the word
        `WITHDRAWN`, no `send` follows, and what stands of it is taken away."""


def served(adapters: Iterable[Adapter]) -> list[str]:
    """What these adapters serve: names of platforms, and keys of single addresses. Work for others is left alone."""
    return [adapter.capabilities.only_address or adapter.name for adapter in adapters]


class LanguageModel(Protocol):
    """A causal language model, wherever it runs. Never blocks the event loop."""

    @property
    def info(self) -> ModelInfo: ...

    def generate(self, turns: Sequence[Utterance], sampling: Sampling) -> AsyncGenerator[str]:
        """Yields the reply piece by piece, whole characters only. Closing it (`aclosing`) stops the work within one
        token. Raises `ModelUnavailable` before the first piece or between two."""

    def count_tokens(self, turns: Sequence[Utterance]) -> int:
        """Length of the prompt in the model's tokens, its template included; an estimate from above where the
        tokenizer is not at hand."""

    async def ready(self) -> None:
        """Returns once the model can answer; raises `ModelUnavailable` with the mend if it never will."""

    async def aclose(self) -> None:
        """Stops all work and frees the memory; running generators end."""


class Clock(Protocol):
    """The only source of the time. Tests put their own in its place."""

    def now(self) -> dt.datetime:
        """Aware, in UTC."""

    async def sleep_until(self, moment: dt.datetime) -> None:
        """Returns at `moment` or at once if it has passed; follows jumps of the clock within a second."""
