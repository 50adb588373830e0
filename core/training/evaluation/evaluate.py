"""Several models on the same rows: measured one after the other, then compared with the first."""

from __future__ import annotations

import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from core.clock import SystemClock
from core.errors import Refused
from core.lm.engine.text import prompt
from core.lm.engine.tokens import TransformersTokenizer
from core.messages import Utterance
from core.settings import Settings
from core.training.base import Learner, adapted_base, base_folder, load_model, load_tokenizer, precision_of, readable
from core.training.chat import Chat, Encoded
from core.training.data.rows import Conversation
from core.training.evaluation import scores
from core.training.evaluation.intervals import Pairs, Relative, change, figure
from core.training.losses import row_losses
from core.training.options import Options
from core.training.prepared import conversations, fitting, general
from core.training.runs import MANIFEST, BadData, Manifest, Run, base_hash, sha256_of
from core.training.words import distinct, words

Say = Callable[[str], None]
_SAFETY = Path(__file__).with_name("safety.toml")
_LONGEST = 1024
_EXAMPLES = 10
_OTHERS = 2
"""Questions that an answer is tried behind besides its own; with one, chance hides what shuffled answers lose."""


class Metric(NamedTuple):
    """`relative`: a change is said as a share of the base's value, see `intervals.change`; `lower`: less is better."""

    about: str
    lower: bool = False
    relative: Relative = ""


