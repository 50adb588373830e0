"""A real browser before the product: what it complains about is kept, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
PICTURES = Path(__file__).parent / "output"
DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
expect.set_options(timeout=30_000)
_OWN = ("data", "blob", "about")
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_GRAVE = ("serious", "critical")
Scheme = Literal["light", "dark"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Without its sandbox: the tests may run as root."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A browser's window with a memory for what went wrong in it."""

    context: BrowserContext
    host: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("console", lambda said: self._heard(said.type, said.text))
        self.context.on("weberror", lambda error: self.complaints.append(f"page error: {error.error}"))
        self.context.on("request", self._asked)

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"console {kind}: {text}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in _OWN and parts.netloc != self.host:
            self.complaints.append(f"asked another host: {request.url}")

    def taken(self) -> list[str]:
        """What was complained of since the last time."""
        said, self.complaints[:] = list(self.complaints), []
        return said


@contextmanager
def watched(browser: Browser, url: str, **more: Any) -> Iterator[Watched]:
    """A browser of somebody's own, with nothing moving, and this host's cookies only where `more` brings them."""
    context = browser.new_context(viewport=DESK, reduced_motion="reduce", base_url=url, **more)  # type: ignore[arg-type]
    context.set_default_timeout(60_000)
    try:
        yield Watched(context, urlsplit(url).netloc)
    finally:
        context.close()


def opened(page: Page, path: str) -> int:
    """The status; what the page asks for by itself has come, too."""
    answer = page.goto(path, wait_until="load")
    page.wait_for_function("!document.querySelector('.htmx-request')")
    return answer.status if answer else 0


def barriers(page: Page, *rules: str) -> list[str]:
    """What stands in the way of people who hear pages or see little; all rules where none is named."""
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_AXE)
    found = page.evaluate(f"axe.run({json.dumps(options)})")
    return [
        f"{one['id']}: {one['help']}: {[node['target'][0] for node in one['nodes']][:4]}"
        for one in found["violations"]
        if one["impact"] in _GRAVE
    ]


def outside(page: Page) -> list[str]:
    """What a window of this width does not show without scrolling sideways."""
    wide = int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
    left = page.locator("main :is(a, button, input, select, textarea, h1, h2)").evaluate_all(
        "all => all.filter(one => { const box = one.getBoundingClientRect(); return box.width > 1 && box.left < 0; })"
        ".map(one => one.outerHTML.slice(0, 80))"
    )
    return ([f"runs {wide} px out at the right"] if wide > 0 else []) + [
        f"is left of the window: {one}" for one in left
    ]


def picture(page: Page, name: str) -> None:
    """Kept beside the tests, for eyes; the window grows for it, so that what sticks to an edge stands at the edge."""
    kept = page.viewport_size
    assert kept is not None
    tall = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": kept["width"], "height": max(kept["height"], min(tall, 6_000))})
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
    page.set_viewport_size(kept)
