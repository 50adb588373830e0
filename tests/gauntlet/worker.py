"""A worker of reminders in a process of its own, to be killed, suspended and restarted.

    python -m tests.gauntlet.worker '{"socket": ..., "folder": ..., "database": ..., "looks": true}'

It delivers to the platform at the other end of the socket, says "ready" once it does, and ends in order on SIGTERM.
"""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
from pathlib import Path
from typing import Any

from core.clock import SystemClock
from core.logs import configure
from tests.fakes.ledger import started
from tests.fakes.socket_platform import SocketPlatform


async def main(orders: dict[str, Any]) -> None:
    configure("WARNING")
    platform = SocketPlatform(orders["socket"], looks=orders["looks"])
    ledger = started(
        orders["database"], Path(orders["folder"]), SystemClock(), {"fake": platform},
        lease=orders.get("lease", 3.0), settle=orders.get("settle", 1.0),
    )  # fmt: skip
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    while ledger.worker._last is None:
        await asyncio.sleep(0.01)
    gc.freeze()
    print("ready", flush=True)
    await stop.wait()
    await ledger.stop()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
