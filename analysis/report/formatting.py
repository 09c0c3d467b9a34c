"""Numbers as text, for pages and the terminal: each with its interval, or the reason why it is missing.

Templates format a statistic with `stated` or `interval`. The reason of a missing number is in the same
record, under its own name (``half_change_reason``) or that of the record (``reason``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from analysis.report.json_values import UNSTATED

if TYPE_CHECKING:
    from markupsafe import Markup

Form = Literal["percent", "fixed", "points"]
"""A share as a percentage, a number with a fixed number of decimals, or a share in percentage points."""


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share as a percentage: ``81.4%``."""
    return UNSTATED if share is None else f"{share:z.{digits}%}".replace("-", "−")


def fixed(value: float | None, digits: int = 2) -> str:
    """Return a number with so many digits and a true minus sign."""
    return UNSTATED if value is None else f"{value:z.{digits}f}".replace("-", "−")


def points(share: float | None, digits: int = 1) -> str:
    """Return a share in percentage points, without their sign: ``4.2``."""
    return UNSTATED if share is None else fixed(100 * share, digits)


def p_value(p: float | None) -> str:
    """Return a p value as papers print it: ``p = 0.023``, ``p < 0.001``."""
    if p is None:
        return UNSTATED
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def count(value: int | None) -> str:
    """Return a whole number with thousands separators: ``50,000``."""
    return UNSTATED if value is None else f"{value:,}"


def plural(n: int, noun: str) -> str:
    """Return a number with its noun: ``1 observer``, ``12 observers``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def reason_of(row: Mapping[str, Any], name: str = "estimate") -> str | None:
    """Return why a number of a row is missing, or its interval."""
    own = f"{name}_reason"
    return row[own] if own in row else row.get("reason")


def interval(
    row: Mapping[str, Any], name: str = "estimate", form: Form = "percent", digits: int | None = None
) -> str:
    """Return the interval of a number, ``71.8% to 88.6%``, or why there is none.

    Parameters
    ----------
    row : mapping
        The number under `name`, its limits under ``low`` and ``high`` or, with its name before them,
        ``half_change_low`` …
    name : str
    form : {"percent", "fixed", "points"}
    digits : int, optional
        Decimals; by default those of the form.
    """
    low, high = _limits(row, name)
    if low is None or high is None:
        return f"no interval: {reason_of(row, name) or UNSTATED}"
    return f"{_number(low, form, digits)} to {_number(high, form, digits)}"


def between(row: Mapping[str, Any], holds: str = "", **how: Any) -> str:
    """Return the interval of a result with its coverage, for the brackets behind the number.

    ``95% interval for new observers 71.8% to 88.6%``, or ``no interval for new observers: one …``.

    Parameters
    ----------
    row : mapping
        A result with an interval, its coverage under ``level``.
    holds : str
        For whom it holds.
    **how
        As for `interval`.
    """
    name, reason = how.get("name", "estimate"), reason_of(row, how.get("name", "estimate"))
    if None in _limits(row, name):
        return f"no interval{holds and f' {holds}'}: {reason or UNSTATED}"
    return f"{percent(row['level'], 0)} interval{holds and f' {holds}'} {interval(row, **how)}"


def in_words(
    row: Mapping[str, Any], name: str = "estimate", form: Form = "percent", digits: int | None = None
) -> str:
    """Return a number with its interval in brackets, or why one of them is missing; as `interval`."""
    if row[name] is None:
        return f"undefined: {reason_of(row, name) or UNSTATED}"
    shown = _number(row[name], form, digits)
    return f"{shown} ({interval(row, name, form, digits)})" if _has_limits(row, name) else shown


def stated(
    row: Mapping[str, Any],
    name: str = "estimate",
    form: Form = "percent",
    digits: int | None = None,
    *,
    notes: Footnotes,
) -> Markup:
    """Return a number for the cell of a table, its interval in small print.

    Parameters
    ----------
    row, name, form, digits
        As for `interval`; a number without limits in `row` has no interval.
    notes : Footnotes
        Of the table; a missing number is marked with its reason.
    """
    from markupsafe import Markup

    reason = reason_of(row, name) or UNSTATED
    if row[name] is None:
        return Markup("–") + notes.mark(reason)
    shown = Markup.escape(_number(row[name], form, digits))
    if not _has_limits(row, name):
        return shown
    if None in _limits(row, name):
        return shown + notes.mark(reason)
    return shown + Markup(' <span class="range">({})</span>').format(interval(row, name, form, digits))


class Footnotes:
    """Reasons why numbers of a table are missing, each once."""

    def __init__(self) -> None:
        self._reasons: list[str] = []

    def mark(self, reason: str) -> Markup:
        """Return the mark of a reason, for a cell."""
        from markupsafe import Markup

        if reason not in self._reasons:
            self._reasons.append(reason)
        return Markup("<sup>{}</sup>").format(self._reasons.index(reason) + 1)

    def below(self) -> Markup:
        """Return the reasons with their marks, for the note below the table; empty without reasons."""
        from markupsafe import Markup

        if not self._reasons:
            return Markup("")
        notes = Markup("; ").join(
            Markup("<sup>{}</sup> {}").format(*each) for each in enumerate(self._reasons, 1)
        )
        return Markup('<p class="note">Missing: {}.</p>').format(notes)


def _number(value: float, form: Form, digits: int | None) -> str:
    write = {"percent": percent, "fixed": fixed, "points": points}[form]
    return write(value) if digits is None else write(value, digits)


def _has_limits(row: Mapping[str, Any], name: str) -> bool:
    return f"{name}_low" in row or "low" in row


def _limits(row: Mapping[str, Any], name: str) -> tuple[float | None, float | None]:
    own = f"{name}_" if f"{name}_low" in row else ""
    return row.get(f"{own}low"), row.get(f"{own}high")
