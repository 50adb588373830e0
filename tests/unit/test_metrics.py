"""What Prometheus scrapes counts what happened, and names nobody."""

from __future__ import annotations

import logging
from pathlib import Path

from core import metrics
from tests.unit.spine import settings_in, spine_on


def value(name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


async def test_turns_and_deliveries_are_counted(tmp_path: Path) -> None:
    turns = value("remora_turn_seconds_count", platform="fake", by="model")
    sent = value("remora_deliveries_total", platform="fake", outcome="sent")
    async with spine_on(settings_in(tmp_path)) as world:
        await world.platform.say("something only a model can answer")
        await world.app.settled()
    assert value("remora_deliveries_total", platform="fake", outcome="sent") == sent + 1
    assert value("remora_turn_seconds_count", platform="fake", by="model") == turns + 1


def test_warnings_are_counted_by_part_and_not_by_words() -> None:
    before = value("remora_logged_total", level="warning", part="core.somewhere")
    metrics.Counting().handle(
        logging.makeLogRecord({"levelno": 30, "levelname": "WARNING", "name": "core.somewhere", "msg": "Ann's secret"})
    )
    assert value("remora_logged_total", level="warning", part="core.somewhere") == before + 1
    assert b"Ann" not in metrics.exposed()


async def test_tokens_are_counted_where_the_model_reads_and_writes(tmp_path: Path) -> None:
    read, written = (value("remora_model_tokens_total", kind=kind) for kind in ("prompt", "reply"))
    async with spine_on(settings_in(tmp_path)) as world:
        await world.platform.say("something only a model can answer")
        await world.app.settled()
    assert value("remora_model_tokens_total", kind="prompt") > read
    assert value("remora_model_tokens_total", kind="reply") > written
