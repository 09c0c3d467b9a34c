"""The form that all statistical results share: a value with its interval, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd

from tricky.core.errors import InputError

Value = TypeVar("Value")


@dataclass(frozen=True)
class Result:
    """A record that a notebook, or `print`, shows as one line for each attribute."""

    def __str__(self) -> str:
        return "\n".join([type(self).__name__, *(f"  {line}" for line in self._lines())])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print the result in a notebook (IPython calls this)."""
        printer.text(type(self).__name__ if cycle else str(self))

    def _lines(self) -> list[str]:
        return [f"{name}: {_shown(value)}" for name, value in self._attributes().items()]

    def _attributes(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True)
class Estimate(Result):
    """A statistic with its interval; where the data give no value or no interval, a reason says why.

    A result that has more to report inherits from this class, so that every one of them has a reason where
    something is missing.

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
        Why the value or the interval is missing, as the end of a sentence (``an interval needs at least two
        observers``); None where both are there.

    Raises
    ------
    ValueError
        The value or the interval is missing without a reason, or a reason is given although both are there.
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
                "an interval needs a method, and neither may be given without"
            )

    def _lines(self) -> list[str]:
        shown = self._attributes()
        for name in ("estimate", "low", "high", "level", "method", "reason"):
            del shown[name]
        lines = [f"estimate: {_shown(self.estimate)}"]
        if self.method is not None:
            lines.append(f"{self.level:.0%} interval: {_shown(self.low)} to {_shown(self.high)}")
            lines.append(f"method: {self.method}")
        if self.reason is not None:
            lines.append(f"missing because: {self.reason}")
        return lines + [f"{name}: {_shown(value)}" for name, value in shown.items()]


def _shown(value: Any) -> str:
    """Return a value as one short line."""
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    if isinstance(value, Estimate):
        interval = f"{value.level:.0%} interval {value.low:.4g} to {value.high:.4g}"
        return f"{value.estimate:.4g} ({value.reason or interval})"
    if isinstance(value, NoResult):
        return f"none: {value.reason}"
    if isinstance(value, pd.DataFrame):
        return f"table of {len(value)} × {value.shape[1]}: {', '.join(map(str, value.columns))}"
    if isinstance(value, np.ndarray):
        return f"array of shape {cast('np.ndarray', value).shape}"
    if isinstance(value, tuple):
        return ", ".join(map(_shown, cast("tuple[Any, ...]", value)))
    return str(value)


@dataclass(frozen=True)
class NoResult(Result):
    """Takes the place of a result with several parts where the data give none.

    Attributes
    ----------
    reason : str
        Why, as the end of a sentence.
    """

    reason: str


def or_reason(compute: Callable[[], Value]) -> Value | NoResult:
    """Return the result of a computation, or the message of its `InputError` as the reason for none."""
    try:
        return compute()
    except InputError as error:
        return NoResult(str(error))


def at_least_two(what: str) -> str:
    """Return the reason for a missing interval where there is one observer (or item, subject …) only."""
    return f"an interval needs at least two {what}s"


def check_level(level: float) -> None:
    """Raise InputError unless a coverage lies between 0 and 1."""
    if not 0 < level < 1:
        raise InputError(f"level is {level}, but a coverage lies between 0 and 1: write 0.95 for 95%")
