"""Expected values in held-out conversations: `python -m tests.bench.bench_values HELD NAME [NAME ...]`.

Every turn of the assistant that gives the row's `expect` or `final_answer` is asked for, where `remora eval` asks for one a row;
NAME is as there. A JSON line a model: replies that are right; replies that hold the value anywhere; and where the wanted answer
gives it, whether the model would write it, and how unlikely it finds it (nats). The last line compares the last model with the
first.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.lm.engine.tokens import TransformersTokenizer
from core.messages import Utterance
from core.settings import load_settings
from core.training.base import load_tokenizer
from core.training.chat import Chat
from core.training.data.rows import Conversation
from core.training.evaluation import evaluate as evaluation
from core.training.evaluation import scores
from core.training.evaluation.evaluate import Task, Wanted
from core.training.evaluation.intervals import Pairs, change, figure
from core.training.prepared import conversations

LONGEST = 1024


def asked(held: list[Conversation]) -> list[Task]:
    found = []
    for row in held:
        expected = scores.expected(row.meta)
        for at, turn in enumerate(row.turns):
            if turn.role == "assistant" and expected.values and expected.right(turn.text):
                found.append(Task(row.turns[:at], turn.text, expected, row.line, False))
    return found


def in_place(model: Any, chat: Chat, tokenizer: Any, task: Task) -> tuple[bool, float] | None:
    """Whether each token of the value's last place in the wanted answer is the likeliest one, and the nats of all; None where the
    row is too long or writes the value in another way."""
    row = chat.encode(Conversation((*task.turns, Utterance("assistant", task.wanted)), line=task.line), LONGEST)
    end = max(at for at, learned in enumerate(row.learned) if learned)
    start = next(at for at in range(end, -1, -1) if not row.learned[at]) + 1
    answer = row.tokens[start : end + 1]
    upto = [len(tokenizer.decode(answer[:count])) for count in range(len(answer) + 1)]
    value = task.expected.values[-1].strip("$ ")
    place = tokenizer.decode(answer).rfind(value)
    if row.cut or place < 0:
        return None
    told = [at for at in range(len(answer)) if upto[at] < place + len(value) and upto[at + 1] > place]
    with torch.no_grad():
        logits = model(torch.tensor([row.tokens])).logits[0].float()
    behind = [logits[start + at - 1] for at in told]
    likeliest = all(int(one.argmax()) == answer[at] for one, at in zip(behind, told, strict=True))
    nats = sum(-float(one.log_softmax(-1)[answer[at]]) for one, at in zip(behind, told, strict=True))
    return likeliest, nats


def measured(name: str, tasks: list[Task], most: int) -> tuple[Pairs, dict[str, Any]]:
    model, folder, _ = evaluation._loaded(load_settings(), name, print)
    model.eval()
    tokenizer = load_tokenizer(folder)
    reads = TransformersTokenizer(tokenizer, model.config.get_text_config().to_dict())
    writer = evaluation._Writer(model, reads, LONGEST, tokenizer.pad_token_id or 0)
    replies, _, _ = writer.replies([task.turns for task in tasks], Wanted("", max_tokens=most))
    right = [(float(task.expected.right(reply)), 1.0) for task, reply in zip(tasks, replies, strict=True)]
    held = sum(all(scores.holds(reply, value) for value in task.expected.values) for task, reply in zip(tasks, replies, strict=True))  # fmt: skip
    chat = Chat(tokenizer)
    places = [one for task in tasks if (one := in_place(model, chat, tokenizer, task)) is not None]
    said = figure(right, np.asarray, 0)
    return right, {
        "model": name, "right": asdict(said) if said else None, "held_anywhere": held,
        "words": round(sum(len(reply.split()) for reply in replies) / len(replies), 1),
        "in_place": [sum(likeliest for likeliest, _ in places), len(places)],
        "nats": round(sum(nats for _, nats in places) / max(1, len(places)), 2),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("held", type=Path)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--max-tokens", type=int, default=64, help="of a reply")
    args = parser.parse_args()
    tasks = asked(conversations(args.held))
    if not tasks:
        raise SystemExit(f"{args.held} has no row whose answer gives its expect or final_answer")
    rows: list[Pairs] = []
    for name in args.names:
        right, told = measured(name, tasks, args.max_tokens)
        rows.append(right)
        print(json.dumps(told), flush=True)
    moved = change(rows[0], rows[-1], np.asarray, 0, relative="", lower=False)
    print(json.dumps({"turns": len(tasks), "rows": len({task.line for task in tasks}), "change": asdict(moved) if moved else None}))  # fmt: skip


if __name__ == "__main__":
    main()
