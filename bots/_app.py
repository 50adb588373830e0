"""The composition root: settings -> store -> model -> engine -> adapters, started in this order and stopped in reverse."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from adapters import Listed, Surroundings, available, create
from adapters.web.adapter import WebAdapter
from adapters.web.signin import signing_key
from bots._intents import editing, seed_of
from bots._skills import skills_of
from core import health, lm
from core.access import FIRST_CODE_LIFE, HOUR, first_code
from core.admin import signin
from core.admin.conversations import SWEEP_SECONDS, ending
from core.admin.desk import Desk
from core.admin.drafting import Told
from core.admin.jobs import Jobs
from core.admin.learning import nightly
from core.catalog import Bot, load_bot
from core.clock import SystemClock
from core.engine import Engine
from core.errors import ModelUnavailable, Unavailable
from core.intents.encoders import Cached, load
from core.intents.live import Live
from core.journal import Journal
from core.knowledge.documents import FOLDER, Documents
from core.knowledge.library import Library
from core.language.phrases import Language, say
from core.lm import weights
from core.manners import Manners
from core.memory.recall import Meanings, Recall
from core.messages import Address, Line
from core.outbox import Deliverer, failed
from core.ports import Adapter, Clock, LanguageModel, served
from core.reminders import feed
from core.reminders.planning import Planner
from core.retention import EVERY_SECONDS, Retention
from core.scheduler import Heartbeat
from core.serving import Serving
from core.settings import Settings
from core.store import Store, crypto, inbox, migrate, outbox, people
from core.turns import Turns
from core.worker import Worker, new_name

if TYPE_CHECKING:
    from starlette.types import ASGIApp

log = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
SETTLE = dt.timedelta(seconds=10)
_SHOWN_LINES = 100
BOTS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class App:
    """A running Remora."""

    settings: Settings
    store: Store
    model: Serving
    engine: Engine
    turns: Turns
    deliverer: Deliverer
    adapters: Mapping[str, Adapter]
    clock: Clock
    broken: asyncio.Event
    """Set when there is no more use in going on."""
    intents: Live
    first_codes: Mapping[str, str] = field(default_factory=dict)
    """By platform, where nobody is in yet: the code that makes its owner."""
    setup_secret: str = ""
    """Where nobody may enter the admin side yet: what the link holds that makes its owner."""
    jobs: Jobs = field(default_factory=Jobs)

    def greeting(self) -> list[str]:
        """What the person who starts it wants to read: who answers, where, and how to get in."""
        info = self.model.info
        lines = [f"{self.engine.bot.title} answers with {info.name} ({info.backend})"]
        lines += [f"{name}: {adapter.where}" for name, adapter in self.adapters.items()]
        language, hours = self.settings.default_language, FIRST_CODE_LIFE // HOUR
        for name, code in self.first_codes.items():
            told = say(language, "first_code", platform=name.capitalize(), code=code, hours=hours)
            link = self.adapters[name].capabilities.start_link if name in self.adapters else ""
            lines.append(f"{told}: {link}{code}" if link else told)
        web = self.adapters.get("web")
        if self.setup_secret and isinstance(web, WebAdapter):
            minutes = signin.LINK_LIFE.seconds // 60
            lines.append(say(language, "first_admin", link=web.admin_link(self.setup_secret), minutes=minutes))
        return lines

    def desk(self) -> Desk:
        """What the admin side works with."""
        return Desk(
            self.store, self.clock, self.settings, self.engine.bot, self.model, editing(self.store, self.settings, self.intents),
            self.intents, self.adapters, self.checks(), self.deliverer.wake, self.jobs, self.engine.library,
        )  # fmt: skip

    def checks(self) -> Mapping[str, health.Check]:
        """What `/readyz` shows of this process."""
        return health.running_checks(self.store, self.model, self.clock, served(self.adapters.values()))

    async def settled(self) -> None:
        """Returns when every message accepted here is answered, and every answer delivered."""
        names = served(self.adapters.values())
        while True:
            async with self.store.read() as tx:
                waiting = await inbox.count_open(tx, names) + await outbox.count_open(tx, names, self.clock.now())
            if not waiting:
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(
    settings: Settings,
    adapters: Sequence[Adapter],
    *,
    listen: bool = True,
    model: LanguageModel | None = None,
    intake: bool = False,
    clock: Clock | None = None,
) -> AsyncGenerator[App]:
    """Remora on these adapters, from the first heartbeat to the last; with `model`, one that is warming already; with
    `intake`, what comes over HTTP is kept for other processes to answer. Leaving drains: replies being written are
    finished (at most `DRAIN_SECONDS`), the rest stays in the queues for the next start."""
    clock, name, everybody = clock or SystemClock(), new_name(), adapters
    adapters = [adapter for adapter in adapters if not (intake and adapter.capabilities.hooked)]
    by_name = {adapter.name: adapter for adapter in adapters}
    async with AsyncExitStack() as stack:
        if model is None:
            model = await asyncio.to_thread(lm.create, settings)
            stack.enter_context(lm.warming(model))
        stack.push_async_callback(model.aclose)
        store = Store(settings.store_url)
        stack.push_async_callback(store.aclose)
        serving = Serving(store, model, partial(_version, settings))
        stack.push_async_callback(serving.aclose)
        await migrate.upgrade(store)
        journal = Journal(settings.data_dir / "journal", name)
        stack.callback(journal.close)
        intents = await _intents(store, settings, stack)
        bot = load_bot(BOTS / settings.bot)
        crypto.unlock(await asyncio.to_thread(signing_key, settings))
        library = await _library(store, settings, bot, clock, intents, stack)
        manners = Manners(store, bot, settings)
        await manners.tick()
        engine = Engine(
            bot,
            skills_of(settings.bot),
            serving,
            settings,
            lambda: intents.current,
            library,
            Recall(store, intents.encoders),
            serving.of,
            manners.of,
        )
        deliverer = Deliverer(store, by_name, clock, journal, name, min(SETTLE, 2 * _lease(settings)))
        turns = Turns(store, engine, by_name, deliverer, clock, settings, name)
        worker = Worker(name, store, clock, _lease(settings), deliverer, served(adapters))
        await worker.tick()
        stack.push_async_callback(_leave, worker)
        for adapter in everybody:
            await stack.enter_async_context(adapter.connect())
        codes = await _first_codes(store, everybody, clock) if listen and settings.allow.strip() != "*" else {}
        setup = await _setup_secret(store, clock) if "web" in by_name else ""
        app = App(
            settings, store, serving, engine, turns, deliverer, by_name, clock, asyncio.Event(), intents, codes, setup
        )
        async with _working(app, worker, everybody if listen else (), intents, manners):
            yield app


def _version(settings: Settings, name: str) -> LanguageModel:
    """A trained version of the local model by its name; "" is the model of the settings. Reads the disk: for a thread."""
    if not name:
        return lm.create(settings)
    folder = weights.version_of(settings, name) if settings.model_backend == "local" else None
    if folder is None:
        raise ModelUnavailable(f"there are no weights of {name} here", f"run here: remora models export {name} FOLDER")
    return lm.create(settings.model_copy(update={"model": str(folder)}))


async def _intents(store: Store, settings: Settings, stack: AsyncExitStack) -> Live:
    """The admins' intents, those of the bot's own file taken over; n-grams recognise until the encoders are loaded."""
    seed = await asyncio.to_thread(seed_of, BOTS / settings.bot)
    clashes = await editing(store, settings).take_seed(seed)
    if clashes:
        log.warning(
            "intents changed in the bot's file and by admins: theirs stay", extra={"intents": ", ".join(clashes)}
        )
    fetch = settings.model_backend in ("local", "openai_compat")
    live = Live(store, settings.bot, partial(load, settings.intent_encoder, settings.data_dir / "vectors", fetch=fetch))
    stack.push_async_callback(live.aclose)
    await live.tick()
    return live


async def _library(
    store: Store, settings: Settings, bot: Bot, clock: Clock, intents: Live, stack: AsyncExitStack
) -> Library:
    async def encoders() -> Sequence[Cached]:
        await asyncio.gather(
            intents.settled(), return_exceptions=True
        )  # they load the same ones, and fetch what is missing
        return await asyncio.to_thread(load, settings.intent_encoder, settings.data_dir / "vectors")

    folder = BOTS / settings.bot / FOLDER
    library = Library(Documents(store, clock, settings.bot), folder, encoders, strict=bot.documents_only)
    stack.push_async_callback(library.aclose)
    await library.tick()
    return library


def listed(language: Language, bot: str = "assistant") -> Sequence[Listed]:
    """Every command of a bot, for a platform that lists them."""
    named = [(skill, *pair) for skill in skills_of(bot) for pair in skill.commands.items()]
    return [Listed(name[1:], say(language, key), name in skill.personal) for skill, name, key in named]


def made(
    name: str,
    settings: Settings,
    here: Sequence[App] = (),
    hooks: MutableMapping[str, ASGIApp] | None = None,
    opened: Store | None = None,
    clock: Clock | None = None,
) -> Adapter | None:
    """The adapter of a platform, or None where it is off. `here` holds the app once it runs; `hooks` are the same for
    all adapters of a process, and None where it has no web side; `opened` is the database where no app is going to run."""
    clock, key = clock or SystemClock(), signing_key(settings)
    crypto.unlock(key)

    async def history(address: Address) -> Sequence[Line]:
        if not here:
            return []
        async with here[0].store.read() as tx:
            return await people.transcript(tx, address.key(), _SHOWN_LINES)

    def check(part: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            if not here:
                raise Unavailable("Remora is starting")
            await here[0].checks()[part]()

        return run

    async def calendar(secret: str) -> str | None:
        if not here:
            raise Unavailable("Remora is starting")
        async with here[0].store.read() as tx:
            return await feed.of_secret(tx, secret, clock.now())

    def store() -> Store:
        if opened is None and not here:
            raise Unavailable("Remora is starting")
        return opened or here[0].store

    def desk() -> Desk:
        if not here:
            raise Unavailable("Remora is starting")
        return here[0].desk()

    checks = {part: check(part) for part in health.PARTS}
    called = {} if hooks is None else hooks
    public_url = settings.public_url.rstrip("/")
    around = Surroundings(
        clock,
        key,
        history,
        checks,
        calendar,
        called,
        store,
        desk,
        partial(listed, bot=settings.bot),
        public_url,
        has_web=hooks is not None,
    )
    return create(name, settings, around)


def platforms(settings: Settings, role: str, here: Sequence[App]) -> list[Adapter]:
    """The adapters of a role that the settings switch on. With the web side goes whatever comes over HTTP."""
    names = [name for name in available() if role != "bot" or name != "web"]
    hooks: dict[str, ASGIApp] | None = {} if "web" in names else None
    found = [adapter for name in names if (adapter := made(name, settings, here, hooks)) is not None]
    return [one for one in found if role != "web" or one.name == "web" or one.capabilities.hooked]


def _lease(settings: Settings) -> dt.timedelta:
    return dt.timedelta(seconds=settings.lease_seconds)


async def _first_codes(store: Store, adapters: Sequence[Adapter], clock: Clock) -> dict[str, str]:
    closed = [adapter.name for adapter in adapters if not adapter.capabilities.open]
    async with store.write() as tx:
        made = [(name, await first_code(tx, name, clock.now())) for name in closed]
    return {name: code for name, code in made if code is not None}


async def _setup_secret(store: Store, clock: Clock) -> str:
    async with store.write() as tx:
        return await signin.setup_link(tx, clock.now()) or ""


async def _leave(worker: Worker) -> None:
    with suppress(Unavailable):
        await worker.leave()


@asynccontextmanager
async def _working(
    app: App, worker: Worker, heard: Sequence[Adapter], intents: Live, manners: Manners
) -> AsyncGenerator[None]:
    heartbeat = Heartbeat()
    heartbeat.every("worker", worker.tick, min(1.0, app.settings.lease_seconds / 4))
    heartbeat.every("intents", intents.tick)
    heartbeat.every("meanings", Meanings(app.store, intents.encoders).tick)
    heartbeat.every("model", app.model.tick)
    heartbeat.every("manners", manners.tick)
    heartbeat.every("in-force", Told(app.store, app.clock, intents, app.settings.bot, worker.name).tick)
    if app.engine.library is not None:
        heartbeat.every("knowledge", app.engine.library.tick)
    heartbeat.every("plan", Planner(app.store, app.clock, app.deliverer.wake).tick)
    retention = Retention(app.store, app.clock, app.settings.retention_days, app.settings.prompt_days)
    heartbeat.every("retention", retention.tick, EVERY_SECONDS)
    heartbeat.every("learning", nightly(app.store, app.settings, app.clock), EVERY_SECONDS)
    heartbeat.every("takeovers", ending(app.store, app.clock, app.deliverer.wake), SWEEP_SECONDS)
    heartbeat.start()
    turns = asyncio.create_task(app.turns.run(), name="turns")
    deliveries = asyncio.create_task(app.deliverer.run(), name="outbox")
    for task in (turns, deliveries):
        task.add_done_callback(lambda _task: app.broken.set())
    listeners = [
        asyncio.create_task(_listening(adapter, app.turns), name=f"listen-{adapter.name}") for adapter in heard
    ]
    for task in listeners:
        task.add_done_callback(lambda ended: app.broken.set() if failed(ended) else None)
    try:
        yield
    finally:
        for task in listeners:
            task.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
        await _drain(app, turns, deliveries)
        heartbeat.stop()
        for task in listeners:
            if failed(task):
                task.result()


async def _listening(adapter: Adapter, turns: Turns) -> None:
    """Listens for as long as the app runs; a listener that breaks is started again, and says why."""
    for failures in range(1_000_000):
        try:
            await adapter.listen(turns.accept)
            return
        except Unavailable as error:
            log.error("listening was interrupted", extra={"platform": adapter.name, "why": error.what})
        await asyncio.sleep(2.0 ** min(failures, 6))


async def _drain(app: App, turns: asyncio.Task[None], deliveries: asyncio.Task[None]) -> None:
    app.turns.drain()
    _, late = await asyncio.wait({turns}, timeout=DRAIN_SECONDS)
    if late:
        await app.turns.hurry()
        await asyncio.wait({turns})
    app.deliverer.drain()
    _, late = await asyncio.wait({deliveries}, timeout=DRAIN_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(deliveries, return_exceptions=True)
    for task in (turns, deliveries):
        if not task.cancelled():
            task.result()


async def until_stopped(app: App, *, interrupts: bool = True) -> None:
    """Waits for SIGTERM, or SIGINT where `interrupts` are not the terminal's own; a second one ends the process at once.
    Returns also when a part of the app broke that nothing can do without: leaving `running` then says what it was."""
    loop, stopping = asyncio.get_running_loop(), app.broken

    def stop() -> None:
        if stopping.is_set():
            signal.raise_signal(signal.SIGKILL)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT) if interrupts else (signal.SIGTERM,):
        loop.add_signal_handler(number, stop)
    await stopping.wait()
