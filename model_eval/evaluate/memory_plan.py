"""Which models are in memory together: as many as fit, so that images are prepared once for all of them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

SHARE_ON_THE_CPU = 0.7
"""Of the free memory, for weights and the largest activations that were measured; the rest is for images."""

SHARE_ON_A_GPU = 0.9
"""Of the free memory, for weights and the largest activations that were measured."""


def size_bytes(module: nn.Module) -> int:
    """Return the memory that a network's parameters and buffers take up."""
    return sum(tensor.nbytes for tensor in (*module.parameters(), *module.buffers()))


def free_bytes(device: torch.device) -> int:
    """Return the free memory of the device, or of the machine if that is less: weights pass through it."""
    machine = psutil.virtual_memory().available
    if device.type == "cuda":
        return min(machine, torch.cuda.mem_get_info(device)[0])
    return machine


@dataclass
class MemoryPlan:
    """The memory of a round: weights that stay, and activations that come and go with each batch.

    Attributes
    ----------
    budget : float
        In bytes.
    weights : int
        Bytes of the weights of the models in this round.
    activations : int
        The most bytes that the models of any round took up beyond the weights while they ran.
    n_models : int
        Models in this round.
    """

    budget: float
    weights: int = 0
    activations: int = 0
    n_models: int = 0

    @staticmethod
    def of(device: torch.device) -> MemoryPlan:
        """Return a plan for the memory that is free."""
        share = SHARE_ON_A_GPU if device.type == "cuda" else SHARE_ON_THE_CPU
        return MemoryPlan(share * free_bytes(device))

    def fits(self, size: int) -> bool:
        """Return whether a model of `size` bytes fits beside the others; the first of a round always does."""
        return self.n_models == 0 or self.weights + size + self.activations <= self.budget

    def add(self, size: int) -> None:
        """Count the weights of a model."""
        self.weights += size
        self.n_models += 1

    def next_round(self) -> None:
        """Forget the models of the last round."""
        self.weights = self.n_models = 0


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
