"""Limits on how often a link is used, so that one sender can't occupy the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

_MAX_KEYS = 10_000


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
