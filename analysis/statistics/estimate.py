"""The form that statistical results share: a value with its interval, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from tricky.core.errors import InputError

Result = TypeVar("Result")


@dataclass(frozen=True)
class Estimate:
    """A statistic with its interval; where the data give no value or no interval, a reason says why.

    A result that has more to tell inherits from this class, so that every one of them carries its reason.

    Attributes
    ----------
    estimate : float
        The value; NaN where the data give none.
    low, high : float
        Its interval; NaN where the data give none.
    level : float
        Coverage that the interval is built for.
    method : str or None
        What the interval holds for and how it is made, for people to read; None without an interval.
    reason : str or None
        Why value or interval is missing, as the end of a sentence (``one observer tells nothing of others``);
        None where both are there.

    Raises
    ------
    ValueError
        Value or interval is missing without a reason, or a reason is given for what is there.
    """

    estimate: float
    low: float
    high: float
    level: float
    method: str | None
    reason: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        has_interval = bool(np.isfinite([self.low, self.high]).all())
        complete = has_interval and bool(np.isfinite(self.estimate))
        if complete == bool(self.reason) or has_interval != bool(self.method):
            raise ValueError(
                f"{type(self).__name__}: estimate {self.estimate}, interval {self.low} to {self.high}, "
                f"method {self.method!r}, reason {self.reason!r}; what is missing needs a reason, "
                "an interval needs a method, and neither goes without"
            )


@dataclass(frozen=True)
class NoResult:
    """What there is in place of a result of several parts that the data can't give.

    Attributes
    ----------
    reason : str
        Why, as the end of a sentence.
    """

    reason: str


def or_reason(compute: Callable[[], Result]) -> Result | NoResult:
    """Return what a statistic finds in the data, or why it finds nothing: what its error says."""
    try:
        return compute()
    except InputError as error:
        return NoResult(str(error))


def check_level(level: float) -> None:
    """Refuse a coverage that is none."""
    if not 0 < level < 1:
        raise InputError(f"level is {level}, but a coverage lies between 0 and 1: write 0.95 for 95%")
