"""Load models ahead of their turn, in threads: the first runs while others are still read from disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from model_eval.evaluate.decision_files import DecisionFile
from model_eval.networks.build import Classifier
from model_eval.networks.device import n_cores
from model_eval.settings import ModelEntry

LOADED_AHEAD = 8
"""Models that are loaded at the same time, at most."""


class LoadedModel(NamedTuple):
    """A model with the file that its decisions go into."""

    file: DecisionFile
    classifier: Classifier


Load = Callable[[ModelEntry], LoadedModel]
"""Builds a model with its weights."""


def load_ahead(entries: Iterable[ModelEntry], load: Load) -> Generator[LoadedModel]:
    """Yield models in the order of their entries.

    A ``python:`` source is the user's own code, which may draw from torch's global generator: it runs while
    no other model is loaded.

    Raises
    ------
    InputError
        What `load` raises, when it is the model's turn.
    """
    threads = ThreadPoolExecutor(min(LOADED_AHEAD, n_cores()))
    waiting: deque[Future[LoadedModel]] = deque()
    upcoming = iter(entries)

    def submit_next() -> None:
        entry = next(upcoming, None)
        if entry is None:
            return
        if entry.library == "python":
            wait(waiting)
        waiting.append(threads.submit(load, entry))
        if entry.library == "python":
            wait(waiting)

    try:
        for _ in range(min(LOADED_AHEAD, n_cores())):
            submit_next()
        while waiting:
            loaded = waiting.popleft().result()
            submit_next()
            yield loaded
            del loaded
    finally:
        threads.shutdown(cancel_futures=True)
