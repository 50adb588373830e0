"""`python -m core.lm.weights`: the default model's weights are in the data folder afterwards. At once if they were."""

from __future__ import annotations

import sys

from core.errors import RemoraError
from core.lm.weights import ensure
from core.settings import load_settings


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> int:
    """The exit code of the error, or 0."""
    try:
        ensure(load_settings(), _say, terminal=sys.stdout.isatty())
    except RemoraError as error:
        _say(str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
