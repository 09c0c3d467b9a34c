"""Which models are in memory together: as many as fit, so that images are prepared once for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
import torch
from torch import nn

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
