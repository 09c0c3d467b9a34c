"""The temporary file that is written before it takes another one's place: one name, one writer at a time."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

WAIT_S = 30.0
"""How long to wait for another process that writes the same file."""


@contextmanager
def empty_file(path: Path) -> Generator[None, None, None]:
    """Create an empty file, or empty what a killed process left of one, and hold it against other processes.

    Where the system has no locks for that (Windows, some network drives), the locks of stages have to do.

    Raises
    ------
    OSError
        The file can't be created, or another process goes on writing it.
    """
    if os.name == "nt":  # an open file could not be renamed
        path.write_bytes(b"")
        yield
        return
    handle = _held(path)
    try:
        os.ftruncate(handle, 0)
        yield
    finally:
        os.close(handle)


def _held(path: Path) -> int:
    """Return the handle of a file that no other process holds."""
    deadline = time.monotonic() + WAIT_S
    while True:
        if path.is_symlink():  # of a stranger's study: it must not lead out of it
            path.unlink()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        # Another process may have given the file its final name before it was locked here.
        if _is_locked(handle) and _is_at(path, handle):
            return handle
        os.close(handle)
        if time.monotonic() > deadline:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        time.sleep(0.02)


def _is_locked(handle: int) -> bool:
    """Lock an open file; False if another process holds it."""
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a drive without locks
        return True
    return True


def _is_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
