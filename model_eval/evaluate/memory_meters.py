"""How much memory a network takes up while it runs, beyond its weights."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class TensorMeter(TorchDispatchMode):
    """Measures how much memory the tensors take up that are made in its context and thread.

    For the CPU, on which torch keeps no such statistics.  Temporary memory within an operation is left out.

    Attributes
    ----------
    peak : int
        The most bytes that were in use at a time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.peak = self._now = 0
        self._known = weakref.WeakSet[torch.UntypedStorage]()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run an operation, and count the memory of those of its results that are new."""
        self._known.update(_storages([args, kwargs]))  # weights and inputs, which were there before
        results = func(*args, **(kwargs or {}))
        for storage in _storages(results):
            if storage not in self._known:
                self._known.add(storage)
                self._add(storage.nbytes())
                weakref.finalize(storage, self._add, -storage.nbytes()).atexit = False
        return results

    def _add(self, n_bytes: int) -> None:
        self._now += n_bytes
        self.peak = max(self.peak, self._now)


def _storages(tree: Any) -> list[torch.UntypedStorage]:
    """Return the memory of every tensor in nested lists, tuples and dicts."""
    return [each.untyped_storage() for each in tree_leaves(tree) if isinstance(each, torch.Tensor)]


class GpuMeter:
    """Measures how much memory of a GPU is taken up in its context, beyond what was in use before.

    Parameters
    ----------
    device : torch.device

    Attributes
    ----------
    peak : int
        The most bytes that were in use at a time.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._before = 0
        self.peak = 0

    def __enter__(self) -> GpuMeter:
        torch.cuda.reset_peak_memory_stats(self._device)
        self._before = torch.cuda.memory_allocated(self._device)
        return self

    def __exit__(self, *_: object) -> None:
        self.peak = torch.cuda.max_memory_allocated(self._device) - self._before
