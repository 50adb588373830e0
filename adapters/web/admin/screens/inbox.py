"""The inbox: sentences that the intents did not understand, to be labelled by keyboard, the least certain first."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get, post
from adapters.web.markdown import to_html
from core.admin import labelling
from core.admin.intents import catalogs
from core.errors import Refused
from core.intents.definition import NAME
from core.intents.releases import NotPublishable

_FILTERS = ("reason", "language", "platform", "review")
_DONE = {"-": "inbox.done_out", "": "inbox.done_skip", "?": "inbox.done_review"}


async def show(visit: Visit) -> Response:
    return await _page(visit)


async def _page(visit: Visit, status: int = 200, *, done: str = "", wrong: str = "", key: str = "") -> Response:
    """The whole page, or the list alone where the script asks for it."""
    wanted = {name: (visit.field(name) or visit.ask(name))[:40] for name in _FILTERS}
    found = await labelling.inbox(
        visit.desk, reason=wanted["reason"], language=wanted["language"], platform=wanted["platform"],
        review=bool(wanted["review"]),
    )  # fmt: skip
    names = [intent.name for intent in (await catalogs(visit.desk)).edited]
    template = "inbox_list.html" if visit.request.headers.get("hx-request") else "inbox.html"
    return visit.page(
        template, status, found=found, names=names, wanted=wanted, reasons=labelling.REASONS, done=done, wrong=wrong, key=key,
        query=urlencode({name: value for name, value in wanted.items() if value}), platforms=("telegram", "slack", "web"),
    )  # fmt: skip


async def label(visit: Visit) -> Response:
    """An intent by its name, "-" out of scope, "" skipped, "?" for somebody else; then the rest, judged anew."""
    key, given = visit.field("key"), visit.field("given").strip()
    chosen = visit.field("intent").strip() if given == "=" else given
    words = visit.words["inbox"]
    known = {intent.name for intent in (await catalogs(visit.desk)).edited}
    if chosen not in _DONE and chosen not in known:
        unknown = "unknown_intent" if NAME.fullmatch(chosen) else "no_intent"
        return await _page(visit, 422, wrong=words[unknown].format(name=chosen[:64]), key=key)
    try:
        await visit.desk.editing.noting(visit.note).label(key, chosen, visit.actor.name)
    except NotPublishable as refused:
        return await _page(visit, 422, wrong=refused.problems[0].text(visit.language), key=key)
    except Refused:
        return await _page(visit, 422, wrong=words["gone"], key=key)
    if visit.request.headers.get("hx-request"):
        return await _page(
            visit, done=words["done"].format(name=chosen) if chosen not in _DONE else _said(visit, chosen)
        )
    query = {name: value for name in _FILTERS if (value := visit.field(name))}
    return visit.go("/admin/inbox", _DONE.get(chosen, "inbox.done_example"), **query)


def _said(visit: Visit, given: str) -> str:
    return visit.words["inbox"][_DONE[given].partition(".")[2]]


async def context(visit: Visit) -> Response:
    """Asks for the reason why somebody wants to read what was said around a sentence."""
    return await _context(visit, visit.ask("key"))


async def show_context(visit: Visit) -> Response:
    key = visit.field("key")
    if not visit.field("reason").strip():
        return await _context(visit, key, 422, wrong="reason_missing")
    said = await labelling.around(visit.desk, key, visit.actor, visit.field("reason")[:500], visit.language)
    rich = [(text, await to_html(replied, plain=False) if replied else "") for text, replied in said or ()]
    return await _context(visit, key, around=rich)


async def _context(
    visit: Visit, key: str, status: int = 200, *, around: list[tuple[str, str]] | None = None, wrong: str = ""
) -> Response:
    said = await labelling.sentence(visit.desk, key)
    if said is None:
        raise HTTPException(404)
    return visit.page("inbox_context.html", status, sentence=said, around=around, wrong=wrong)


SCREEN = Screen(
    "inbox", "inbox", 12,
    (
        get("/admin/inbox", show, "intents.edit"),
        get("/admin/inbox/context", context, "text.reveal"),
        post("/admin/inbox/context", show_context, "text.reveal"),
        post("/admin/inbox/label", label, "intents.edit"),
    ),
    needs="intents.edit",
)  # fmt: skip
