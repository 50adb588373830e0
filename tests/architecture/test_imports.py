"""Who may import whom. The layers: bots -> adapters -> core; a vendor's library stays where it is wrapped."""

from __future__ import annotations

import grimp
import pytest

ROOTS = ("bots", "adapters", "core", "migrations")


KNOWN_CIRCLES = {"adapters._terminal <-> adapters.console"}
"""The second imports the first only where there is a terminal, when it is called."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOTS, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None)


def under(graph: grimp.ImportGraph, *packages: str) -> set[str]:
    """The modules of these packages and of everything in them."""
    return {
        name for name in graph.modules if any(name == package or name.startswith(f"{package}.") for package in packages)
    }


def imports(graph: grimp.ImportGraph, importers: set[str], targets: set[str]) -> list[str]:
    """Each direct import from one of the first to one of the second, as "importer -> imported"."""
    return sorted(
        f"{importer} -> {target}"
        for importer in importers
        for target in graph.find_modules_directly_imported_by(importer) & targets
    )


def users(graph: grimp.ImportGraph, library: str) -> set[str]:
    """Our modules that import a library."""
    return {
        importer
        for module in under(graph, library)
        for importer in graph.find_modules_that_directly_import(module)
        if importer.split(".")[0] in ROOTS
    }


def test_core_knows_neither_platforms_nor_bots(graph: grimp.ImportGraph) -> None:
    assert imports(graph, under(graph, "core"), under(graph, "adapters", "bots")) == []


def test_platforms_know_no_bot(graph: grimp.ImportGraph) -> None:
    assert imports(graph, under(graph, "adapters"), under(graph, "bots")) == []


def test_no_platform_knows_another(graph: grimp.ImportGraph) -> None:
    names = {name.split(".")[1] for name in under(graph, "adapters") if "." in name}
    platforms = {name for name in names if not name.startswith("_")}
    assert {"console", "telegram", "slack", "web"} <= platforms
    for platform in platforms:
        others = under(graph, *(f"adapters.{other}" for other in platforms - {platform}))
        assert imports(graph, under(graph, f"adapters.{platform}"), others) == []


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("telegram", ("adapters.telegram", "bots._demo")),
        ("slack_sdk", ("adapters.slack",)),
        ("aiohttp", ("adapters.slack", "core.lm", "bots._demo")),
        ("starlette", ("adapters.web", "adapters.slack", "adapters.telegram", "adapters._bodies")),
        ("uvicorn", ("adapters.web",)),
        ("fastapi", ("adapters.web.api",)),
        ("prometheus_client", ("core.metrics",)),
        ("jinja2", ("adapters.web", "core.lm", "core.training")),
        ("prompt_toolkit", ("adapters.console", "adapters._terminal")),
        ("sqlalchemy", ("core.store", "migrations")),
        ("aiosqlite", ("core.store",)),
        ("asyncpg", ("core.store",)),
        ("sqlite3", ("core.store",)),
        ("alembic", ("core.store", "migrations")),
        ("torch", ("core.lm", "core.training")),
        ("transformers", ("core.lm", "core.training")),
        ("peft", ("core.lm", "core.training")),
        ("safetensors", ("core.lm", "core.training", "core.intents.minilm")),
        ("gguf", ("core.lm", "core.training.gguf_file")),
        ("apscheduler", ("core.scheduler",)),
        ("pydantic_settings", ("core.settings",)),
        ("click", ("bots",)),
        ("dateutil", ("core.language.grammar",)),
    ],
)
def test_a_library_stays_where_it_is_wrapped(graph: grimp.ImportGraph, library: str, homes: tuple[str, ...]) -> None:
    strangers = users(graph, library) - under(graph, *homes)
    assert sorted(strangers) == []


def test_the_language_package_stands_alone(graph: grimp.ImportGraph) -> None:
    ours = under(graph, *ROOTS)
    assert imports(graph, under(graph, "core.language"), ours - under(graph, "core.language")) == []


@pytest.mark.parametrize(
    ("module", "allowed"),
    [("core.messages", ()), ("core.errors", ()), ("core.ports", ("core.messages", "core.errors")), ("core.clock", ())],
)
def test_the_words_import_nothing_but_words(graph: grimp.ImportGraph, module: str, allowed: tuple[str, ...]) -> None:
    others = under(graph, *ROOTS) - set(allowed) - {"core"}
    assert imports(graph, {module}, others) == []


def test_the_store_knows_no_flow(graph: grimp.ImportGraph) -> None:
    """Nouns do not know verbs: rows are kept without knowing who keeps them."""
    verbs = under(
        graph, "core.turns", "core.engine", "core.outbox", "core.worker", "core.scheduler", "core.skills", "core.lm"
    )
    assert imports(graph, under(graph, "core.store"), verbs) == []


def test_the_engine_knows_no_transaction(graph: grimp.ImportGraph) -> None:
    """Answering opens none: it could wait for a model with one open."""
    assert "core.store" not in graph.find_modules_directly_imported_by("core.engine")
    assert imports(graph, {"core.engine"}, {"core.store.database", "core.turns", "core.outbox"}) == []


def test_nothing_in_the_running_bot_imports_the_training(graph: grimp.ImportGraph) -> None:
    """But what a run leaves behind, which pages show, and the data sets that are made of use: they load nothing heavy."""
    named = ("core.training", "core.training.runs", "core.training.words", "core.training.show")
    training = under(graph, "core.training") - {*named, *under(graph, "core.training.data")}
    running = under(graph, *ROOTS) - training - under(graph, "bots._cli")
    assert imports(graph, running, training) == []


def test_nothing_imports_in_a_circle(graph: grimp.ImportGraph) -> None:
    ours = under(graph, *ROOTS)
    direct = {module: graph.find_modules_directly_imported_by(module) & ours for module in ours}
    circles = sorted(
        f"{a} <-> {b}" for a in ours for b in direct[a] if a < b and a in direct[b] and not b.startswith(f"{a}.")
    )
    assert set(circles) <= KNOWN_CIRCLES
