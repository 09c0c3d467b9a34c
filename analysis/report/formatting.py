"""Numbers as pages and the terminal show them: each with its interval, or with the reason why it is missing.

Templates show a statistic through `stated` or `interval`, which know where the reason of a number is: beside
it, under its own name (``half_change_reason``) or that of its record (``reason``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from markupsafe import Markup

Form = Literal["percent", "fixed", "points"]
"""A share as a percentage, a number with a fixed number of decimals, or a share in percentage points."""

UNDEFINED = "undefined"
"""What a missing number says where nobody gave a reason; the tests see to it that no page shows it."""


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share as a percentage: ``81.4%``."""
    return UNDEFINED if share is None else f"{share:z.{digits}%}".replace("-", "−")


def fixed(value: float | None, digits: int = 2) -> str:
    """Return a number with so many digits and a true minus sign."""
    return UNDEFINED if value is None else f"{value:z.{digits}f}".replace("-", "−")


def points(share: float | None, digits: int = 1) -> str:
    """Return a share in percentage points, without their sign: ``4.2``."""
    return UNDEFINED if share is None else fixed(100 * share, digits)


def p_value(p: float | None) -> str:
    """Return a p value as papers print it: ``p = 0.023``, ``p < 0.001``."""
    if p is None:
        return UNDEFINED
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def count(value: int | None) -> str:
    """Return a whole number with its thousands set apart: ``50,000``."""
    return UNDEFINED if value is None else f"{value:,}"


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
    """Return the interval of a number: ``71.8% to 88.6%``, or ``none: one observer tells nothing of others``.

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
        return f"none: {reason_of(row, name) or UNDEFINED}"
    return f"{_number(low, form, digits)} to {_number(high, form, digits)}"


def stated(
    row: Mapping[str, Any],
    name: str = "estimate",
    form: Form = "percent",
    digits: int | None = None,
    notes: Footnotes | None = None,
) -> Markup:
    """Return a number with its interval in small print, or the reason why one of them is missing.

    Parameters
    ----------
    row, name, form, digits
        As for `interval`; a number without limits of its own in `row` is shown alone.
    notes : Footnotes, optional
        Of the table whose cell this is: the reason then stands once below the table, not in the cell.
    """
    from markupsafe import Markup

    value, limits, reason = row[name], _limits(row, name), reason_of(row, name) or UNDEFINED
    if value is None:
        return Markup("–") + notes.mark(reason) if notes else Markup.escape(f"no value: {reason}")
    shown = Markup.escape(_number(value, form, digits))
    if limits == (None, None) and not _has_limits(row, name):
        return shown
    if None in limits:
        if notes:
            return shown + notes.mark(reason)
        return shown + Markup(' <span class="range">(no interval: {})</span>').format(reason)
    return shown + Markup(' <span class="range">({})</span>').format(interval(row, name, form, digits))


class Footnotes:
    """The reasons that cells of one table refer to, each once."""

    def __init__(self) -> None:
        self._reasons: list[str] = []

    def mark(self, reason: str) -> Markup:
        """Return the mark of a reason, to stand in a cell."""
        from markupsafe import Markup

        if reason not in self._reasons:
            self._reasons.append(reason)
        return Markup("<sup>{}</sup>").format(self._reasons.index(reason) + 1)

    def below(self) -> Markup:
        """Return the reasons with their marks, to stand below the table; nothing where there are none."""
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
