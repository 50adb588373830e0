"""Every error that Remora raises on purpose. The class says what the caller does about it.

RemoraError                     what happened, and how to mend it
├── ConfigurationError          a setting is missing or wrong: stop at start, exit code 78
├── Unavailable                 a needed service cannot be reached now: exit code 69 at start, try again later on
│   ├── StoreUnavailable        the database: locked, read-only, missing, full, gone
│   └── ModelUnavailable        the language model: not loaded, crashed, refused
├── Refused                     a person asked for what cannot be done; its text is the answer they get
├── LeaseLost                   another worker took the work over: drop ours, silently
├── RetryLater                  the platform wants this delivery later
└── Undeliverable               the platform will never take this delivery
"""

from __future__ import annotations

import datetime as dt


class RemoraError(Exception):
    """What happened in one line, and how to mend it in another. Neither ever holds a secret or a person's words."""

    exit_code = 1

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(f"{what}\n{mend}" if mend else what)
        self.what = what
        self.mend = mend


class ConfigurationError(RemoraError):
    """A setting is missing or wrong. Names the setting."""

    exit_code = 78


class Unavailable(RemoraError):
    """Something that Remora needs cannot be reached now."""

    exit_code = 69


class StoreUnavailable(Unavailable):
    """The database cannot be read or written now. Nothing of the transaction was kept."""


class ModelUnavailable(Unavailable):
    """The language model cannot answer now. The assistant goes on without it and says so."""


class Refused(RemoraError):
    """What a person asked for cannot be done; `what` is said to them in their language."""


class LeaseLost(RemoraError):
    """The claim ran out and somebody else has the work. Roll back and forget it."""

    def __init__(self, what: str = "the claim on this work ran out") -> None:
        super().__init__(what)


class RetryLater(RemoraError):
    """Try the same delivery again, not before `after` from now (None: by our own back-off)."""

    def __init__(self, what: str, after: dt.timedelta | None = None, *, unknown: bool = False) -> None:
        super().__init__(what)
        self.after = after
        self.unknown = unknown
        """The request left and no answer came: it may have arrived."""


class Undeliverable(RemoraError):
    """The platform refuses this delivery for good. `gone`: the chat itself is closed to us (blocked, deleted)."""

    def __init__(self, what: str, *, gone: bool = False) -> None:
        super().__init__(what)
        self.gone = gone
