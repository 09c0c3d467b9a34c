"""Where models run, and with which arithmetic."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch.utils import deterministic

from tricky.core.errors import InputError


@dataclass(frozen=True)
class Hardware:
    """What models are trained on.

    Attributes
    ----------
    device : str
        As in `EvaluateSettings`.
    n_workers : int, optional
        Number of models trained at the same time on the CPU; by default one per core.
    """

    device: str = "auto"
    n_workers: int | None = None


AUTOMATIC = Hardware()
"""CUDA where there is a device, else every core of the CPU."""


def choose_device(name: str) -> torch.device:
    """Return the device that a study names; ``auto`` takes CUDA when there is one, else the CPU.

    Raises
    ------
    InputError
        This machine has no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda":
        there = torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count()
    else:
        there = device.type == "cpu" or torch.backends.mps.is_available()
    if not there:
        raise InputError(f"device {name!r}: this machine has none; use `--device auto` or `--device cpu`")
    return device


Arithmetic = Literal["exact", "fast", "mixed"]
"""``exact``: IEEE single precision.  ``fast``: single precision, with TF32 on a GPU, and images in the layout
``channels_last``.  ``mixed``: as fast, and bfloat16 where torch's automatic mixed precision uses it."""


def memory_format(name: Arithmetic) -> torch.memory_format:
    """Return how images lie in memory."""
    return torch.contiguous_format if name == "exact" else torch.channels_last


def arithmetic(name: Arithmetic, device: torch.device) -> AbstractContextManager[None]:
    """Set the arithmetic of float32 operations, and give back what was set at the end.

    Algorithms are repeatable in any case: the same inputs on the same device give the same bits.
    """
    return _arithmetic(tf32=name != "exact" and device.type == "cuda", repeatable=True)


def exact_arithmetic(*, repeatable: bool = True) -> AbstractContextManager[None]:
    """Hold torch to IEEE single precision and to repeatable algorithms, and give back what was set.

    With `repeatable` false cuDNN tries out algorithms and takes the fastest, and others may add up in any
    order: sums may differ from run to run.
    """
    return _arithmetic(tf32=False, repeatable=repeatable)


@contextmanager
def _arithmetic(*, tf32: bool, repeatable: bool) -> Iterator[None]:
    # cuBLAS reads this when CUDA starts; without it its sums may go in any order.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.get_float32_matmul_precision()
    algorithms = torch.are_deterministic_algorithms_enabled()
    only_warn = torch.is_deterministic_algorithms_warn_only_enabled()
    memory: Any = deterministic  # its setting is an attribute that type checkers don't see
    fill = memory.fill_uninitialized_memory
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    if torch.cuda.is_available():
        torch.use_deterministic_algorithms(repeatable, warn_only=True)
        # Only networks that read memory before they write it would need it filled, once for every tensor.
        memory.fill_uninitialized_memory = False
    try:
        with torch.backends.cudnn.flags(
            enabled=True, benchmark=not repeatable, deterministic=repeatable, allow_tf32=tf32
        ):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
        torch.use_deterministic_algorithms(algorithms, warn_only=only_warn)
        memory.fill_uninitialized_memory = fill


@contextmanager
def threads_within_models(n_threads: int) -> Iterator[None]:
    """Let each model compute on `n_threads` threads on the CPU, and give back what was set."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
