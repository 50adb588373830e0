"""The admin side and the chat as people have them: in a real browser, with the keyboard, on a phone, in the dark."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

pytest.importorskip("playwright.sync_api", reason="no browser tests: playwright is not installed")
from playwright.sync_api import Browser, Page, expect

from tests.e2e import browser as eyes
from tests.e2e.product import Product, running_product

pytestmark = [
    pytest.mark.process,
    pytest.mark.timeout(300),
    pytest.mark.long,
    pytest.mark.skipif(not eyes.CHROMIUM.exists(), reason=f"no browser tests: there is no {eyes.CHROMIUM}"),
]
SAID = """remind me tomorrow at 9 to call the bank
remind me every weekday at 8 to stretch
what is 15% of 240
do you know where the blue kettle went
purple clouds dance quietly
seven grey stones hum softly
a wooden spoon dreams of soup
four copper bells count the fog
did the green ladder ever sing
"""
NO_PAGES = r"\.ics$|/export$|/in-force$"
"""They are files, or fragments of a page."""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """With a little of everything in it."""
    folder = tmp_path_factory.mktemp("browser")
    with running_product(folder) as started:
        (folder / "lamps.md").write_text("# Lamps\n\n## Returns\n\nA lamp may be brought back within thirty days.\n")
        started.remora("knowledge", "add", str(folder / "lamps.md"))
        started.remora("chat", "--person", "ann", said=SAID)
        started.remora(
            "intents", "add", "opening_hours", "when are you open", "are you open on sunday", "opening times"
        )
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    eyes.PICTURES.mkdir(exist_ok=True)
    with eyes.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def owner(product: Product, browser: Browser) -> Iterator[eyes.Watched]:
    """Signed in by the set-up link, which works once."""
    with eyes.watched(browser, product.url) as window:
        page = window.context.new_page()
        page.goto(product.admin_link)
        page.wait_for_url("**/admin/account**")
        assert window.taken() == []
        page.close()
        yield window


@pytest.fixture(scope="module")
def paths(owner: eyes.Watched) -> list[str]:
    """Every screen of the menu, and the account, with the pages below them."""
    page = owner.context.new_page()
    eyes.opened(page, "/admin")
    menu = page.locator("nav.side li a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(menu) >= 15
    found = ["/admin", "/admin/account", "/admin/learning", "/admin/comparisons"]
    for screen in menu:
        found += _below(page, screen) if screen != "/admin" else []
    page.close()
    return found


@pytest.fixture
def page(owner: eyes.Watched) -> Iterator[Page]:
    shown = owner.context.new_page()
    yield shown
    shown.close()


# --- every screen


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_screen_is_whole(owner: eyes.Watched, paths: list[str], page: Page, language: str) -> None:
    """In both languages, by day and by night, at a desk and on a phone: no error, no other host, no barrier, nothing cut."""
    eyes.opened(page, "/admin")
    if page.locator("html").get_attribute("lang") != language:
        page.locator("form[action='/admin/language'] button[name=language]").click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    faults = {}
    for path in paths:
        if found := _looked_at(owner, page, path, language):
            faults[path] = found
    assert not faults


def _below(page: Page, screen: str) -> list[str]:
    """The screen and what it links to below itself, a page of each form: one intent stands for all intents."""
    found = {screen: screen}
    waiting = [screen]
    while waiting:
        eyes.opened(page, waiting.pop(0))
        for link in page.locator("main a").evaluate_all("links => links.map(link => link.getAttribute('href') || '')"):
            path = link.split("?")[0]
            form = re.sub(r"/(\d+|i/[^/]+|[^/]+\.md)\b", "/#", path)
            if path.startswith(f"{screen}/") and form not in found and not re.search(NO_PAGES, path):
                found[form] = link
                waiting.append(link)
    return list(found.values())


def _looked_at(owner: eyes.Watched, page: Page, path: str, language: str) -> list[str]:
    name = path.split("?")[0].removeprefix("/admin").strip("/").replace("/", "-") or "dashboard"
    status = eyes.opened(page, path)
    found = [] if status == 200 else [f"status {status}"]
    night = language == "en"  # its colours are the same in both
    return found + _by_day_and_night(page, f"{name}-{language}", night=night) + owner.taken()


def _by_day_and_night(page: Page, name: str, *, night: bool = True) -> list[str]:
    """What is wrong with a page that is open; its pictures are kept under the name."""
    found = eyes.barriers(page)
    eyes.picture(page, f"{name}-light")
    if night:
        page.emulate_media(color_scheme="dark")
        found += [f"dark: {one}" for one in eyes.barriers(page, "color-contrast")]
        eyes.picture(page, f"{name}-dark")
        page.emulate_media(color_scheme="light")
    page.set_viewport_size(eyes.PHONE)
    found += eyes.outside(page)
    eyes.picture(page, f"{name}-phone")
    page.set_viewport_size(eyes.DESK)
    return found


# --- what people do on them


def test_an_intent_is_written_published_and_obeyed(product: Product, owner: eyes.Watched, page: Page) -> None:
    eyes.opened(page, "/admin/intents/new")
    page.locator("#name").fill("parking_place")
    page.locator("#examples").fill(
        "where can I park\nis there a parking place\nparking for guests\nwhere do I leave my car"
    )
    page.locator("input[name=action][value=answer]").check(force=True)
    page.locator("[name=answer_text]").first.fill("Guests park behind the mill.")
    page.locator("#editor .actions-bar button.primary").click()
    page.wait_for_url("**/admin/intents/i/parking_place?said=**")
    eyes.opened(page, "/admin/intents/review")
    publish = page.locator("#publish-do button")
    expect(publish).to_be_enabled(timeout=60_000)
    page.locator("#message").fill("Where guests park")
    publish.click()
    page.wait_for_url("**said=intents.published**")
    assert "Guests park behind the mill." in product.remora("chat", "--person", "eve", said="where can I park\n")
    assert owner.taken() == []


def test_two_people_on_one_intent_both_keep_what_they_typed(
    product: Product, owner: eyes.Watched, browser: Browser, page: Page
) -> None:
    address = "/admin/intents/i/opening_hours"
    with eyes.watched(browser, product.url, storage_state=owner.context.storage_state()) as other:
        slower = other.context.new_page()
        eyes.opened(slower, address)
        eyes.opened(page, address)
        for who, text in ((page, "The first description"), (slower, "The second description")):
            who.locator("#description").fill(text)
            who.locator("#editor .actions-bar button.primary").click()
            if who is page:
                page.wait_for_url("**said=**")
        expect(slower.locator("[role=alert]").first).to_be_visible()
        expect(slower.locator("#description")).to_have_value("The second description")
        difference = slower.locator("details.change")
        expect(difference).to_contain_text("The first description")
        expect(difference).not_to_contain_text("enabled")  # nothing but what differs
        assert _by_day_and_night(slower, "conflict") == []


def test_a_reminder_moved_by_an_admin_rings_at_its_new_time(
    product: Product, owner: eyes.Watched, browser: Browser, page: Page
) -> None:
    """And what an admin reads of a conversation, its person learns from /privacy: name and reason."""
    with eyes.watched(browser, product.url) as theirs:
        chat = theirs.context.new_page()
        chat.goto(product.chat_link)
        _say(chat, "remind me in 3 days to water the ferns")
        expect(chat.locator("#log li.reply").last).to_contain_text("ferns")
        before = chat.locator("#log li.reply").count()

        eyes.opened(page, "/admin/reminders")
        page.locator("main tr", has_text="ferns").locator("a").first.click()
        page.locator("#when").fill("in 8 seconds")
        expect(page.locator("#preview li")).to_have_count(1)
        page.locator("form[data-guard] button.primary").click()
        page.wait_for_url("**said=reminders.**")
        expect(chat.locator("#log li.reply").nth(before)).to_be_visible()  # they are told of it
        expect(chat.locator("#log li.reply").nth(before + 1)).to_contain_text("ferns", timeout=60_000)

        eyes.opened(page, "/admin/conversations")
        page.locator("tr", has_text="web").first.locator("a").first.click()
        expect(page.locator("main")).not_to_contain_text("water the ferns")
        page.locator("#reason").fill("Looking for the lost watering can")
        page.locator("form[action$='/reveal'] button").click()
        expect(page.locator("main")).to_contain_text("water the ferns")
        _say(chat, "/privacy")
        expect(chat.locator("#log li.reply").last).to_contain_text("Looking for the lost watering can")
        assert _by_day_and_night(page, "revealed") + _by_day_and_night(chat, "chat") == []
        assert owner.taken() + theirs.taken() == []


def test_the_keyboard_alone_is_enough(owner: eyes.Watched, page: Page) -> None:
    eyes.opened(page, "/admin")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    eyes.opened(page, "/admin")
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('href') || document.activeElement.name || ''"))
    menu = set(page.locator("nav.side li a").evaluate_all("links => links.map(link => link.getAttribute('href'))"))
    assert menu <= reached
    assert "language" in reached
    assert owner.taken() == []


def test_the_menu_of_a_phone_opens_and_leads_on(owner: eyes.Watched, page: Page) -> None:
    page.set_viewport_size(eyes.PHONE)
    eyes.opened(page, "/admin")
    people = page.locator("nav.side a[href='/admin/people']")
    expect(people).not_to_be_visible()
    page.locator("label.burger").click()
    expect(people).to_be_visible()
    eyes.picture(page, "menu-phone")
    people.click()
    page.wait_for_url("**/admin/people")
    expect(people).not_to_be_visible()
    assert owner.taken() == []


def test_the_inbox_is_worked_off_by_keys(owner: eyes.Watched, page: Page) -> None:
    eyes.opened(page, "/admin/inbox")
    items = page.locator("[data-item]")
    many = items.count()
    assert many >= 4
    expect(items.first).to_have_attribute("aria-current", "true")
    page.keyboard.press("j")
    expect(items.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("k")
    expect(items.first).to_have_attribute("aria-current", "true")
    page.keyboard.press("e")
    expect(items.first.locator("[data-intent]")).to_be_focused()
    page.keyboard.press("Escape")
    sentence = items.first.locator(".text").inner_text()
    page.keyboard.press("n")
    page.wait_for_url("**/admin/intents/new?source=**")
    assert sentence in page.locator("#examples").input_value()
    eyes.opened(page, "/admin/inbox")
    page.keyboard.press("o")
    _left(page, many - 1)
    page.keyboard.press("s")
    _left(page, many - 2)
    guess = items.first.locator("[data-intent]").input_value()
    page.keyboard.press("Enter")
    _left(page, many - 3)
    expect(page.locator("#inbox [role=status]")).to_contain_text(guess)
    sentence = items.first.locator(".text").inner_text()
    page.keyboard.press("r")
    _left(page, many - 4)
    eyes.opened(page, "/admin/inbox?review=1")
    expect(items.filter(has_text=sentence)).to_have_count(1)
    assert owner.taken() == []


def _left(page: Page, many: int) -> None:
    """So many are left, and the new ones obey: htmx takes a moment longer to see their buttons than the eye."""
    expect(page.locator("[data-item]")).to_have_count(many)
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)


def test_after_signing_out_the_back_button_shows_nothing(owner: eyes.Watched, page: Page) -> None:
    """The last of the tests: it ends the session that they share."""
    eyes.opened(page, "/admin/people")
    expect(page.locator("main")).to_contain_text("ann")
    page.locator("form[action='/admin/out'] button").click()
    page.wait_for_url("**/admin/enter")
    page.go_back()
    page.wait_for_url("**/admin/enter")
    expect(page.locator("body")).not_to_contain_text("ann")
    assert page.locator("nav.side").count() == 0
    assert _by_day_and_night(page, "entrance") == []
    assert owner.taken() == []


def _say(chat: Page, text: str) -> None:
    """Returns when the answer is there."""
    replies = chat.locator("#log li.reply:not(.growing)")
    before = replies.count()
    chat.locator("#text").fill(text)
    chat.keyboard.press("Enter")
    expect(replies.nth(before)).to_be_visible(timeout=30_000)
