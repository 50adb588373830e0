"""A text as terms: English words without their endings, Chinese characters and pairs of them, numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise

from snowballstemmer import stemmer

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECE = re.compile(rf"[{_HAN}]+|\d+(?:[.,:]\d+)*|[^\W\d_{_HAN}]+(?:['’][^\W\d_{_HAN}]+)?")
_IS_HAN = re.compile(rf"[{_HAN}]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_LONGEST_WORD = 60
SINGLE = 0.3
"""What one Chinese character counts: most words have two, and one of them alone means little."""
FAINT = 0.08
"""What a word counts that carries a sentence rather than its subject."""
_FAINT_WORDS = """
a an the and or but if of in on at to for from by with about as is are was were be been being am do does did doing have
has had having i you he she it we they me him her us them my your his its our their this that these those there here
what which who whom whose when where why how can could will would shall should may might must not no so than then too
very just please tell know want like get got any some s t m re ve ll d don doesn didn isn aren wasn weren won
的 了 吗 呢 啊 吧 是 我 你 您 他 她 它 们 在 有 和 与 就 都 也 很 这 那 哪 个 什 么 怎 样 多 少 请 问 想 要 能 会 可 以 给 对 到
什么 怎么 怎样 么样 哪里 哪个 多少 可以 请问 如何 是否 有没 没有 我们 你们 我的 你的 您的 他的 她的 的是 是什 一下 告诉 诉我 想要
多久 多长 多大 多高 时候 么时 几天 几点 么办 还能 能不 不能 可不 不可 怎么 吗 办 几 哪些 还 不 久 时
"""
_FAINT = frozenset(_FAINT_WORDS.split())
_FORMS = """
begin began begun; bite bit bitten; blow blew blown; break broke broken; bring brought; build built;
buy bought; catch caught; choose chose chosen; come came; do did done; draw drew drawn; drink drank drunk; drive drove driven;
eat ate eaten; fall fell fallen; feed fed; feel felt; fight fought; find found; fly flew flown; forget forgot forgotten;
freeze froze frozen; get got gotten; give gave given; go went gone; grow grew grown; hear heard; hide hid hidden; hold held;
keep kept; know knew known; lead led; leave left; lend lent; lose lost; make made; mean meant; meet met; pay paid; ride rode ridden;
ring rang rung; rise rose risen; run ran; say said; see saw seen; sell sold; send sent; shake shook shaken; sing sang sung;
sit sat; sleep slept; speak spoke spoken; spend spent; stand stood; steal stole stolen; swim swam swum; take took taken;
teach taught; tell told; think thought; throw threw thrown; understand understood; wake woke woken; wear wore worn; win won;
write wrote written; child children kid kids; foot feet; man men; mother mom mum mommy mummy; father dad daddy;
mouse mice; person people; tooth teeth; wife wives; woman women; grandmother grandma granny; grandfather grandpa
"""
_SAME = {form: forms.split()[0] for forms in _FORMS.split(";") for form in forms.split()}
"""Words that no ending tells to be one."""
_english = stemmer("english")


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    bare = word.removesuffix("'s")
    return str(_english.stemWord(_SAME.get(bare, bare))) if word.isascii() else word


def terms(text: str) -> list[tuple[str, str, float]]:
    """Each term in order, as it is compared, as it was written, and what it counts (0 to 1)."""
    found: list[tuple[str, str, float]] = []
    plain = unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))
    for match in _PIECE.finditer(plain):
        piece = match[0]
        if _IS_HAN.match(piece):
            pairs = [one + two for one, two in pairwise(piece)]
            found += [(pair, pair, FAINT if pair in _FAINT else 1.0) for pair in pairs]
            found += [(sign, sign, FAINT * SINGLE if sign in _FAINT else SINGLE) for sign in piece]
        elif piece[0].isdecimal():
            found.append((_THOUSANDS.sub("", piece), piece, 1.0))
        else:
            low = piece.lower().replace("’", "'")[:_LONGEST_WORD]
            found.append((_stem(low), piece, FAINT if low.partition("'")[0] in _FAINT else 1.0))
    return found


def seams(pairs: Iterable[str], known: Callable[[str], bool]) -> set[str]:
    """Of the pairs of Chinese characters of a text, those that no word is made of, only the end of one and the start of
    the next: nobody knows them, but both their neighbours."""
    found = [pair for pair in pairs if len(pair) == 2 and _IS_HAN.match(pair)]
    words = [pair for pair in found if pair in _FAINT or known(pair)]
    ends, starts = {pair[1] for pair in words}, {pair[0] for pair in words}
    return {pair for pair in found if pair not in words and pair[0] in ends and pair[1] in starts}
