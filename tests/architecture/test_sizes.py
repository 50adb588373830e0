"""What can be read in one sitting stays so: sizes, catch-alls, and the few places for time and printing."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("bots", "adapters", "core", "migrations")
LONGEST_FILE, LONGEST_FUNCTION, WHOLE_PRODUCT, WHOLE_GRAMMAR, WHOLE_PART = 600, 80, 42_500, 6_500, 3_000
BOUNDARIES = {
    "core/turns.py",
    "core/previews.py",
    "core/outbox.py",
    "core/scheduler.py",
    "core/lm/__init__.py",
    "core/lm/local.py",
}
"""Where everything may be caught: a turn, a preview, a delivery, a scheduler tick, a model swap."""
LINES_PER_CATCH_ALL = 1_000


def files(*folders: str) -> list[Path]:
    found = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    assert found, folders
    return found


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_no_file_is_too_long() -> None:
    assert [name(path) for path in files(*PRODUCT, "tests") if lines(path) > LONGEST_FILE] == []


def test_no_function_is_too_long() -> None:
    found = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in files("bots", "adapters", "core", "tests")
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert found == []


def code_lines(path: Path) -> int:
    """Lines of code: neither blank, nor a comment, nor part of a docstring."""
    words = {
        line
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    numbered = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return sum(1 for number, line in numbered if number not in words and line.strip() and line.strip()[0] != "#")


def test_the_product_is_small_and_so_is_its_grammar() -> None:
    """The grammar of times has a bound of its own: see the decision in CONTRIBUTING.md."""
    grammar = files("core/language/grammar")
    assert sum(map(code_lines, grammar)) < WHOLE_GRAMMAR
    assert sum(code_lines(path) for path in files(*PRODUCT) if path not in grammar) < WHOLE_PRODUCT


def test_no_part_outgrows_one_head() -> None:
    """A part is a package with the modules that lie in it directly; what lies in a package below is a part of its own."""
    parts: Counter[str] = Counter()
    for path in files(*PRODUCT):
        if "grammar" not in path.parts:
            parts[name(path.parent)] += code_lines(path)
    assert [part for part, lines_of in parts.items() if lines_of > WHOLE_PART] == []


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Whatever it catches goes on: it only cleans up."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def catch_alls(path: Path) -> Iterator[int]:
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.ExceptHandler) or _passes_on(node):
            continue
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        if any(
            kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")) for kind in kinds
        ):
            yield node.lineno


def test_everything_is_caught_at_the_boundaries_only_and_with_a_reason() -> None:
    found = [(path, line) for path in files(*PRODUCT) for line in catch_alls(path)]
    assert [f"{name(path)}:{line}" for path, line in found if name(path) not in BOUNDARIES] == []
    for path, line in found:
        assert "boundary:" in path.read_text(encoding="utf-8").splitlines()[line - 1], (
            f"{name(path)}:{line} gives no reason"
        )
    assert len(found) <= sum(map(lines, files(*PRODUCT))) / LINES_PER_CATCH_ALL


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Every call of a dotted name, with its line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


CLOCKS = {"core/clock.py", "core/language/batch.py"}
"""The clock; and the batch form of times, where a line without a reference time means now: it imports nothing of ours."""
NOW = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.localtime")


def test_only_the_clock_asks_for_the_time() -> None:
    found = [
        f"{name(path)}:{line} {call}"
        for path in files("core", "adapters", "bots")
        if name(path) not in CLOCKS
        for line, call in calls(path)
        if call.endswith(NOW)
    ]
    assert found == []


MAY_PRINT = ("bots/_cli/", "adapters/console.py", "adapters/_terminal.py")


def test_nothing_is_printed_but_at_the_terminal() -> None:
    found = [
        f"{name(path)}:{line}"
        for path in files(*PRODUCT)
        if not name(path).startswith(MAY_PRINT)
        for line, call in calls(path)
        if call in ("print", "pprint", "pprint.pprint")
    ]
    assert found == []


@pytest.mark.parametrize("call", ["eval", "exec", "os.system", "pickle.loads", "pickle.load", "yaml.load", "os._exit"])
def test_no_dangerous_call(call: str) -> None:
    found = [f"{name(path)}:{line}" for path in files(*PRODUCT) for line, called in calls(path) if called == call]
    assert found == []
