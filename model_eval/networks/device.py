"""Where models run, and with which arithmetic."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

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


@contextmanager
def exact_arithmetic(*, repeatable: bool = True) -> Iterator[None]:
    """Hold torch to IEEE single precision and to repeatable algorithms, and give back what was set.

    With `repeatable` false cuDNN tries out algorithms and takes the fastest, and others may add up in any
    order: sums may differ from run to run.
    """
    # cuBLAS reads this when CUDA starts; without it its sums may go in any order.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.get_float32_matmul_precision()
    algorithms = torch.are_deterministic_algorithms_enabled()
    only_warn = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.set_float32_matmul_precision("highest")
    if torch.cuda.is_available():
        torch.use_deterministic_algorithms(repeatable, warn_only=True)
    try:
        with torch.backends.cudnn.flags(
            enabled=True, benchmark=not repeatable, deterministic=repeatable, allow_tf32=False
        ):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
        torch.use_deterministic_algorithms(algorithms, warn_only=only_warn)


def n_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


@contextmanager
def threads_within_models(n_threads: int) -> Iterator[None]:
    """Let each model compute on `n_threads` threads on the CPU, and give back what was set."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
