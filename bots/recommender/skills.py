"""Taste learned from what people say and rate, kept among their facts; recommendations with the reason; all of it shown and forgotten.

A rating is a fact like any other (`/memory` shows it, “forget …” and `/forget all` remove it), so it is in force with the next message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, Final

from bots.recommender import taste
from bots.recommender.taste import Found, Item, called, catalog, items_in, recommended, tags_in
from core.knowledge.answers import asks
from core.language.phrases import phrases, say
from core.memory import keeping
from core.messages import Choice, Reply
from core.render import literal
from core.skills.base import Command, Outcome, Skill, Turn, heard, lasting
from core.store import Tx, memory
from core.store.memory import Statement

NAME: Final = "recommender"
_KEY: Final = "recommender "
_LONGEST, _SHOWN, _LISTED, _SHORT = 200, 3, 30, 60
_IS: Final = heard(__file__)
_TELL: Final = "tell"
_KINDS: Final = ("music", "film")
_POLAR: Final = tuple((stars, _IS[f"stars_{stars}"]) for stars in (3, 1, 2, 5, 4))
_END = " .!。！?？"


def _stars(said: str) -> int | None:
    if tenths := _IS["tenths"].search(said):
        return (int(tenths[1] or tenths[2]) + 1) // 2
    if given := _IS["stars"].search(said):
        if given[2]:
            return len(given[2])
        return int(given[1] or given[4] or "一二三四五".index(given[3].replace("两", "二")) + 1)
    return next((stars for stars, words in _POLAR if words.search(said.strip())), None)


def _titled(said: str) -> str:
    """Without the titles that it names: "The Good, the Bad and the Ugly" says nothing of whether it was good."""
    for item in items_in(said):
        for title in (item.en, item.zh):
            said = re.sub(re.escape(title), " ", said, flags=re.IGNORECASE)
    return said


def _recognize(turn: Turn) -> Command | None:
    said = turn.text.strip(_END)
    if turn.message.kind not in ("text", "edit") or len(said) > _LONGEST:
        return None
    if _IS["forget_one"].match(said) and _named(turn, said):
        return Command("/taste", f"forget {said}")
    if memory_is_meant(said):
        return None
    if _IS["forget"].fullmatch(said):
        return Command("/taste", "forget")
    if _IS["taste"].fullmatch(said):
        return Command("/taste", "")
    about = bool(_IS["film"].search(said) or _IS["music"].search(said))
    if _IS["asks"].search(said) and _stars(_titled(said)) != 1 and (about or items_in(said) or tags_in(said)):
        return Command("/recommend", said)
    about_it = _asked_about(said)
    if about_it and {item.id for item in about_it} & set(
        _taste(turn)
    ):  # else memory would say what it knows: the stars
        return Command(_TELL, said)
    if asks(turn.text):
        return None
    unknown = _stars(said) is not None and re.search(
        r"《|[“\"].+[”\"]|\b(?:film|movie|album|song)\b", said, re.IGNORECASE
    )
    ours = (turn.session.pending or {}).get("skill") == NAME
    return Command("/rate", said) if unknown or _ratings(said, ours) else None


def _named(turn: Turn, said: str) -> list[str]:
    """What a text names of what was rated."""
    keys = [item.id for item in items_in(said)] or [f"#{tag}" for tag in tags_in(said)]
    return [key for key in keys if key in _taste(turn)]


def _ratings(said: str, ours: bool = True) -> dict[str, int]:
    """The stars of each thing that a message names, clause by clause: "I loved Coco but hate horror". `ours`: films and music
    are what is spoken of."""
    for item in items_in(said):
        for title in (item.en, item.zh):
            said = re.sub(re.escape(title), title.replace(",", " "), said, flags=re.IGNORECASE)
    given: dict[str, int] = {}
    for clause in _IS["clause"].split(said):
        bare = _titled(clause)
        about = ours or bool(_IS["film"].search(bare) or _IS["music"].search(bare))
        keys = [item.id for item in items_in(clause)] or [f"#{tag}" for tag in tags_in(bare, everyday=about)]
        if (stars := _stars(bare)) is not None:
            given |= dict.fromkeys(keys, stars)
    return given


def memory_is_meant(said: str) -> bool:
    return bool(re.match(r"(?:please )?(?:forget|remember|remind)|忘|记住|提醒", said, re.IGNORECASE)) and not _IS["forget"].fullmatch(said)  # fmt: skip


async def _answer(turn: Turn, found: Command) -> Outcome:
    match found.name:
        case "/recommend":
            return _recommend(turn, found.rest)
        case "/rate":
            return _rate(turn, _ratings(found.rest))
        case name if name == _TELL:
            return _told(turn, _asked_about(found.rest))
    forget = re.match(r"\s*(?:forget|忘掉|清空)\s*", found.rest, re.IGNORECASE)
    return _forget(turn, _named(turn, found.rest[forget.end() :])) if forget else _shown(turn)


def _said(turn: Turn, key: str, **fields: object) -> Outcome:
    return Outcome(Reply(say(turn.language, f"{NAME}.{key}", **fields)), intent=key)


def _taste(turn: Turn) -> dict[str, int]:
    """Stars by the id of an item, or `#tag`."""
    return {fact.key.removeprefix(_KEY): int(fact.value) for fact in turn.memory.usable if fact.key.startswith(_KEY)}


def _thing(turn: Turn, key: str) -> str:
    if key.startswith("#"):
        return catalog().tag(key[1:], turn.language)
    place = catalog().place(key)
    return "" if place is None else catalog().items[place].title(turn.language)


# --- recommending


def _recommend(turn: Turn, asked: str, seen: tuple[str, ...] = (), taste_now: dict[str, int] | None = None) -> Outcome:
    known = dict(_taste(turn) if taste_now is None else taste_now)
    like, rest = items_in(asked), _IS["except"].sub("not ", _titled(asked))
    kind = next((kind for kind in _KINDS if _IS[kind].search(rest)), "")
    if like:
        known = {item.id: 5 for item in like} | {key: stars for key, stars in known.items() if stars < 3}
        kind = kind or like[0].kind
    unwanted = [
        f"#{tag}" for clause in _IS["clause"].split(rest) if _IS["without"].search(clause) for tag in tags_in(clause)
    ]
    known |= dict.fromkeys(unwanted, 1)
    wanted = [tag for tag in tags_in(rest) if f"#{tag}" not in unwanted]
    kinds = _kinds([f"#{tag}" for tag in wanted] or unwanted)
    kind = kind or (kinds.pop() if len(kinds) == 1 else "")
    without = [*seen, *_outside(rest)]
    found = _of_both(known, rest, without) if _IS["both"].search(rest) and not unwanted else []
    found = found or recommended(known, kind=kind, tags=wanted, without=without, count=_SHOWN)
    if like and _IS["by"].search(rest):
        found = [Found(item, 0.0, "", ()) for item in like[:_SHOWN]]
    if not found:
        return _said(turn, "nothing_fits")
    unsaid = _IS["unsaid"].search(rest) and not (like or wanted or unwanted)
    lines = [say(turn.language, f"{NAME}.{'here' if known else 'to_begin'}")]
    if unsaid:
        lines.insert(0, say(turn.language, f"{NAME}.unknown_wish"))
    lines += [f"{number}. {_line(turn, one)}" for number, one in enumerate(found, 1)]
    return _showing(lines, [one.item.id for one in found], asked, seen, "recommend")


def _of_both(known: dict[str, int], asked: str, without: Sequence[str]) -> list[Found]:
    """ "A comedy and some jazz records": each part with its own kind and tags, the best of each first. Empty where only one is meant."""
    ways = [
        recommended(known, kind=kind, tags=tags_in(part), without=without, count=_SHOWN)
        for part in _IS["part"].split(asked)
        if not _IS["without"].search(part) and (kind := next((one for one in _KINDS if _IS[one].search(part)), ""))
    ]
    return [one for row in zip_longest(*ways) for one in row if one][:_SHOWN] if len(ways) > 1 else []


def _showing(lines: Sequence[str], ids: Sequence[str], asked: str, seen: Iterable[str], intent: str) -> Outcome:
    """With buttons to rate what is shown, and so that what is said next is of it."""
    signs = [(number, one, *sign) for number, one in enumerate(ids, 1) for sign in (("👍", 5), ("👎", 1))]
    choices = tuple(Choice(f"{number} {sign}", f"{NAME}:rate:{one}:{stars}") for number, one, sign, stars in signs)
    pending = {"skill": NAME, "step": "shown", "lasts": True, "ids": [*ids], "asked": asked, "seen": [*seen, *ids][-60:]}  # fmt: skip
    return Outcome(Reply("\n".join(lines), choices), intent=intent, pending=pending)


def _asked_about(said: str) -> list[Item]:
    """What a text asks to be told about, and nothing else: "what is Coco?", "介绍一下千与千寻"."""
    for form in ("about_it", "about_it_zh"):
        if found := _IS[form].fullmatch(said):
            name = next(part for part in found.groups() if part)
            return called(name, everyday=_meant(said))[:_SHOWN]
    return []


def _meant(said: str) -> bool:
    """A title stands in it as one."""
    return bool(re.search(r"[《“\"]", said) or _IS["film"].search(said) or _IS["music"].search(said))


async def _offer(turn: Turn) -> Outcome | None:
    """What the catalog says of something, where nobody else knows what is asked."""
    said = turn.text.strip(_END)
    if turn.message.kind not in ("text", "edit") or len(said) > _LONGEST:
        return None
    if items := _asked_about(said):
        return _told(turn, items)
    if not asks(turn.text) or _IS["own"].search(said):
        return None
    items = items_in(said, everyday=_meant(said))[:_SHOWN]
    return _told(turn, items, more=True) if items else None


def _told(turn: Turn, items: Sequence[Item], *, more: bool = False) -> Outcome:
    """What the catalog says of these, and how they were rated. `more`: it was asked for what it may not say."""
    known, lines = _taste(turn), []
    for number, item in enumerate(items, 1):
        line = (
            f"{_line(turn, Found(item, 0.0, '', ()))} {say(turn.language, f'{NAME}.kind', tags=_tags(turn, item.tags))}"
        )
        if stars := known.get(item.id):
            line += f" {say(turn.language, f'{NAME}.told_stars', stars='★' * stars)}"
        lines.append(line if len(items) == 1 else f"{number}. {line}")
    if more:
        lines.append(say(turn.language, f"{NAME}.told_all"))
    told = _showing(lines, [item.id for item in items], "", (), "told")
    before = turn.session.pending or {}
    if before.get("skill") != NAME:
        return told
    return replace(told, pending=before | {"it": items[0].id if len(items) == 1 else ""})  # the list goes on


def _kinds(keys: Iterable[str]) -> set[str]:
    """Whether films or music are rated, or have these tags."""
    named = set(keys)
    return {item.kind for item in catalog().items if named & {item.id, *(f"#{tag}" for tag in item.tags)}}


def _outside(asked: str) -> list[str]:
    """The items that are not of the years that are asked for: "from the 90s", newer ones, old ones."""
    decade = _IS["decade"].search(asked)
    if decade is None and not _IS["new"].search(asked) and not _IS["old"].search(asked):
        return []
    first = (
        int(f"{decade[1] or (20 if decade[2] in '012' else 19)}{decade[2]}0")
        if decade
        else 2010
        if _IS["new"].search(asked)
        else 0
    )
    last = first + 9 if decade else 9999 if first else 1985
    return [item.id for item in catalog().items if not first <= item.year <= last]


def _line(turn: Turn, one: Found) -> str:
    item = one.item
    fields = {
        "title": literal(item.title(turn.language)),
        "year": item.year,
        "about": literal(item.about[turn.language]),
    }
    return f"{say(turn.language, f'{NAME}.item', **fields)} {_because(turn, one)}".strip()


def _because(turn: Turn, one: Found) -> str:
    shared = _tags(turn, one.shared[:3])
    key = "because_tag" if one.because.startswith("#") else "because" if shared else "because_others"
    return (
        say(turn.language, f"{NAME}.{key}", liked=literal(_thing(turn, one.because)), shared=shared)
        if one.because
        else ""
    )


def _tags(turn: Turn, tags: Iterable[str]) -> str:
    return phrases(turn.language)["recommender.and"].join(catalog().tag(tag, turn.language) for tag in tags)


def _why(turn: Turn, ids: list[str]) -> Outcome:
    """Each signal of each that was shown, in figures."""
    known, has = _taste(turn), catalog()
    liked = [place for key, stars in known.items() if stars >= taste.LIKED and (place := has.place(key)) is not None]
    lines = [say(turn.language, f"{NAME}.why")]
    for number, place in enumerate((has.place(one) for one in ids), 1):
        if place is None:
            continue
        item = has.items[place]
        lines.append(f"{number}. {say(turn.language, f'{NAME}.why_item', title=literal(item.title(turn.language)), tags=_tags(turn, item.tags))}")  # fmt: skip
        for one in sorted(liked, key=lambda one: -has.alike[one, place] - has.together[one, place])[:2]:
            title, alike, together = literal(has.items[one].title(turn.language)), has.alike[one, place], has.together[one, place]  # fmt: skip
            lines.append(
                say(turn.language, f"{NAME}.why_like", title=title, alike=f"{alike:.2f}", together=f"{together:.2f}")
            )
    if not liked:
        lines.append(say(turn.language, f"{NAME}.why_unknown"))
    return Outcome(Reply("\n".join(lines)), intent="explained", pending=turn.session.pending)


# --- rating


def _rate(turn: Turn, given: dict[str, int]) -> Outcome:
    """Keeps stars by the id of an item, or `#tag`, and recommends by them at once."""
    if not given:
        return _said(turn, "rate_what")
    noted = [
        _noted(turn, stars, [key for key in given if given[key] == stars]) for stars in dict.fromkeys(given.values())
    ]
    if turn.memory.mode != "on":
        noted.append(say(turn.language, f"{NAME}.not_kept"))
    kinds = _kinds(given)
    asked = say(turn.language, f"{NAME}.{kinds.pop()}") if len(kinds) == 1 else str((turn.session.pending or {}).get("asked", ""))  # fmt: skip
    following = _recommend(turn, asked, taste_now=_taste(turn) | given)
    following = replace(
        following,
        pending=(following.pending or {"skill": NAME, "step": "shown", "lasts": True}) | {"rated": list(given)},
    )
    assert following.reply is not None, "a recommendation is a reply"
    reply = replace(following.reply, text="\n".join([*noted, following.reply.text]))

    async def write(tx: Tx) -> Reply:
        if turn.memory.mode == "on":
            await keeping.remember(tx, turn, [_statement(turn, *one) for one in given.items()], asked=True)
        return reply

    return replace(following, reply=None, write=write, intent="rate")


def _noted(turn: Turn, stars: int, keys: list[str]) -> str:
    things = phrases(turn.language)["recommender.and"].join(_thing(turn, key) for key in keys)
    key = "liked" if stars >= taste.LIKED else "disliked" if stars < 3 else "rated"
    return say(turn.language, f"{NAME}.{key}", things=literal(things), stars=stars)


def _statement(turn: Turn, key: str, stars: int) -> Statement:
    words = "fact_like" if stars >= taste.LIKED else "fact_dislike" if stars < 3 else "fact_rate"
    text = say(turn.language, f"{NAME}.{words}", thing=_thing(turn, key), stars=stars)
    return Statement(_KEY + key, str(stars), text, turn.text or text)


async def _press(turn: Turn, data: str) -> Outcome | None:
    verb, _, rest = data.partition(":")
    item_id, _, stars = rest.rpartition(":")
    known = verb == "rate" and catalog().place(item_id) is not None and stars in ("1", "5")
    return _rate(turn, {item_id: int(stars)}) if known else None


async def _resume(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    """What is said of those just shown; everything else is a new message."""
    said, ids = turn.text.strip(_END), [str(one) for one in pending.get("ids", ())]
    asked, seen = str(pending.get("asked", "")), tuple(map(str, pending.get("seen", ())))
    last = str(pending.get("it", ""))
    if _IS["tells_shown"].fullmatch(said) and ids:
        told = (catalog().place(one) for one in _which(said, ids) or ([last] if last else ids))
        return _told(turn, [catalog().items[place] for place in told if place is not None])
    if _IS["why"].fullmatch(said):
        return _why(turn, _which(said, ids) or ids)
    if _IS["undo"].fullmatch(said) and pending.get("rated"):
        return _forget(turn, [str(key) for key in pending["rated"]])
    if _IS["more"].fullmatch(said) or (_stars(said) is None and _IS["seen"].fullmatch(said) and not items_in(said)):
        return _recommend(turn, asked, seen)
    if given := _of_shown(turn, said, ids, last):
        return _rate(turn, given)
    if ids and _IS["best"].fullmatch(said) and (place := catalog().place(ids[0])) is not None:
        first = literal(catalog().items[place].title(turn.language))
        return replace(_said(turn, "best", title=first), pending=pending)
    if len(said) > _SHORT or _recognize(turn) is not None:
        return None
    if (tags_in(said) or _outside(said)) and not _IS["filler"].sub("", _IS["wishes"].sub("", taste.without_tags(said))):
        return _recommend(turn, said if _IS["film"].search(said) or _IS["music"].search(said) else f"{asked}, {said}")
    return replace(_said(turn, "unknown_wish"), pending=pending) if _IS["unknown"].fullmatch(said) else None


def _of_shown(turn: Turn, said: str, ids: list[str], last: str) -> dict[str, int]:
    """The stars of those just shown, clause by clause; nothing where anything else is named. `last`: what was told about since."""
    given: dict[str, int] = {}
    for clause in _IS["clause"].split(said):
        stars = _stars(clause)
        if (
            stars is None
            or not ids
            or _IS["filler"].sub("", clause)
            or _IS["bored"].match(clause)
            or turn.text.endswith(("?", "？"))
        ):
            return {}
        one = len(ids) == 1 or re.search(r"\b(?:it|that|this)\b|它|这(?!些)", clause)
        given |= dict.fromkeys(_which(clause, ids) or ([last or ids[0]] if one else ids), stars)
    return given


def _which(said: str, ids: list[str]) -> list[str]:
    return [one for place, one in enumerate(ids, 1) if _IS[f"which_{place}"].search(said.strip())]


# --- seeing and forgetting


def _shown(turn: Turn) -> Outcome:
    if not turn.message.private:
        return Outcome(Reply(say(turn.language, "only_in_private"), quiet=True), intent="taste")
    known = sorted(_taste(turn).items(), key=lambda one: -one[1])[:_LISTED]
    if not known:
        return _said(turn, "taste_none")
    lines = [say(turn.language, f"{NAME}.taste")]
    lines += [f"- {'★' * stars}{'☆' * (5 - stars)} {literal(_thing(turn, key))}" for key, stars in known]
    return Outcome(Reply("\n".join(lines)), intent="taste", secret=True)


def _forget(turn: Turn, only: Sequence[str] = ()) -> Outcome:
    """All ratings, or those of `only`."""

    async def write(tx: Tx) -> Reply:
        held = await (memory.active(tx, turn.person.id) if turn.message.private else memory.told_in(tx, turn.person.id, memory.place(turn.message)))  # fmt: skip
        ids = [
            fact.id for fact in held if fact.key.startswith(_KEY) and (not only or fact.key.removeprefix(_KEY) in only)
        ]
        gone = await memory.forget(tx, turn.person.id, ids)
        return Reply(say(turn.language, f"{NAME}.forgotten", count=gone), settles=True)

    return Outcome(
        write=write,
        intent="taste_forget",
        quiet=True,
        fresh_session=not only,
        pending=lasting(turn.session.pending) if only else None,
    )


catalog()  # read while the skills are loaded: whoever recognises must not wait for the disk

SKILL = Skill(
    name=NAME,
    answer=_answer,
    recognize=_recognize,
    commands={"/recommend": "recommender.help_recommend", "/rate": "recommender.help_rate", "/taste": "recommender.help_taste"},
    personal=frozenset({"/taste"}),
    press=_press,
    resume=_resume,
    offer=_offer,
    order=17,
)  # fmt: skip
SKILLS = (SKILL,)
