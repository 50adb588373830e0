"""What takes too long for a page: done once beside the pages, which ask how far it is."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

_KEPT = 12


@dataclass(slots=True)
class Job:
    """Work that was begun: `step` of `steps` is going on."""

    steps: int
    step: int = 0
    task: asyncio.Task[Any] = field(init=False)

    def next(self) -> None:
        """One step is done; may be called from any thread."""
        self.step = min(self.step + 1, self.steps - 1)

    @property
    def ready(self) -> bool:
        return self.task.done() and not self.failed

    @property
    def failed(self) -> bool:
        return self.task.done() and (self.task.cancelled() or self.task.exception() is not None)


@dataclass(slots=True)
class Jobs:
    """The newest jobs of a process, by what they are about."""

    known: OrderedDict[object, Job] = field(default_factory=OrderedDict)

    def begun(self, about: object, work: Callable[[Job], Awaitable[Any]], steps: int, *, again: bool = False) -> Job:
        """The job about this, begun now if there is none yet, or with `again` if it has ended."""
        job = self.known.get(about)
        if job is None or (again and job.task.done()):
            job = self.known[about] = Job(steps)
            job.task = asyncio.create_task(_run(work, job), name="admin-job")
        self.known.move_to_end(about)
        while len(self.known) > _KEPT:
            self.known.popitem(last=False)[1].task.cancel()
        return job


async def _run(work: Callable[[Job], Awaitable[Any]], job: Job) -> Any:
    return await work(job)
