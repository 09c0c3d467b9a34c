"""How the C library keeps memory that was freed."""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's `mallopt`."""


def keep_freed_memory() -> None:
    """Have memory that was freed used again, rather than returned to the system and asked for anew.

    The tensors of a batch are as large as those of the batch before.  glibc returns large ones to the system
    one by one, and adapts over thousands of images what it counts as large: until then memory grows, and a
    sixth of the processor's time is spent on fresh pages.  Other C libraries are left as they are.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_MMAP_THRESHOLD, 32 * 2**20)  # the largest that glibc allows
    libc.mallopt(_M_TRIM_THRESHOLD, 256 * 2**20)
