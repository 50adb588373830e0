"""`/metrics`: what Prometheus scrapes. Asks no sign-in, like the health checks, and says nothing of a person."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import metrics
from core.admin.desk import Desk
from core.errors import Unavailable
from core.ports import served
from core.store import inbox, outbox


def routes(desk: Callable[[], Desk]) -> list[Route]:
    """The counters of this process, and how long the queues are now, where the database says."""

    async def exposed(_: Request) -> Response:
        with suppress(Unavailable):
            here = desk()
            names = served(here.adapters.values())
            async with here.store.read() as tx:
                metrics.QUEUE.labels("inbox").set(await inbox.count_open(tx, names))
                metrics.QUEUE.labels("outbox").set(await outbox.count_open(tx, names, here.clock.now()))
            metrics.INTENTS.set(here.live.current.number)
        return Response(metrics.exposed(), media_type=metrics.CONTENT_TYPE)

    return [Route("/metrics", exposed)]
