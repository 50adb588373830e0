"""Figures of knowledge, a JSON line each: searching many passages, and whether the right ones answer.

remora bench knowledge --passages 10000 --questions 500        time and memory, passages made up from a small grammar
remora bench knowledge --answers --encoder light               the documents and questions of bots/support
remora bench knowledge --fit --encoder light                   the weights in core/knowledge/answers.py anew, in five folds
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bots._app import BOTS
from core.clock import SystemClock
from core.intents.definition import Limits
from core.intents.encoders import Cached, load
from core.intents.words import chinese
from core.knowledge import answers, reading
from core.knowledge.documents import FOLDER, Documents
from core.knowledge.library import Found, Library, Source
from core.retrieval.index import Index
from core.store import Store
from core.store.knowledge import Kept
from tests.bench.knowledge_questions import ACROSS, ANSWERED, CHAT, UNANSWERED

STEMS = [
    a + b for a in ("ba", "ke", "lo", "mi", "ru", "sta", "tre", "plo") for b in ("n", "ret", "sim", "rol", "dun", "ga")
]
ENDINGS = ["", "s", "ing", "ed", "ly", "tion", "er"]
SIGNS = "退货政策订单发送运费票保修营业时间客服商品质量问题换申请流程付款方式会员积分优惠活动库存尺寸颜色材灯光木铁玻璃"
FOLDS = 5


def figure(name: str, **values: Any) -> None:
    print(json.dumps({"bench": "knowledge", "what": name, **values}))


def word(rng: random.Random) -> str:
    """Common ones often, rare ones seldom, as in a language."""
    rank = int(rng.paretovariate(0.7))
    return STEMS[rank % len(STEMS)] + (str(rank) if rank > 3000 else "") + ENDINGS[rank // len(STEMS) % len(ENDINGS)]


def passage(rng: random.Random, number: int) -> str:
    if number % 2:
        return " ".join(word(rng) for _ in range(rng.randint(40, 110)))
    return "".join(rng.choice(SIGNS) for _ in range(rng.randint(80, 300)))


def timed(calls: Sequence[Callable[[], object]]) -> dict[str, float]:
    wall, spent = [], []
    for call in calls:
        began, before = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - began)
        spent.append(time.process_time() - before)
    p50, p95 = (round(float(np.percentile(wall, at)) * 1e3, 2) for at in (50, 95))
    return {"p50_ms": p50, "p95_ms": p95, "processor_p95_ms": round(float(np.percentile(spent, 95)) * 1e3, 2)}


def memory() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def searching(passages: int, questions: int) -> None:
    rng, before = random.Random(7), memory()
    texts = [passage(rng, number) for number in range(passages)]
    asked = [" ".join(text.split()[:9]) if " " in text else text[5:19] for text in rng.sample(texts, questions)]
    began, index = time.process_time(), Index[int]()
    for number, text in enumerate(texts):
        index.add(number, text)
    figure(
        "index",
        passages=passages,
        processor_s=round(time.process_time() - began, 2),
        memory_mb=round(memory() - before, 1),
    )
    figure("search by words", **timed([lambda one=one: index.search(one, 5) for one in asked]))  # type: ignore[misc]
    limited = [lambda one=one: index.search(one, 5, allowed=lambda number: number % 3 == 0) for one in asked]  # type: ignore[misc]
    figure("search by words, a third allowed", **timed(limited))
    rows = np.random.default_rng(7).normal(size=(passages, 512)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for number, row in enumerate(rows):
        index.give(number, row)
    meant = [lambda one=one, row=row: index.search(one, 5, vector=row) for one, row in zip(asked, rows, strict=False)]  # type: ignore[misc]
    figure("search by words and meaning", **timed(meant), memory_mb=round(memory() - before, 1))
    changes = [lambda number=number: index.add(number, texts[-number]) for number in range(1, 200)]  # type: ignore[misc]
    figure("a passage changed", **timed(changes))


def shelf(encoders: Sequence[Cached], only: Callable[[str], bool] = lambda _name: True) -> Library:
    """The documents of bots/support that are for everybody."""

    async def none() -> tuple[()]:
        return ()

    folder = BOTS / "support" / FOLDER
    made = Library(Documents(Store("sqlite://"), SystemClock(), "support"), folder, none)
    new = {}
    for file in sorted(folder.iterdir()):
        if file.suffix in reading.KINDS and file.name != "staff.md" and only(file.name):
            read = reading.read(file.read_bytes(), file.name)
            kept = Kept(
                file.name, read.kind, read.title, "folder", "", {}, len(read.passages), dt.datetime.now(dt.UTC), ""
            )
            new[file.name] = Source(kept, Limits(), read.passages)
    made._swap({}, new)
    made._encoders = encoders
    made._give([(name, place) for name, one in new.items() for place in range(len(one.passages))])
    return made


def right(found: Found, where: str) -> bool:
    return where in found.passage.headings or where in found.passage.questions


def best(library: Library, question: str) -> tuple[float, Found | None]:
    judged = answers.ranked(question, library.find(question, lambda _limits: True))
    return judged[0] if judged else (0.0, None)


def answering(encoders: Sequence[Cached]) -> None:
    library = shelf(encoders)
    got = [(best(library, question), where) for question, where in ANSWERED]
    first = sum(found is not None and right(found, where) for (_, found), where in got)
    told = [found is not None and right(found, where) for (sure, found), where in got if sure >= answers.OFFERED]
    figure(
        "answers", passages=len(library), questions=len(ANSWERED), right_first=first, answered_right=sum(told),
        answered_wrong=len(told) - sum(told), unanswerable=len(UNANSWERED),
        unanswerable_answered=sum(best(library, one)[0] >= answers.OFFERED for one in UNANSWERED),
        chat=len(CHAT), chat_answered=sum(best(library, one)[0] >= (answers.OFFERED if answers.asks(one) else answers.STATED) for one in CHAT),
    )  # fmt: skip
    if encoders:
        other = {
            own: shelf(encoders, lambda name, own=own: (".zh." in name) != own and "faq" not in name)
            for own in (True, False)
        }  # type: ignore[misc]
        across = [(best(other[chinese(question)], question), where) for question, where in ACROSS]
        found = [(sure, one is not None and right(one, where)) for (sure, one), where in across]
        figure(
            "across languages", questions=len(ACROSS), right_first=sum(ok for _, ok in found),
            answered_right=sum(ok and sure >= answers.OFFERED for sure, ok in found),
        )  # fmt: skip


def features(question: str, found: Found, *, meaning: bool) -> list[float]:
    """As `answers.sure` has them."""
    own, passage = float(chinese(question)), found.passage
    asked = max((answers._alike(question, one) for one in passage.questions), default=0.0)
    headed = answers._alike(question, passage.headings[-1]) if passage.headings and not passage.questions else 0.0
    said = [1.0, found.hit.cover, asked, headed, found.hit.cover * own, own]
    return [*said, found.hit.likeness] if meaning else said


def fitted(rows: np.ndarray[Any, Any], truth: np.ndarray[Any, Any], penalty: float = 0.3) -> np.ndarray[Any, Any]:
    """Logistic regression by Newton's method."""
    weights = np.zeros(rows.shape[1])
    drag = np.full(rows.shape[1], penalty)
    drag[0] = 0.01
    for _ in range(60):
        likely = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (likely - truth) + drag * weights
        bend = (rows * (likely * (1 - likely))[:, None]).T @ rows + np.diag(drag)
        weights -= np.linalg.solve(bend, slope)
    return weights


