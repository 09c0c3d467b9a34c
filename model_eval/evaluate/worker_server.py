"""Processes that prepare images are started by a server, which imports torch while this process does.

This module imports nothing that takes time, so that the server can start before anything else.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext

from model_eval.cores import n_cores

FEW_CORES = 4
"""With at most so many, threads prepare images as fast as processes and have no start-up time."""

_PRELOADED = ["model_eval.evaluate.prepare_images", "timm.data"]


def worker_context() -> BaseContext:
    """Return how processes are started: from a server that has imported what they need, where there is one.

    Processes that are forked from this one could inherit locks that a thread of torch or CUDA holds.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def use_processes(workers: int | str, device: str) -> bool:
    """Return whether processes prepare images, rather than threads of this process.

    Parameters
    ----------
    workers : int or str
        `workers` of ``[evaluate]``; ``auto`` takes processes where there are more than `FEW_CORES` cores, or
        more than one and models run on a GPU.
    device : str
        As torch or ``[evaluate]`` name it: ``cuda:0``, ``cpu``, ``auto`` …
    """
    if workers == "auto":
        return n_cores() > (1 if device.startswith("cuda") else FEW_CORES)
    return workers != 0


def start_worker_server(workers: int | str, device: str) -> None:
    """Start the server if processes will prepare images; parameters as for `use_processes`."""
    if not use_processes(workers, device) or "forkserver" not in multiprocessing.get_all_start_methods():
        return
    from multiprocessing import forkserver

    worker_context()
    # The server and all its processes inherit that Ctrl-C is blocked: only this process reacts to it.
    signals = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)


def begin_worker(_: int) -> None:
    """Set up a worker: it exits when its parent exits, even after a crash of the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)  # what feeds the device comes first
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # torch's own watch looks at the server, which lives as long as its processes do.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def without_main_module() -> Iterator[None]:
    """Keep new processes from importing the user's script, which need not have an ``if __name__`` guard."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
