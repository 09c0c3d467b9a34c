"""Results in the types of JSON, which has no NaN: what is undefined becomes null, with a reason."""

from __future__ import annotations

import math
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.estimate import NoResult

UNSTATED = "undefined for these data"
"""What is said of a missing number where nobody gave a reason; the tests see to it that no report says so."""


def plain(value: Any) -> Any:
    """Return a value in the types of JSON.

    What is undefined (NaN, NA, infinite) becomes null. A mapping then says why: under ``reason``, or under
    the name of what is missing, as in ``half_change_reason``. Where it says neither, `UNSTATED` is put there.
    What is None is null without a reason: it was not asked for.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return _plain_mapping({str(key): each for key, each in value.items()})
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if is_undefined(value) else value


def is_undefined(value: Any) -> bool:
    """Return whether a value, or one within a list or array, is NaN, NA or infinite."""
    if isinstance(value, list | tuple | np.ndarray):
        return any(is_undefined(each) for each in value)
    return value is pd.NA or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value))


def _plain_mapping(values: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for key, value in values.items():
        found[key] = plain(value)
        is_reason = key == "reason" or key.endswith("_reason")  # which a table holds as NaN where it has none
        if is_undefined(value) and not is_reason and not _has_reason(values, key):
            found[f"{key}_reason"] = UNSTATED
    return found


def _has_reason(values: dict[str, Any], key: str) -> bool:
    stem = key.removesuffix("_low").removesuffix("_high")
    if any(isinstance(values.get(each), str) for each in ("reason", f"{key}_reason", f"{stem}_reason")):
        return True
    # What else a result with an interval holds (its standard error, say) is explained by how it was made.
    return isinstance(values.get("method"), str) and key not in ("estimate", "low", "high")


def record_of(result: Any, kind: type) -> dict[str, Any]:
    """Return the parts of a result by name, with `reason`: null, or why there is none and all parts are null.

    Parameters
    ----------
    result : object
        A dataclass or a named tuple of `kind`, or a `NoResult` in its place.
    kind : type
    """
    names = [each.name for each in fields(kind)] if is_dataclass(kind) else kind._fields  # type: ignore[attr-defined]
    if isinstance(result, NoResult):
        return dict.fromkeys(names) | {"reason": result.reason}
    return {"reason": None} | {name: getattr(result, name) for name in names}