def fitting(encoders: Sequence[Cached]) -> None:
    library = shelf(encoders)
    where = dict(ANSWERED)
    asked = [*where, *UNANSWERED, *CHAT]
    rng = np.random.default_rng(0)
    fold = {question: int(rng.integers(FOLDS)) for question in sorted(asked)}
    seen = [(question, found) for question in asked for found in library.find(question, lambda _limits: True)]
    rows = np.array([features(question, found, meaning=bool(encoders)) for question, found in seen])
    truth = np.array([question in where and right(found, where[question]) for question, found in seen], float)
    folds = np.array([fold[question] for question, _ in seen])
    likely = np.zeros(len(seen))
    for number in range(FOLDS):
        out = folds == number
        likely[out] = 1 / (1 + np.exp(-rows[out] @ fitted(rows[~out], truth[~out])))
    tops = {
        question: max(((likely[n], truth[n]) for n, one in enumerate(seen) if one[0] == question), default=(0, 0))
        for question in asked
    }
    told = {question: ok for question, (sure, ok) in tops.items() if sure >= answers.OFFERED}
    figure(
        "fit", weights=[round(float(one), 2) for one in fitted(rows, truth)], limit=answers.OFFERED,
        unseen_right=sum(1 for question, ok in told.items() if question in where and ok),
        unseen_wrong=sum(1 for question, ok in told.items() if question in where and not ok),
        unseen_unanswerable_answered=sum(question in UNANSWERED for question in told),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--encoder", choices=["off", "light", "full"], default="off")
    parser.add_argument("--answers", action="store_true", help="ask the documents of bots/support")
    parser.add_argument("--fit", action="store_true", help="fit the weights of an answer's sureness")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        encoders = load(given.encoder, Path(folder) / "vectors")
        if given.fit:
            fitting(encoders)
        elif given.answers:
            answering(encoders)
        else:
            searching(given.passages, given.questions)


if __name__ == "__main__":
    main()
