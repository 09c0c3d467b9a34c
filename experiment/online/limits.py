"""What keeps the server at work: limits on how often a link is used, and a log that can't stop it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

_MAX_KEYS = 10_000


def lasting(log: Callable[[str], None]) -> Callable[[str], None]:
    """Return a log that does not stop the server if a line can't be written, as on a full disk."""

    def write(line: str) -> None:
        with suppress(OSError):
            log(line)

    return write


@dataclass
class Allowance:
    """A number of requests at once (`burst`), which grows back at a rate.

    Attributes
    ----------
    per_s, burst : float
    clock : callable
        Returns a time in s.
    """

    per_s: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, key: str) -> bool:
        """Return whether another request of this key is allowed now."""
        now = self.clock()
        if len(self._left) > _MAX_KEYS:  # whoever has all of it again need not be remembered
            full_s = self.burst / self.per_s
            self._left = {key: each for key, each in self._left.items() if now - each[1] < full_s}
        left, before = self._left.get(key, (self.burst, now))
        left = min(self.burst, left + (now - before) * self.per_s)
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, now)
        return allowed