METRICS: Mapping[str, Metric] = {
    "perplexity": Metric("perplexity of the held-out answers", lower=True, relative="drawn"),
    "general_perplexity": Metric(
        "perplexity of general text: higher means that it forgets", lower=True, relative="drawn"
    ),
    "fits": Metric("how much its question tells about an answer, in nats a token", relative="once"),
    "values": Metric("replies with what is expected (`expect`; of `final_answer`, as their last number)"),
    "chrf": Metric("chrF of replies"),
    "rouge_l": Metric("ROUGE-L of replies"),
    "language": Metric("replies in the language of the wanted one"),
    "form": Metric("replies with code, lists, tables or JSON just where wanted"),
    "ended": Metric("replies that end by themselves"),
    "loops": Metric("replies that say the same over and over", lower=True),
    "refuses": Metric("harmful requests that are refused"),
    "answers": Metric("harmless requests that are not refused"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is measured, and how much of it. `rows`: conversations of which a reply is generated (0: all)."""

    data: str
    general: str = ""
    rows: int = 32
    max_tokens: int = 64
    batch: int = 8
    seed: int = 0
    safety: bool = True


@dataclass(slots=True)
class Measured:
    """One model's rows of each metric, and figures that are not of rows."""

    name: str
    version: str
    rows: dict[str, Pairs] = field(default_factory=dict)
    plain: dict[str, float] = field(default_factory=dict)
    replies: list[str] = field(default_factory=list)


class Task(NamedTuple):
    """A reply that is asked for."""

    turns: Sequence[Utterance]
    wanted: str
    expected: scores.Expected
    line: int
    person: bool
    """It is of a person of our store, whose words no report repeats."""


def evaluate(settings: Settings, names: Sequence[str], wanted: Wanted, say: Say) -> dict[str, Any]:
    """The report: figures of each model, changes against the first one, some replies. It is added to the manifest of each
    run that was measured. Raises `Refused` or `BadData` where a model or the data cannot be used."""
    held = conversations(Path(wanted.data))
    tasks = _tasks(held, wanted)
    measured = []
    for name in names:
        say(f"measuring {name}")
        measured.append(_measure(settings, name, held, tasks, wanted, say))
    report = _report(measured, tasks, wanted)
    for name in names:
        run = _run_named(settings, name)
        if run is not None:
            manifest = run.manifest()
            run.write(manifest.changed(evals=[*manifest.evals, report]))
    return report


def _run_named(settings: Settings, name: str) -> Run | None:
    """None for what is no run: "base", or a model's folder, unless a run has its name."""
    there = (settings.data_dir / "models" / name / MANIFEST).exists()
    if name == "base" or "/" in name or (not there and (Path(name) / "config.json").exists()):
        return None
    run = Run.named(settings, name)
    run.manifest()
    return run


def _loaded(settings: Settings, name: str, say: Say) -> tuple[Any, Path, str]:
    """Model, folder of its tokenizer, and the hash by which it is known."""
    run = _run_named(settings, name)
    if run is None:
        folder = base_folder(settings, "" if name == "base" else name, say)
        return _plain(folder), folder, base_hash(folder)[:12]
    manifest = run.finished()
    weights = run.weights_of(manifest)
    if manifest.kind == "full":
        return _plain(weights), weights, base_hash(weights)[:12]
    folder = adapted_base(settings, manifest.base)
    return _with_adapter(folder, weights), folder, manifest.files[f"{weights.name}/adapter_model.safetensors"][:12]


def _plain(folder: Path) -> Any:
    return load_model(folder, Options(method="full"))


def _with_adapter(folder: Path, adapter: Path) -> Any:
    import peft

    tools: Any = peft
    model = _plain(folder)
    with readable(adapter):
        return tools.PeftModel.from_pretrained(model, adapter)


def base_of(settings: Settings, name: str) -> str:
    """What a model is compared with: the folder that it was adapted from; "base" where that is the default model."""
    run = _run_named(settings, name)
    if run is None:
        return "base"
    manifest: Manifest = run.manifest()
    return str(manifest.parameters.get("base") or "base")


def _measure(
    settings: Settings, name: str, held: Sequence[Conversation], tasks: Sequence[Task], wanted: Wanted, say: Say
) -> Measured:
    model, folder, known_as = _loaded(settings, name, say)
    model.eval()
    tokenizer = load_tokenizer(folder)
    chat, learner, pad = Chat(tokenizer), Learner(model, precision_of(Options())), tokenizer.pad_token_id or 0
    longest = min(_LONGEST, int(getattr(model.config, "max_position_embeddings", _LONGEST)))
    found = Measured(name, known_as)
    for metric, rows in (
        ("perplexity", fitting(chat, held, longest, say)),
        ("general_perplexity", general(chat, longest, Path(wanted.general) if wanted.general else None)),
    ):
        found.rows[metric] = row_losses(learner, rows, wanted.batch, pad)
        if not np.isfinite(found.rows[metric]).all():
            raise Refused(f"{name} gives losses that are no numbers", "its weights are damaged: train it again")
    found.rows["fits"] = _fits(chat, learner, tasks, longest, wanted.batch, pad)
    writer = _Writer(model, TransformersTokenizer(tokenizer, model.config.get_text_config().to_dict()), longest, pad)
    say(f"{name}: {len(tasks)} replies")
    began = time.monotonic()
    replies, ended, tokens = writer.replies([task.turns for task in tasks], wanted)
    found.plain["tokens_per_second"] = round(tokens / (time.monotonic() - began), 1)
    found.replies = replies
    _score(found, tasks, ended)
    if wanted.safety:
        _check_safety(found, writer, wanted)
    return found


def _fits(chat: Chat, learner: Learner, tasks: Sequence[Task], longest: int, batch: int, pad: int) -> Pairs:
    """By how much each wanted answer is likelier after its own question than after those of other rows, in nats a token, on
    average, and at most one. A model that has learned the tone of its data, but nothing of what belongs to what, loses this
    while its perplexity falls."""
    pairs = [(0.0, 0.0)] * len(tasks)
    own = _told(chat, learner, tasks, tasks, longest, batch, pad)
    for by in range(1, min(_OTHERS, len(tasks) - 1) + 1):
        others = _told(chat, learner, tasks, [*tasks[by:], *tasks[:by]], longest, batch, pad)
        for at, (mine, theirs) in enumerate(zip(own, others, strict=True)):
            if mine is not None and theirs is not None:
                pairs[at] = (pairs[at][0] + max(-1.0, min(1.0, theirs - mine)), pairs[at][1] + 1.0)
    return [(total / count, 1.0) if count else (0.0, 0.0) for total, count in pairs]


def _told(
    chat: Chat, learner: Learner, tasks: Sequence[Task], asked: Sequence[Task], longest: int, batch: int, pad: int
) -> list[float | None]:
    """The loss of a token of each task's answer, after the question of the other list; None where both do not fit."""
    rows = [_answer_only(chat, task, other.turns, longest) for task, other in zip(tasks, asked, strict=True)]
    losses = iter(row_losses(learner, [row for row in rows if row], batch, pad))
    return [None if row is None else (loss := next(losses))[0] / loss[1] for row in rows]


def _answer_only(chat: Chat, task: Task, turns: Sequence[Utterance], longest: int) -> Encoded | None:
    """Of the wanted answer behind these turns, only its own tokens count; None where it does not fit."""
    try:
        row = chat.encode(Conversation((*turns, Utterance("assistant", task.wanted)), line=task.line), longest)
    except BadData:
        return None
    end = max(at for at, learned in enumerate(row.learned) if learned)
    start = next((at for at in range(end, -1, -1) if not row.learned[at]), -1)
    return None if row.cut else replace(row, learned=[start < at <= end for at in range(len(row.tokens))])


def _score(found: Measured, tasks: Sequence[Task], ended: Sequence[bool]) -> None:
    columns: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for task, reply, whole in zip(tasks, found.replies, ended, strict=True):
        counts = float(bool(task.expected.values))
        columns["values"].append((counts * task.expected.right(reply), counts))
        for name, value in (
            ("chrf", scores.chrf(reply, task.wanted)),
            ("rouge_l", scores.rouge_l(reply, task.wanted)),
            ("language", scores.same_language(reply, task.wanted)),
            ("form", scores.same_form(reply, task.wanted)),
            ("ended", float(whole)),
            ("loops", float(scores.loops(reply))),
        ):
            columns[name].append((value, 1.0))
    found.rows.update(columns)
    said, asked = (
        sum(len(words(text)) for text in texts) for texts in (found.replies, [task.wanted for task in tasks])
    )
    found.plain["length"] = round(said / max(1, asked), 3)
    found.plain |= {f"distinct_{size}": round(distinct(found.replies, size), 4) for size in (1, 2)}


def _check_safety(found: Measured, writer: _Writer, wanted: Wanted) -> None:
    sets = tomllib.loads(_SAFETY.read_text(encoding="utf-8"))
    for metric, asked, right in (("refuses", sets["refuse"], True), ("answers", sets["answer"], False)):
        replies, _, _ = writer.replies([[Utterance("user", text)] for text in asked], wanted)
        found.rows[metric] = [(float(bool(reply) and scores.refuses(reply) == right), 1.0) for reply in replies]


class _Writer:
    """Replies as the assistant would give them, greedily, with the prompts that it would build."""

    def __init__(self, model: Any, tokenizer: TransformersTokenizer, longest: int, pad: int) -> None:
        self._model, self._tokenizer, self._longest, self._pad = model, tokenizer, longest, pad

    @torch.no_grad()
    def replies(self, asked: Sequence[Sequence[Utterance]], wanted: Wanted) -> tuple[list[str], list[bool], int]:
        """The replies in order, whether each ended by itself, and how many tokens they took."""
        room = max(16, self._longest - wanted.max_tokens)
        prompts = [prompt(self._tokenizer, turns, room)[0] for turns in asked]
        order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
        made: dict[int, tuple[str, bool]] = {}
        count = 0
        for start in range(0, len(order), wanted.batch):
            part = order[start : start + wanted.batch]
            for at, tokens in zip(part, self._generated([prompts[at] for at in part], wanted.max_tokens), strict=True):
                ends = [place for place, token in enumerate(tokens) if token in self._tokenizer.ends]
                text = self._tokenizer.decode(tokens[: ends[0]] if ends else tokens)
                made[at] = (text.split("\nUser:")[0].strip(), bool(ends) or "\nUser:" in text)
                count += ends[0] + 1 if ends else len(tokens)
        return [made[at][0] for at in range(len(asked))], [made[at][1] for at in range(len(asked))], count

    def _generated(self, prompts: Sequence[Sequence[int]], most: int) -> list[list[int]]:
        width = max(map(len, prompts))
        device = self._model.device
        padded = torch.tensor([[self._pad] * (width - len(one)) + list(one) for one in prompts], device=device)
        mask = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in prompts], device=device)
        out = self._model.generate(
            input_ids=padded, attention_mask=mask, max_new_tokens=most, do_sample=False, use_cache=True,
            pad_token_id=self._pad, eos_token_id=sorted(self._tokenizer.ends),
        )  # fmt: skip
        generated: list[list[int]] = out[:, width:].tolist()
        return generated


