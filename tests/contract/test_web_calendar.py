"""The calendar's address: the secret is the key, and a wrong one is answered like a missing page."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.testclient import TestClient

from adapters.web import calendar
from core.errors import Unavailable

SECRET = "s" * 32
FILE = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


async def _known(secret: str) -> str | None:
    return FILE if secret == SECRET else None


async def _starting(_: str) -> str | None:
    raise Unavailable("Remora is starting")


def test_with_the_secret() -> None:
    with TestClient(Starlette(routes=calendar.routes(_known))) as client:
        answer = client.get(f"/calendar/{SECRET}.ics")
    assert (answer.status_code, answer.text) == (200, FILE)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"


def test_without_it() -> None:
    with TestClient(Starlette(routes=calendar.routes(_known))) as client:
        answers = [client.get(f"/calendar/{guess}.ics") for guess in ("x" * 32, "..%2f", "short", "s" * 33)]
        posted = client.post(f"/calendar/{SECRET}.ics")
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers if "calendar" in answer.text}) == 1
    assert posted.status_code == 405


def test_while_the_product_starts() -> None:
    with TestClient(Starlette(routes=calendar.routes(_starting))) as client:
        assert client.get(f"/calendar/{SECRET}.ics").status_code == 503
