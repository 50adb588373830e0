"""Taste learned from what people say and rate, kept among their facts; recommendations with the reason; all of it shown and forgotten.

A rating is a fact like any other (`/memory` shows it, “forget …” and `/forget all` remove it), so it is in force with the next message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from bots.recommender import taste
from bots.recommender.taste import Found, catalog, items_in, recommended, tags_in
from core.knowledge.answers import asks
from core.language.phrases import phrases, say
from core.memory import keeping
from core.messages import Choice, Reply
from core.render import literal
from core.skills.base import Command, Outcome, Skill, Turn, lasting
from core.store import Tx, memory
from core.store.memory import Statement

NAME: Final = "recommender"
_KEY: Final = "recommender "
_LONGEST, _SHOWN, _LISTED, _SHORT = 200, 3, 30, 60
_LIKE = r"\b(?:lik(?:e|ed)|enjoy(?:ed)?|love[ds]?|watch|see|hear|listen|recommend|show)\b|喜欢|爱看|爱听|想看|想听|推荐|好看|好听"
_POLAR: Final = tuple((stars, re.compile(words, re.IGNORECASE)) for stars, words in (
    (3, r"(?:\bnot|n['’]?t) (?:hate|dislike|mind)\b|不讨厌|\b(?:is|was|are|were|just) (?:just |quite |pretty )?(?:ok(?:ay)?|alright|fine)\b|\bso[- ]so\b|一般|还行|也行|也可以|可以看"),
    (1, rf"\b(?:neither|bad|worst|hate[ds]?|dislike[ds]?|can'?t stand|awful|terrible|never again|boring|no more)\b|(?:\b(?:not|never|no|dont|didnt|doesnt)\b|n['’]t\b).{{0,14}}(?:{_LIKE})|\bnot (?:a |much of a )?(?:big |great )?fan\b|讨厌|受不了|难看|难听|无聊|(?:不|没|别|不要)(?:太|是很|怎么|再|给我|想)*(?:{_LIKE})|^(?:(?:and|also|please) )*(?:no|not|without|nothing)(?! idea| only|w) |不要|👎"),
    (2, r"(?:\bnot|n['’]t) (?:so|that|very|really) (?:much|good|great)|\bnot for me\b|\bmeh\b|\bnot really\b|不怎么样|不太行"),
    (5, r"\b(?:love[ds]?|adore[ds]?|favou?rite|amazing|brilliant|wonderful|masterpiece|perfect)\b|最(?:喜欢|爱)|超(?:喜欢|爱|好)|太好|很爱|百看不厌|❤"),
    (4, r"\b(?:like[ds]?|enjoy(?:ed)?|good|great|nice|fan of|into)\b|喜欢|爱看|爱听|好看|好听|不错|👍"),
))  # fmt: skip
_TENTHS = re.compile(r"(?<![\d.])(?:(10|[1-9])\s*(?:/\s*10|out of (?:10|ten))|(10|[6-9])分)(?!\d)", re.IGNORECASE)
_STARS = re.compile(r"(?<![\d.])([1-5])\s*(?:/\s*5|stars?|out of (?:5|five)|颗?星|分)(?!\d)|([★⭐]{1,5})|([一二两三四五])(?:颗)?星|^rate .+ ([1-5])$", re.I)  # fmt: skip
_ASKS = re.compile(r"recommend|suggest|\b(?:sth|films?|movies?|songs?|albums?|music|records?|ones?) (?:like|from|for|with|by|under|about)\b|^(?:an? )?(?:\w+ ){1,2}(?:films?|movies?|music|songs?|albums?)$|^.{1,8}(?:电影|音乐|专辑)$|\bi(?: want|['’]d like| would like| need| feel like) (?:to (?:watch|see|hear|listen to) )?(?:an?|some|something|music|films?|movies?)\b|\bany (?:\w+ ){0,2}(?:films?|movies?|music|songs?|albums?)|\b(?:good|best|top|nice|great) (?:\d+ )?(?:films?|movies?|music|songs?|albums?)|(?<!不)想[看听]|适合|有.{0,8}[片歌乐]吗|最好的|what (?:should|shall|can|could) (?:i|we) (?:watch|see|hear|listen|play)|something (?:like|similar|to)|similar to|more like|anything (?:like|good)|another|推荐|有什么(?:好|类似|像)|类似|像.+(?:一样|那样)|看(?:点|些)?什么|听(?:点|些)?什么|再来|换一(?:个|批|首|部)", re.I)  # fmt: skip
_WHY = re.compile(r"why\b.*|how come.*|explain(?: that| this)?|为什么.*|为啥.*|理由(?:是什么)?|凭什么.*", re.I)  # fmt: skip
_MORE = re.compile(r"(?:show me |give me |any )?(?:more|others?|another(?: one)?|something else|next)(?: please| ones?)?|(?:再来|换)(?:一?[些个批部首]|点)?(?:别的)?|还有(?:吗|别的吗)?|别的呢?", re.I)  # fmt: skip
_SEEN = re.compile(r".*\b(?:seen|saw|watched|heard|know)\b.*\b(?:it|them|that|those|these|one|two|first|second|third|last|all)\b.*|.*(?:看|听)过了?", re.I)  # fmt: skip
_UNDO = re.compile(
    r"undo(?: that)?|(?:that was|that's|thats) (?:wrong|a mistake)|wrong|撤销|错了|(?:按|说|点)错了", re.IGNORECASE
)
_FORGET_ONE = re.compile(r"(?:please )?(?:forget|delete|remove|erase|take back)\b|忘|删|撤回", re.IGNORECASE)
_BY = re.compile(r"\bby\b|的(?:歌|专辑|音乐|曲)", re.IGNORECASE)
_EXCEPT = re.compile(r"\b(?:anything|everything|all) (?:but|except)\b|除了", re.IGNORECASE)
_DECADE = re.compile(r"(?<!\d)(19|20)?(\d)0(?:['’]?s\b|年代)")
_NEW, _OLD = (
    re.compile(r"\bnew(?:er|est)?\b|recent|新", re.I),
    re.compile(r"(?<!year )(?<!years )\bold(?:er)?\b(?! (?:man|boy|girl))|老(?:电影|片|歌|一点)", re.I),
)
_WISHES = re.compile(
    r"\b(?:something|anything|only|just|but|bit|films?|movies?|music|songs?|pls|maybe|rather|except|new(?:er)?|old(?:er)?|from|with|without|nothing|any|also|ok|i|want)\b"
    r"|电影|音乐|一点|除了|[要只来有都行片歌吗点也可以些新老]", re.IGNORECASE
)  # fmt: skip
_UNKNOWN = re.compile(r"(?:and |but )?(?:no|not|nothing|without|something|anything|less|more|too)\b .{2,50}|(?:不要|不想|别|没有|有没有).{1,20}|.{1,12}(?:一点|点)的?", re.I)  # fmt: skip
_BORED = re.compile(r"我?好无聊")
_UNSAID = re.compile(
    r"\b(?:by|with|under|about|starring|directed|christmas|netflix)\b|演的|导演|以内|圣诞|字幕", re.IGNORECASE
)
_BEST = re.compile(
    r"(?:ok |so )?which (?:one )?(?:is|would be|should we take).*|(?:the )?best(?: one)?|哪[一部个首张]*最好.*|选哪[个部首张].*",
    re.IGNORECASE,
)
_FORGET = re.compile(r"(?:please )?(?:forget|delete|erase|reset|clear) (?:all )?(?:of )?(?:my|what i) (?:taste|ratings?|likes?(?: and dislikes)?|preferences)|(?:忘掉|忘记|清除|清空|删除)(?:掉)?我的(?:全部|所有)?(?:口味|评分|喜好|偏好)", re.I)  # fmt: skip
_TASTE = re.compile(r"(?:show me )?(?:what(?: do you think)? (?:is )?my taste(?: like)?|my (?:taste|ratings))|what do i like|我的(?:口味|评分|喜好)(?:是什么|是怎样的)?|我喜欢(?:些)?什么", re.I)  # fmt: skip
_FILM = re.compile(r"film|movie|watch|cinema|电影|片|看", re.IGNORECASE)
_MUSIC = re.compile(r"music|song|album|record|listen|hear|tune|音乐|歌|专辑|听|曲", re.IGNORECASE)
_WHICH = (
    r"\bfirst\b|\b1st\b|^1\b|第一|前两",
    r"\bsecond\b|\b2nd\b|^2\b|first two|第二|前两",
    r"\bthird\b|\b3rd\b|^3\b|\blast\b|第三|最后",
)
_WITHOUT = re.compile(r"\b(?:not|no|without)\b|n['’]t\b|不|别|没有", re.IGNORECASE)
_FILLER: Final = re.compile(
    r"(?:\b(?:i|it|they|them|that|this|these|those|ones?|the|all|was|were|is|are|did|do|would|give|gave|really|very|so|too|much|a|lot|an|of|for|me|and|to|again|please|"
    r"first|1st|second|2nd|third|3rd|last|two|any|both|looks?|sounds?|bad|also|not|n|never|no|more|don|doesn|didn|wasn|isn|t|dont|didnt|love[ds]?|like[ds]?|hate[ds]?|dislike[ds]?|enjoy(?:ed)?|adore[ds]?|can|stand|good|great|nice|amazing|"
    r"brilliant|wonderful|perfect|favou?rite|meh|boring|awful|terrible|stars?|out)\b|[1-5]|[^\w]|"
    r"我|它|这|那|第|前|最后|些|看起来|听起来|[一二两三四五]|个|部|张|首|颗|都|很|最|太|超|不|没|喜欢|爱|想|看|听|好|讨厌|难|无聊|一般|怎么样|还行|吧|不错|星|分|给|了|的|不要|再|别)+", re.IGNORECASE
)  # fmt: skip
"""What a message may hold that rates what was just shown: whatever names something else is about that."""
_CLAUSE = re.compile(r"\bbut\b|[,;，；。]|\band (?=i\b|hate|love|dislike|don)|但是?|不过|可是", re.IGNORECASE)
_END = " .!。！?？"


def _stars(said: str) -> int | None:
    if tenths := _TENTHS.search(said):
        return (int(tenths[1] or tenths[2]) + 1) // 2
    if given := _STARS.search(said):
        return (
            len(given[2])
            if given[2]
            else int(given[1] or given[4] or "一二三四五".index(given[3].replace("两", "二")) + 1)
        )
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
    if _FORGET_ONE.match(said) and _named(turn, said):
        return Command("/taste", f"forget {said}")
    if memory_is_meant(said):
        return None
    if _FORGET.fullmatch(said):
        return Command("/taste", "forget")
    if _TASTE.fullmatch(said):
        return Command("/taste", "")
    about = bool(_FILM.search(said) or _MUSIC.search(said))
    if _ASKS.search(said) and _stars(_titled(said)) != 1 and (about or items_in(said) or tags_in(said)):
        return Command("/recommend", said)
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
    """`ours`: it is films and music that are spoken of. The stars of each thing that a message names, clause by clause: "I loved Coco but hate horror"."""
    for item in items_in(said):
        for title in (item.en, item.zh):
            said = re.sub(re.escape(title), title.replace(",", " "), said, flags=re.IGNORECASE)
    given: dict[str, int] = {}
    for clause in _CLAUSE.split(said):
        bare = _titled(clause)
        about = ours or bool(_FILM.search(bare) or _MUSIC.search(bare))
        keys = [item.id for item in items_in(clause)] or [f"#{tag}" for tag in tags_in(bare, everyday=about)]
        if (stars := _stars(bare)) is not None:
            given |= dict.fromkeys(keys, stars)
    return given


def memory_is_meant(said: str) -> bool:
    return bool(re.match(r"(?:please )?(?:forget|remember|remind)|忘|记住|提醒", said, re.IGNORECASE)) and not _FORGET.fullmatch(said)  # fmt: skip


async def _answer(turn: Turn, found: Command) -> Outcome:
    match found.name:
        case "/recommend":
            return _recommend(turn, found.rest)
        case "/rate":
            return _rate(turn, _ratings(found.rest))
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
    like, rest = items_in(asked), _EXCEPT.sub("not ", _titled(asked))
    kind = "film" if _FILM.search(rest) and not _MUSIC.search(rest) else "music" if _MUSIC.search(rest) else ""
    if like:
        known = {item.id: 5 for item in like} | {key: stars for key, stars in known.items() if stars < 3}
        kind = kind or like[0].kind
    unwanted = [f"#{tag}" for clause in _CLAUSE.split(rest) if _WITHOUT.search(clause) for tag in tags_in(clause)]
    known |= dict.fromkeys(unwanted, 1)
    wanted = [tag for tag in tags_in(rest) if f"#{tag}" not in unwanted]
    kinds = _kinds([f"#{tag}" for tag in wanted] or unwanted)
    found = recommended(
        known,
        kind=kind or (kinds.pop() if len(kinds) == 1 else ""),
        tags=wanted,
        without=[*seen, *_outside(rest)],
        count=_SHOWN,
    )
    if like and _BY.search(rest):
        found = [Found(item, 0.0, "", ()) for item in like[:_SHOWN]]
    if not found:
        return _said(turn, "nothing_fits")
    unsaid = _UNSAID.search(rest) and not (like or wanted or unwanted)
    lines = [say(turn.language, f"{NAME}.{'here' if known else 'to_begin'}")]
    if unsaid:
        lines.insert(0, say(turn.language, f"{NAME}.unknown_wish"))
    lines += [f"{number}. {_line(turn, one)}" for number, one in enumerate(found, 1)]
    signs = [(number, sign, stars) for number in range(1, len(found) + 1) for sign, stars in (("👍", 5), ("👎", 1))]
    choices = tuple(Choice(f"{number} {sign}", f"{NAME}:rate:{found[number - 1].item.id}:{stars}") for number, sign, stars in signs)  # fmt: skip
    ids = [one.item.id for one in found]
    pending = {"skill": NAME, "step": "shown", "lasts": True, "ids": ids, "asked": asked, "seen": [*seen, *ids][-60:]}
    return Outcome(Reply("\n".join(lines), choices), intent="recommend", pending=pending)


def _kinds(keys: Iterable[str]) -> set[str]:
    """Whether films or music are rated, or have these tags."""
    named = set(keys)
    return {item.kind for item in catalog().items if named & {item.id, *(f"#{tag}" for tag in item.tags)}}


def _outside(asked: str) -> list[str]:
    """The items that are not of the years that are asked for: "from the 90s", newer ones, old ones."""
    decade = _DECADE.search(asked)
    if decade is None and not _NEW.search(asked) and not _OLD.search(asked):
        return []
    first = (
        int(f"{decade[1] or (20 if decade[2] in '012' else 19)}{decade[2]}0")
        if decade
        else 2010
        if _NEW.search(asked)
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
    shared = phrases(turn.language)["recommender.and"].join(catalog().tag(tag, turn.language) for tag in one.shared[:3])
    key = "because_tag" if one.because.startswith("#") else "because" if shared else "because_others"
    return (
        say(turn.language, f"{NAME}.{key}", liked=literal(_thing(turn, one.because)), shared=shared)
        if one.because
        else ""
    )


def _why(turn: Turn, ids: list[str]) -> Outcome:
    """Each signal of each that was shown, in figures."""
    known, has = _taste(turn), catalog()
    liked = [place for key, stars in known.items() if stars >= taste.LIKED and (place := has.place(key)) is not None]
    lines = [say(turn.language, f"{NAME}.why")]
    for number, place in enumerate((has.place(one) for one in ids), 1):
        if place is None:
            continue
        item = has.items[place]
        tags = phrases(turn.language)["recommender.and"].join(has.tag(tag, turn.language) for tag in item.tags)
        lines.append(f"{number}. {say(turn.language, f'{NAME}.why_item', title=literal(item.title(turn.language)), tags=tags)}")  # fmt: skip
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
    if _WHY.fullmatch(said):
        return _why(turn, _which(said, ids) or ids)
    if _UNDO.fullmatch(said) and pending.get("rated"):
        return _forget(turn, [str(key) for key in pending["rated"]])
    if _MORE.fullmatch(said) or (_stars(said) is None and _SEEN.fullmatch(said) and not items_in(said)):
        return _recommend(turn, asked, seen)
    if given := _of_shown(turn, said, ids):
        return _rate(turn, given)
    if ids and _BEST.fullmatch(said) and (place := catalog().place(ids[0])) is not None:
        first = literal(catalog().items[place].title(turn.language))
        return replace(_said(turn, "best", title=first), pending=pending)
    if len(said) > _SHORT or _recognize(turn) is not None:
        return None
    if (tags_in(said) or _outside(said)) and not _FILLER.sub("", _WISHES.sub("", taste.without_tags(said))):
        return _recommend(turn, said if _FILM.search(said) or _MUSIC.search(said) else f"{asked}, {said}")
    return replace(_said(turn, "unknown_wish"), pending=pending) if _UNKNOWN.fullmatch(said) else None


def _of_shown(turn: Turn, said: str, ids: list[str]) -> dict[str, int]:
    """The stars of those just shown, clause by clause; nothing where anything else is named."""
    given: dict[str, int] = {}
    for clause in _CLAUSE.split(said):
        stars = _stars(clause)
        if (
            stars is None
            or not ids
            or _FILLER.sub("", clause)
            or _BORED.match(clause)
            or turn.text.endswith(("?", "？"))
        ):
            return {}
        one = len(ids) == 1 or re.search(r"\b(?:it|that|this)\b|它|这(?!些)", clause)
        given |= dict.fromkeys(_which(clause, ids) or (ids[:1] if one else ids), stars)
    return given


def _which(said: str, ids: list[str]) -> list[str]:
    return [one for one, words in zip(ids, _WHICH, strict=False) if re.search(words, said.strip(), re.IGNORECASE)]


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
    order=17,
)  # fmt: skip
SKILLS = (SKILL,)
