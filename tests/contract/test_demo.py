"""The demo: the real adapters on its stand-ins, one page without a foreign request, and a clock that goes forward."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bots._demo.show import Demo
from bots._demo.telegram import styled
from tests.conftest import make_settings

PAGE = resources.files("bots._demo") / "page"
PATIENCE = 60.0


@dataclass
class Page:
    """A browser, as far as the page's script goes."""

    demo: Demo
    client: httpx2.AsyncClient
    events: list[dict[str, Any]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def do(self, **what: Any) -> int:
        return (await self.client.post("/do", content=json.dumps(what))).status_code

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while (found := next((event for event in self.events if wanted(event)), None)) is None:
                self.changed.clear()
                await self.changed.wait()
        return found

    async def said(self, side: str, pattern: str) -> dict[str, Any]:
        """The first finished message of the assistant on that side which holds this."""
        return await self.until(
            lambda one: one["kind"] == "bubble" and one["side"] == side and one["who"] == "bot" and not one["draft"]
            and re.search(pattern, one["html"]) is not None
        )  # fmt: skip

    async def listen(self) -> None:
        async with self.client.stream("GET", "/events") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    self.events.append(json.loads(line.removeprefix("data: ")))
                    self.changed.set()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    script = tmp_path / "script.json"
    rules = [{"match": "story", "reply": "Once **upon** a time " * 8, "delay_ms": 60}, {"reply": "a < b & *c*"}]
    script.write_text(json.dumps(rules))
    (tmp_path / "kept").mkdir()
    settings = make_settings(
        tmp_path, REMORA_MODEL_BACKEND="scripted", REMORA_MODEL_SCRIPT=str(script), DEFAULT_TIMEZONE="Europe/Paris"
    )
    yield Demo(settings, tmp_path / "kept", 0)
    assert not (tmp_path / "data" / "remora.db").exists(), "it keeps everything in a folder of its own"


@asynccontextmanager
async def open_page(demo: Demo) -> AsyncIterator[Page]:
    async with (
        demo.playing(),
        httpx2.AsyncClient(base_url=demo.url, headers={"Origin": demo.url}, timeout=PATIENCE) as client,
    ):
        page = Page(demo, client)
        listening = asyncio.create_task(page.listen())
        try:
            yield page
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


@pytest.mark.parametrize(
    ("side", "words", "confirmed", "rings", "button"),
    [
        ("slack", "remind me in 20 minutes to stretch", "remind you to stretch", "⏰ stretch", "Done"),
        ("telegram", "提醒我明天早上9点开会", "我会提醒你“开会”", "⏰ 开会", "完成"),
    ],
)
async def test_a_reminder_is_set_rings_after_a_jump_and_is_done(
    demo: Demo, side: str, words: str, confirmed: str, rings: str, button: str
) -> None:
    async with open_page(demo) as page:
        await page.do(side=side, say=words)
        await page.said(side, confirmed)
        assert await page.do(hours=0) == 200
        rang = await page.said(side, rings)
        assert "late" not in rang["html"], "a jump is no downtime"
        assert (await page.until(lambda one: one["kind"] == "clock" and one["ahead"] > 0))["zone"] == "Europe/Paris"
        await page.do(side=side, id=rang["id"], press=rang["buttons"].index(button))
        await page.said(side, "Done|完成")


async def test_a_jump_of_a_day_stops_wherever_something_rings(demo: Demo) -> None:
    async with open_page(demo) as page:
        await page.do(side="slack", say="remind me every 6 hours to drink")
        await page.said("slack", "every 6 hours")
        await page.do(hours=24)
        await page.until(lambda one: one["kind"] == "clock" and one["ahead"] >= 86_390)
        rang = {one["id"] for one in page.events if one.get("who") == "bot" and "⏰ drink" in one["html"]}
        assert len(rang) == 4


@pytest.mark.parametrize("side", ["slack", "telegram"])
async def test_a_reply_is_seen_growing_with_its_formatting(demo: Demo, side: str) -> None:
    async with open_page(demo) as page:
        await page.do(side=side, say="tell me a story")
        growing = await page.until(
            lambda one: one.get("draft", False) and one["side"] == side and "Once" in one["html"]
        )
        whole = await page.said(side, "Once")
        assert len(growing["html"]) < len(whole["html"])
        assert "<b>upon</b>" in whole["html"] or "<strong>upon</strong>" in whole["html"]


@pytest.mark.parametrize("side", ["slack", "telegram"])
async def test_words_are_never_markup_of_the_page(demo: Demo, side: str) -> None:
    async with open_page(demo) as page:
        await page.do(side=side, say="<img src=x onerror=alert(1)> & co")
        mine = await page.until(lambda one: one.get("who") == "person")
        assert "<img" not in mine["html"]
        assert "a &lt; b &amp; <" in (await page.said(side, "a "))["html"]


async def test_the_page_asks_nobody_else_and_runs_nothing_foreign(demo: Demo) -> None:
    async with open_page(demo) as page:
        for name in ("/", "/demo.js", "/demo.css"):
            answer = await page.client.get(name)
            assert answer.status_code == 200
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert not re.search(r"https?://|url\(|@import", answer.text)
        assert (await page.client.get("/secret")).status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
async def test_another_site_can_do_nothing(demo: Demo, origin: str) -> None:
    async with open_page(demo) as page:
        answer = await page.client.post("/do", content='{"hours": 1}', headers={"Origin": origin})
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "what",
    ["", "[", "[]", '{"hours": -1}', '{"hours": 1e9}', '{"side": "irc", "say": "x"}', '{"side": "slack", "say": " "}'],
)
async def test_what_makes_no_sense_is_refused(demo: Demo, what: str) -> None:
    async with open_page(demo) as page:
        assert (await page.client.post("/do", content=what)).status_code == 400


async def test_a_button_that_is_not_there_does_nothing(demo: Demo) -> None:
    async with open_page(demo) as page:
        for side in ("slack", "telegram"):
            assert await page.do(side=side, id="999", press=0) == 200
            assert await page.do(side=side, id="x", press=-1) == 200


def test_entities_count_utf16_units_and_may_be_nested() -> None:
    def said(text: str, *entities: dict[str, Any]) -> str:
        known = {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}
        return styled(known | {"text": text, "entities": list(entities)})

    bold, both = {"type": "bold", "offset": 3, "length": 13}, {"type": "italic", "offset": 12, "length": 4}
    assert said("😀 bold and both", bold, both) == "😀 <b>bold and <i>both</i></b>"
    for url in ("javascript:alert(1)", 'https://x"onclick="alert(1)'):
        assert 'onclick="' not in (linked := said("x", {"type": "text_link", "offset": 0, "length": 1, "url": url}))
        assert "javascript" not in linked


def test_both_languages_of_the_page_have_the_same_words() -> None:
    script = (PAGE / "demo.js").read_text(encoding="utf-8")
    english, chinese = (
        set(re.findall(r"(\w+): \"", re.search(rf"  {language}: {{(.*?)\n  }}", script, re.DOTALL)[1]))  # type: ignore[index]
        for language in ("en", "zh")
    )
    assert english == chinese
    wanted = re.findall(r'data-(?:word|hint)="(\w+)"', (PAGE / "index.html").read_text(encoding="utf-8"))
    assert set(wanted) <= english


def test_the_models_of_the_settings_serve_the_demo_too(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    (settings.data_dir / "models" / "small").mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    Demo(settings, tmp_path / "kept", 0)
    assert (tmp_path / "kept" / "models" / "small").is_dir()
