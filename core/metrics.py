"""What happens, counted for Prometheus: turns, tokens, deliveries, lateness, errors. Of this process; no name of a person.

The numbers live as long as the process; whoever scrapes several adds them up.
"""

from __future__ import annotations

import logging

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_LATE = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600, 86_400)

registry = CollectorRegistry()
ProcessCollector(registry=registry)
GCCollector(registry=registry)
TURNS = Histogram(
    "remora_turn_seconds",
    "From a message's arrival to its reply in the outbox.",
    ["platform", "by"],
    buckets=_SECONDS,
    registry=registry,
)
"""`by`: "model", "skill" (built-in, or an admin's intent)."""
TOKENS = Counter("remora_model_tokens", "Tokens that the model read and wrote.", ["kind"], registry=registry)
"""`kind`: "prompt", "reply"."""
FAILED_TURNS = Counter("remora_turns_failed", "Turns that broke, by the kind of error.", ["error"], registry=registry)
DELIVERIES = Counter(
    "remora_deliveries", "What became of messages on their way out.", ["platform", "outcome"], registry=registry
)
"""`outcome`: "sent", "retried", "given_up"."""
LATENESS = Histogram(
    "remora_reminder_late_seconds",
    "From the moment a reminder was due to the platform's receipt.",
    buckets=_LATE,
    registry=registry,
)
LOGGED = Counter(
    "remora_logged", "Warnings and errors, by the part that noted them.", ["level", "part"], registry=registry
)
QUEUE = Gauge("remora_queue", "Messages that wait: to be answered, to be delivered.", ["queue"], registry=registry)
INTENTS = Gauge("remora_intents_release", "The release of intents in force in this process.", registry=registry)


class Counting(logging.Handler):
    """Counts records instead of writing them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        LOGGED.labels(record.levelname.lower(), record.name).inc()


def exposed() -> bytes:
    """Everything, in the text format."""
    return generate_latest(registry)
