"""Load models ahead of their turn, in threads: the first runs while others are still read from disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from model_eval.cores import n_cores
from model_eval.evaluate.decision_files import DecisionFile
from model_eval.networks.build import Classifier
from model_eval.settings import ModelEntry

LOADED_AHEAD = 3
"""Models that are loaded at the same time, at most: they share an interpreter, so more delay the first."""


class LoadedModel(NamedTuple):
    """A model with the file that its decisions go into."""

    file: DecisionFile
    classifier: Classifier


Load = Callable[[ModelEntry], LoadedModel]
"""Builds a model with its weights."""


class ModelLoader:
    """Models in the order of their entries, loaded ahead.

    A ``python:`` source is the user's own code, which may draw from torch's global generator: it runs while
    no other model is loaded.

    Parameters
    ----------
    entries : iterable of ModelEntry
        Loading of the first ones starts immediately.
    load : Load
    """

    def __init__(self, entries: Iterable[ModelEntry], load: Load) -> None:
        n_threads = min(LOADED_AHEAD, n_cores())
        self._entries = iter(entries)
        self._load = load
        self._threads = ThreadPoolExecutor(n_threads)
        self._waiting: deque[Future[LoadedModel]] = deque()
        for _ in range(n_threads):
            self._submit()

    def __iter__(self) -> ModelLoader:
        return self

    def __next__(self) -> LoadedModel:
        """Return the next model.

        Raises
        ------
        InputError
            What `load` raises for it.
        """
        if not self._waiting:
            raise StopIteration
        loaded = self._waiting.popleft().result()
        self._submit()
        return loaded

    def close(self) -> None:
        """Load no more models."""
        self._threads.shutdown(cancel_futures=True)

    def _submit(self) -> None:
        entry = next(self._entries, None)
        if entry is None:
            return
        if entry.library == "python":
            wait(self._waiting)
        self._waiting.append(self._threads.submit(self._load, entry))
        if entry.library == "python":
            wait(self._waiting)
