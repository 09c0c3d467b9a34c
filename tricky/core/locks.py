"""Locks between processes: one command writes a folder at a time, while others may read it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tricky.core.errors import InputError

LOCKS = ".locks"
"""The folder of lock files, in the study's folder: never within a folder that a stage writes."""


@contextmanager
def locked(file: Path, busy: str, timeout_s: float = 0) -> Generator[None]:
    """Hold a lock.

    The operating system releases the lock when the process ends, however it ends.

    Parameters
    ----------
    file : Path
        The lock file; it stays, empty.
    busy : str
        The error if another process holds the lock, in one line.
    timeout_s : float
        How long to wait for the lock.

    Raises
    ------
    InputError
        Another process holds the lock, or files can't be locked there.
    """
    lock = FileLock(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=timeout_s)
    except Timeout:
        raise InputError(busy) from None
    except (OSError, NotImplementedError) as error:  # the latter on network drives without locks
        raise InputError(
            f"{file.parent}: files can't be locked there ({error}); move the study to a drive that allows it"
        ) from None
    try:
        yield
    finally:
        lock.release()
