"""A causal language model in this process: the default one, a local folder, or a hub name.

The model lives in a thread of its own (`core.lm.engine.worker`); this file stands on the event loop's side of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from core.errors import ModelUnavailable, RemoraError
from core.lm import weights
from core.lm.engine.estimate import tokens_at_most
from core.lm.engine.text import render
from core.lm.engine.worker import Job, Loaded, Worker, closed
from core.messages import ModelInfo, Sampling, Utterance
from core.settings import Settings

log = logging.getLogger(__name__)

_CONTEXT_BEFORE_LOADING = 1024
_GOODBYE_SECONDS = 10.0


class LocalModel:
    """A `LanguageModel`. Loading begins with the first `ready()` or `generate()`; until it ends, `info` shows a short
    context and `count_tokens` estimates."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker: Worker | None = None
        self._loaded: Loaded | None = None
        self._closed = False

    @property
    def info(self) -> ModelInfo:
        if self._loaded is not None:
            return self._loaded.info
        return ModelInfo(self._settings.model, "local", _CONTEXT_BEFORE_LOADING)

    async def ready(self) -> None:
        await self._start()

    async def generate(self, turns: Sequence[Utterance], sampling: Sampling) -> AsyncGenerator[str]:
        worker = await self._start()
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[str | ModelUnavailable | None] = asyncio.Queue()

        def hand_over(piece: str | ModelUnavailable | None) -> None:
            if loop.is_closed():
                job.cancelled.set()
            else:
                loop.call_soon_threadsafe(pieces.put_nowait, piece)

        job = Job(tuple(turns), sampling, emit=hand_over, finish=hand_over)
        worker.submit(job)
        try:
            while (piece := await pieces.get()) is not None:
                if isinstance(piece, ModelUnavailable):
                    raise piece
                yield piece
        finally:
            job.cancelled.set()

    def count_tokens(self, turns: Sequence[Utterance]) -> int:
        if self._loaded is None:
            return tokens_at_most(turns)
        text, templated = render(self._loaded.tokenizer, turns)
        return len(self._loaded.tokenizer.encode(text, whole=not templated))

    async def aclose(self) -> None:
        self._closed = True
        self._loaded = None
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
            # A thread that is still loading cannot be stopped; it ends by itself and dies with the process. One that has
            # served lets go of its tensors at its very end: a process that ends in the middle of that is aborted.
            await asyncio.to_thread(worker.join, _GOODBYE_SECONDS)

    async def _start(self) -> Worker:
        if self._closed:
            raise closed()
        if self._worker is None:
            self._worker = Worker(partial(_load, self._settings))
            self._worker.start()
        worker = self._worker
        loaded = await asyncio.wrap_future(worker.loaded)
        if self._closed:
            raise closed()
        self._loaded = loaded
        return worker


def create(settings: Settings) -> LocalModel:
    return LocalModel(settings)


def _load(settings: Settings) -> Loaded:
    """Everything heavy, on the model's thread."""
    log.info("model.loading", extra={"model": settings.model})
    try:
        folder = _folder(settings)
        import torch

        torch.set_num_threads(settings.model_threads or max(1, (os.cpu_count() or 1) - 1))
        loaded = _fast(settings, folder) or _general(settings, folder)
    except RemoraError as error:
        raise ModelUnavailable(error.what, error.mend) from error
    except ImportError as error:
        raise ModelUnavailable(f"the local model needs a missing package: {error.name}", "run: make setup") from error
    except MemoryError as error:
        raise ModelUnavailable("no memory for the model", "choose a smaller REMORA_MODEL") from error
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError) as error:
        # Whatever transformers finds wrong with a folder or a name comes as one of these.
        log.error("model.not_loaded", exc_info=error, extra={"model": settings.model})
        raise ModelUnavailable(
            f"REMORA_MODEL: {settings.model!r} cannot be loaded as a causal language model ({type(error).__name__})",
            "give a folder or a hub name that transformers loads, or leave it empty for the default model",
        ) from error
    log.info("model.ready", extra={"model": settings.model, "version": loaded.info.version})
    return loaded


def _folder(settings: Settings) -> Path | None:
    """Where the model lies; None for a hub name."""
    if settings.model == weights.DEFAULT_MODEL:
        return weights.ensure(settings, log.info)
    folder = Path(settings.model).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or settings.model.startswith((".", "~")):
        raise ModelUnavailable(f"REMORA_MODEL: there is no folder {settings.model}", "correct the path")
    return None


def _fast(settings: Settings, folder: Path | None) -> Loaded | None:
    """Our own arithmetic, without transformers, where the folder holds a model it knows."""
    from core.lm.engine import llama
    from core.lm.engine.tokens import FolderTokenizer, UnreadableTokenizer

    if folder is None or not llama.supported(folder):
        return None
    try:
        tokenizer = FolderTokenizer(folder)
    except UnreadableTokenizer:
        return None
    runner = llama.LlamaRunner(folder)
    return Loaded(runner, tokenizer, _info(settings, folder, runner.context_tokens))


def _general(settings: Settings, folder: Path | None) -> Loaded:
    """Anything else, through transformers."""
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging as transformers_logging

    from core.lm.engine.general import GeneralRunner
    from core.lm.engine.llama import MAX_CONTEXT
    from core.lm.engine.tokens import TransformersTokenizer

    quiet: Any = transformers_logging
    quiet.disable_progress_bar()
    quiet.set_verbosity_error()
    name = str(folder) if folder is not None else settings.model
    model: Any = AutoModelForCausalLM.from_pretrained(name, dtype="auto")
    tokenizer = TransformersTokenizer(AutoTokenizer.from_pretrained(name), model.config.get_text_config().to_dict())
    runner = GeneralRunner(model, MAX_CONTEXT)
    return Loaded(runner, tokenizer, _info(settings, folder, runner.context_tokens))


def _info(settings: Settings, folder: Path | None, context_tokens: int) -> ModelInfo:
    version = weights.fingerprint(folder) if folder is not None else ""
    return ModelInfo(settings.model, "local", context_tokens, version)