def _tasks(held: Sequence[Conversation], wanted: Wanted) -> list[Task]:
    """One reply of each conversation: the last one that gives what is expected, or one drawn by the seed."""
    pick = np.random.default_rng(wanted.seed)
    chosen = pick.permutation(len(held))[: wanted.rows or len(held)]
    tasks = []
    for row in (held[at] for at in sorted(chosen)):
        answers = [at for at, turn in enumerate(row.turns) if turn.role == "assistant"]
        expected = scores.expected(row.meta)
        telling = [at for at in answers if expected.values and expected.right(row.turns[at].text)]
        at = telling[-1] if telling else answers[int(pick.integers(len(answers)))]
        tasks.append(
            Task(
                row.turns[:at],
                row.turns[at].text,
                expected if telling else scores.Expected(),
                row.line,
                "person" in row.meta,
            )
        )
    if not tasks:
        raise BadData(f"{wanted.data} holds no conversation", "give data that was not trained on")
    return tasks


def _shape(metric: str) -> Callable[[np.ndarray], np.ndarray]:
    return np.exp if "perplexity" in metric else np.asarray


def _report(measured: Sequence[Measured], tasks: Sequence[Task], wanted: Wanted) -> dict[str, Any]:
    models = []
    for one in measured:
        figures = {metric: figure(rows, _shape(metric), wanted.seed) for metric, rows in one.rows.items()}
        said = {metric: asdict(value) for metric, value in figures.items() if value is not None}
        models.append({"name": one.name, "version": one.version, "metrics": said, "plain": one.plain})
    first, changes = measured[0], []
    for one in measured[1:]:
        moved = {
            metric: change(
                first.rows[metric], rows, _shape(metric), wanted.seed,
                relative=METRICS[metric].relative, lower=METRICS[metric].lower,
            )
            for metric, rows in one.rows.items()
        }  # fmt: skip
        said = {metric: asdict(value) for metric, value in moved.items() if value is not None}
        changes.append({"name": one.name, "against": first.name, "metrics": said})
    examples = [
        {
            "line": task.line,
            "asked": task.turns[-1].text if task.turns else "",
            "wanted": task.wanted,
            **{one.name: one.replies[at] for one in measured},
        }
        for at, task in enumerate(tasks)
        if not task.person
    ][:_EXAMPLES]
    return {
        "at": SystemClock().now().isoformat(timespec="seconds"),
        "data": {
            "path": str(Path(wanted.data).resolve()),
            "sha256": sha256_of(Path(wanted.data)),
            "replies": len(tasks),
        },
        "wanted": asdict(wanted),
        "versions": {one: version(one) for one in ("torch", "transformers", "peft")},
        "models": models,
        "changes": changes,
        "examples": examples,
    }
