"""What a person asks of what they once told of themselves: "what's my wife's name?", 我住在哪里？"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from core.language.detect import detect
from core.memory.reading import english_key, possessive
from core.memory.statements_chinese import OWN, RELATIVE, key_of
from core.retrieval.terms import terms
from core.store.memory import Fact

_LEAD = r"(?:(?:please|hey|hi|so|and|ok(?:ay)?|do you (?:still )?(?:know|remember)|can you (?:tell me|remember)|tell me(?: again)?|remind me(?: again)?|请问|那|你?(?:还)?(?:知道|记得|告诉我)(?:吗)?)[,， ]*)*"  # fmt: skip
_END = r"(?:[, ]*(?:again|please|then|now|来着|呀|啊|呢|吗))*[ ?？.。!]*"
_ASKED: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(f"{_LEAD}(?:{pattern}){_END}", re.IGNORECASE), key)
    for pattern, key in (
        (r"(?:what(?:['’]?s| is) my name|who am i|what am i called|what my name is|我叫什么(?:名字)?|我的?名字(?:叫|是)什么|我是谁)", "name"),
        (r"(?:where do i live|where i live|where(?:['’]?s| is) my home|what city do i live in|我(?:现在)?住(?:在)?(?:哪[里儿]?|什么地方)|我的?家在哪[里儿]?)", "home"),
        (r"(?:where (?:am i|do i come) from|我(?:是哪[里儿]人|来自哪[里儿]?|老家在哪[里儿]?))", "origin"),
        (r"(?:where do i work|(?:who|which company) do i work (?:for|at)|我在(?:哪[里儿]?|什么(?:公司|单位|地方))(?:工作|上班))", "work"),
        (r"(?:what do i do for (?:a living|work)|what(?:['’]?s| is) my (?:job|profession|occupation)|我(?:是)?(?:做什么(?:工作)?的?|的(?:工作|职业)是什么))", "job"),
        (r"(?:when(?:['’]?s| is) my birthday|when was i born|what(?:['’]?s| is) my birthday|我(?:的)?生日(?:是)?(?:在)?(?:什么时候|哪天|几月几[日号]|几号)|我是?(?:什么时候|哪天|几月几[日号])(?:出)?(?:生的?|过?生日))", "birthday"),
        (r"(?:how old am i|what(?:['’]?s| is) my age|我(?:今年)?(?:几岁|多大)了?)", "age"),
        (r"(?:what am i allergic to|(?:what are my|do i have any|what) allergies(?: do i have)?|我对什么(?:东西|食物)?过敏|我有什么过敏)", "allergy *"),
        (r"am i allergic to (?P<k>[^?]{2,40}?)|我对(?P<k2>[^?？]{1,12}?)过不过敏|我对(?P<k3>[^?？]{1,12}?)过敏(?=吗|呢|[?？])", "allergy {}"),
        (r"(?:what (?:foods? |things )?do i (?:like|love|enjoy)|我(?:都)?喜欢(?:吃|看|玩|做)?(?:些)?什么)", "taste * likes"),
        (r"(?:what (?:foods? |things )?do i (?:hate|dislike|not like)|what don['’]?t i like|我(?:讨厌|不喜欢|不吃|不爱)(?:吃|看|玩|做)?(?:些)?什么)", "taste * dislikes"),
        (r"do i (?:like|love|hate|enjoy|dislike) (?P<k>[^?]{2,40}?)|我喜不喜欢(?P<k2>[^?？]{1,12}?)|我喜欢(?P<k3>[^?？什么吗]{1,12}?)(?=吗|呢|[?？])", "taste {}"),
        (r"what languages? do i speak|我会(?:说|讲)(?:什么|哪些|哪几种)语言", "languages"),
        (r"am i (?:an? )?(?:vegetarian|vegan)|what(?:['’]?s| is) my diet|我吃素(?=吗|呢|[?？])", "diet"),
        (r"(?:what(?:['’]?s| is)|who(?:['’]?s| is)) my (?P<k>[a-z -]+?)(?:['’]s)? (?:called|named)|what is the name of my (?P<k2>[a-z ]+?)|what(?:['’]?s| is) my (?P<k3>[a-z -]+?)['’]s name|who(?:['’]?s| is) my (?P<k4>[a-z -]+?)", "{}'s name"),
        (r"(?:do|can) you (?:still )?(?:know|remember|recall) (?:my|the) (?P<k>[^?]{2,40}?)|你?还?(?:记得|知道)我的?(?P<k2>[^?？吗]{2,12}?)吗", "{}"),
        (r"how old is my (?P<k>[a-z -]+?)", "{}'s age"),
        (r"when(?:['’]?s| is) my (?P<k>[a-z '’-]+?)(?:['’]s birthday)", "{}'s birthday"),
        (r"how many (?P<k>[a-z]+) do i have", "{}"),
        (r"(?:what|when|where|which)(?:['’]?s|['’]?re| is| are| was) (?:my|our|the) (?P<k>[^?]{2,60}?)", "{}"),
        (rf"(?:我家?的?)?(?P<k>{RELATIVE})(?:的名字)?(?:叫|是)(?:什么(?:名字)?|谁)", "{}'s name"),
        (rf"(?:我家?的?)?(?P<k>{RELATIVE})(?:今年)?(?:几岁|多大)了?", "{}'s age"),
        (rf"(?:我家?的?)?(?P<k>{RELATIVE})(?:的?生日(?:是)?(?:在)?(?:什么时候|哪天|几月几[日号]|几号)|是?(?:什么时候|哪天|几月几[日号])(?:出生|过?生日)的?)", "{}'s birthday"),
        (rf"where does my (?P<k>[a-z -]+?) live|(?:我家?的?)?(?P<k2>{RELATIVE})(?:现在)?住(?:在)?(?:哪[里儿]?|什么地方)", "{}'s home"),
        (rf"where does my (?P<k>[a-z -]+?) work|(?:我家?的?)?(?P<k2>{RELATIVE})(?:现在)?在(?:哪[里儿]?|什么(?:公司|单位|地方))(?:工作|上班)", "{}'s work"),
        (rf"what is my (?P<k>[a-z -]+?) allergic to|(?:我家?的?)?(?P<k2>{RELATIVE})对什么过敏", "{}'s allergy"),
        (r"我最(?:喜欢|爱)(?:的是)?哪(?:一?[部个本首种道位家支款])(?P<k>[^?？]{1,8}?)", "favourite {}"),
        (rf"我的?(?P<k>最(?:喜欢|爱)的[^?？]{{1,8}}?|{'|'.join(OWN)}|[^?？什么哪]{{1,16}}?)(?:是|有)?(?:什么|多少|哪[个里儿天]?|几)", "{}"),
    )
)  # fmt: skip
_ASKS = re.compile(
    rf"{_LEAD}(?!.*\b(?:is|are) an? )(?:(?:what|where|when|who|which|how|do|does|did|is|are|am|have|has)\b|(?=.*(?:什么|哪|谁|多少|几|怎么|[吗呢])))",
    re.I,
)
_OWN = re.compile(r"\b(?:i|my|our|we)\b|我", re.I)
_FILLING = re.compile(
    r"什么时候|什么|哪[里儿个天部]?|谁|多少|几[个点号]?|怎么|请问|[吗呢么的了是在我你把对有还叫都]|知道|记得|告诉"
)
_FAVOURITE = re.compile(r"最(?:喜欢|爱)的")
_PLAIN = {key for _, key in _ASKED if "{" not in key}
_LONGEST = 120


def keys_asked(text: str) -> list[str]:
    """The keys under which the answer would stand, the likeliest first; "allergy *" stands for all that begin so, with the
    value behind it where only one will do."""
    words = possessive(" ".join(text.replace("’", "'").split()))
    if len(words) > _LONGEST:
        return []
    keys = []
    for pattern, key in _ASKED:
        if found := pattern.fullmatch(words):
            about = next((value for name, value in found.groupdict().items() if name.startswith("k") and value), "")
            chinese = not about.isascii()
            favourite = chinese and _FAVOURITE.sub("favourite ", about) != about
            if key.startswith(("taste ", "allergy ")) and chinese:
                keys.append(key.format(about.lstrip("吃喝看听玩打") or about))
            named = _FAVOURITE.sub("favourite ", about) if favourite else key_of(about) if chinese else english_key(about)  # fmt: skip
            keys.append(key.format(named))
    return list(dict.fromkeys(keys))


def of_oneself(text: str) -> bool:
    """Whether it asks for something that only its writer can have told, such as the name of their wife."""
    words = possessive(" ".join(text.replace("’", "'").split()))
    return len(words) <= _LONGEST and any(key != "{}" and pattern.fullmatch(words) for pattern, key in _ASKED)


def answers(text: str, facts: Sequence[Fact]) -> list[Fact]:
    """The facts that answer a question clearly, without more; none where it is no such question, or nothing is known."""
    keys = keys_asked(text)
    for key in (*keys, *(key.partition("'s ")[0] for key in keys if "'s " in key)):
        kind, star, value = key.partition(" *")
        found = [
            fact
            for fact in facts
            if (fact.key.startswith(f"{kind} ") and value.strip() in ("", fact.value) if star else fact.key == key)
        ]
        if found:
            return found
    return (
        [] if any(key in _PLAIN or key.startswith(("allergy ", "taste ")) for key in keys) else _in_words(text, facts)
    )


@lru_cache(maxsize=2_048)
def _terms(told: str) -> frozenset[str]:
    return frozenset(term for term, _, _ in terms(told))


def _in_words(text: str, facts: Sequence[Fact]) -> list[Fact]:
    """The newest fact that says all that is asked about, where it is asked about oneself, or by the name of the fact."""
    words = text.replace("’", "'").strip()
    if len(words) > _LONGEST or not _ASKS.match(words):
        return []
    chinese = detect(words) == "zh"
    telling = [term for term, _, weight in terms(_ASKS.sub("", words, count=1)) if weight == 1.0]
    asked = set(_FILLING.sub(" ", words).strip(" ?？。").split() if chinese else telling)
    if not asked or any(len(one) < 2 for one in asked):
        return []
    for fact in reversed(facts):
        told, about = f"{fact.key} {fact.text}", fact.key.replace("的", "")
        said = told.replace("的", "") if chinese else _terms(told)
        named = " ".join(asked) == about or (len(asked) > 1 and fact.asked)
        if all(one in said for one in asked) and (named or _OWN.search(words)):
            return [fact]
    return []
