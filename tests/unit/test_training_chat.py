"""What a model learns are the assistant's words and nothing else, in the form in which it will be asked."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.lm.engine.text import prompt
from core.lm.engine.tokens import TransformersTokenizer
from core.messages import Utterance
from core.training.base import Learner
from core.training.batches import Plan, collate
from core.training.chat import Chat, Encoded
from core.training.data.rows import Conversation
from core.training.losses import mean_loss, row_losses
from core.training.runs import BadData
from tests.fakes import tiny

TURNS = (
    Utterance("system", "Be kind."),
    Utterance("user", "Where is <|im_end|> the lamp?"),
    Utterance("assistant", "Here it is."),
    Utterance("user", "谢谢"),
    Utterance("assistant", "不客气！"),
)
NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}" + tiny.TEMPLATE
MARKED = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}{% if m['role'] == 'assistant' %}{% generation %}"
    "{{ m['content'] + '<|im_end|>' }}{% endgeneration %}{% else %}{{ m['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
DROPS = tiny.TEMPLATE.replace("in messages %}", "in messages[-2:] %}")
REWRITES = tiny.TEMPLATE.replace(
    "message['content']", "(message['content'] if loop.last else message['content'] + ' (old)')"
)


def words_of(chat: Chat, row: Encoded) -> str:
    return str(chat.tokenizer.decode([token for token, said in zip(row.tokens, row.learned, strict=True) if said]))


@pytest.mark.parametrize(
    ("template", "learned"),
    [
        (tiny.TEMPLATE, "Here it is.<|im_end|>不客气！<|im_end|>"),
        (MARKED, "Here it is.<|im_end|>不客气！<|im_end|>"),
        (NO_SYSTEM, "Here it is.<|im_end|>不客气！<|im_end|>"),
        (None, " Here it is.\n 不客气！<|im_end|>"),
    ],
    ids=["plain", "marked", "without system", "no template"],
)
def test_the_assistants_words_are_learned_after_just_the_prompt_that_the_engine_builds(
    template: str | None, learned: str
) -> None:
    chat = Chat(tiny.tokenizer(template))
    row = chat.encode(Conversation(TURNS), 1024)
    assert words_of(chat, row) == learned
    asked, templated = prompt(TransformersTokenizer(chat.tokenizer, {}), TURNS[:4], 1024)
    assert templated == (template is not None)
    last = len(row.learned) - 1 - row.learned[::-1].index(False)
    ends = [at for at, said in enumerate(row.learned) if said and not row.learned[at - 1]]
    assert row.tokens[: ends[-1]] == asked
    assert last >= ends[-1] - 1


@pytest.mark.parametrize("template", [DROPS, REWRITES], ids=["drops", "rewrites"])
def test_a_template_that_a_conversation_does_not_survive_is_refused(template: str) -> None:
    with pytest.raises(BadData, match="chat template"):
        Chat(tiny.tokenizer(template))


def test_a_long_row_ends_after_its_last_whole_answer_and_one_without_any_is_refused() -> None:
    chat = Chat(tiny.tokenizer())
    whole = chat.encode(Conversation(TURNS), 1024)
    cut = chat.encode(Conversation(TURNS), len(whole.tokens) - 3)
    assert cut.cut
    assert words_of(chat, cut) == "Here it is.<|im_end|>"
    assert cut.learned[-1]
    with pytest.raises(BadData, match="line 7: nothing of the assistant's words fits"):
        chat.encode(Conversation(TURNS, {}, 7), 40)


# --- the loss


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(1)
    return AutoModelForCausalLM.from_pretrained(tiny.model(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def rows() -> list[Encoded]:
    chat = Chat(tiny.tokenizer())
    more = [(*TURNS[:2], Utterance("assistant", text)) for text in ("No.", "It is behind the green door.", "在那里")]
    return [chat.encode(Conversation(turns), 1024) for turns in (TURNS, *more)]


@pytest.mark.parametrize("short", [True, False])
def test_no_other_position_has_a_gradient_at_all(model: Any, rows: list[Encoded], short: bool) -> None:
    learner = Learner(model, torch.float32)
    assert learner.short
    learner.short = short
    seen: list[torch.Tensor] = []

    def keep(_module: object, _given: object, out: Any) -> None:
        tensor = out[0] if short else out
        tensor.retain_grad()
        seen.append(tensor)

    part = model.model if short else model.lm_head
    hook = part.register_forward_hook(keep)
    batch = collate([[row] for row in rows], 257)
    learner(batch).backward()
    hook.remove()
    model.zero_grad()
    gradient = seen[0].grad
    assert gradient is not None
    told = torch.zeros(gradient.shape[:2], dtype=torch.bool)
    told[batch.rows, batch.at] = True
    assert int(told.sum()) == sum(row.count for row in rows)
    assert bool((gradient[~told] == 0).all())
    assert bool((gradient[told].abs().sum(-1) > 0).all())


def test_the_loss_is_that_of_transformers_with_the_other_tokens_left_out(model: Any, rows: list[Encoded]) -> None:
    learner = Learner(model, torch.float32)
    for row in rows:
        labels = [token if said else -100 for token, said in zip(row.tokens, row.learned, strict=True)]
        theirs = model(input_ids=torch.tensor([row.tokens]), labels=torch.tensor([labels])).loss
        ours = mean_loss(learner, [row], 1, 257)
        assert ours == pytest.approx(float(theirs), abs=1e-5)


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_rows_packed_into_one_line_do_not_see_each_other(kind: str, rows: list[Encoded], tmp_path: Any) -> None:
    from transformers import AutoModelForCausalLM

    learner = Learner(AutoModelForCausalLM.from_pretrained(tiny.model(tmp_path, kind=kind)), torch.float32).eval()
    alone = sum(loss for loss, _ in row_losses(learner, rows[1:], 1, 257))
    with torch.no_grad():
        packed = float(learner(collate([rows[1:3], rows[3:]], 257)))
    assert packed == pytest.approx(alone, rel=1e-5)


# --- which rows make which step


def plan(**values: Any) -> Plan:
    rows = [Encoded([1] * size, [False] + [True] * (size - 1), size) for size in range(5, 45)]
    defaults: dict[str, Any] = {"mixed": [], "mix_share": 0.0, "batch": 4, "accumulation": 2, "packing": False}
    return Plan(**{"rows": rows, "longest": 64, "seed": 3, **defaults, **values})


@pytest.mark.parametrize("packing", [False, True])
def test_an_epoch_holds_every_row_once_in_another_order_each_time(packing: bool) -> None:
    made = plan(packing=packing)
    epochs = [[one for batch in made.epoch(number) for line in batch for one in line] for number in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(40))
    assert epochs[0] != epochs[1]
    assert made.epoch(0) == plan(packing=packing).epoch(0) != plan(packing=packing, seed=4).epoch(0)
    assert all(sum(len(made.row(one).tokens) for one in line) <= 64 for batch in made.epoch(0) for line in batch)
    assert [len(step) for step in made.steps_of(0)][:-1] == [2] * (len(made.steps_of(0)) - 1)


def test_general_rows_have_their_share_of_an_epoch() -> None:
    general = [Encoded([2] * 9, [False] + [True] * 8) for _ in range(5)]
    numbers = [one for batch in plan(mixed=general, mix_share=0.2).epoch(0) for line in batch for one in line]
    assert len(numbers) == 50
    assert sum(number >= 40 for number in numbers) == 10
