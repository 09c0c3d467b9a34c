"""Records of results in the types of JSON, where an undefined number is null and has a reason."""

from __future__ import annotations

import functools
import math
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd

from analysis.statistics.estimate import NoResult

UNSTATED = "undefined for these data"
"""Reason for a missing number that has none of its own; tests check that no report needs it."""


T = TypeVar("T")
Inline = Annotated[T, "inline"]
"""A field of a record whose parts are entries of the record itself in ``results.json``."""
LeftOut = Annotated[T, "left out"]
"""A field of a record that figures and tables need, and that ``results.json`` does not have."""
IfKnown = Annotated[T | None, "if known"]
"""A field of a record that ``results.json`` has only if its value is not None."""


def as_json(value: Any, declared: Any = None) -> Any:
    """Return a value in the types of JSON.

    A dataclass or named tuple becomes a mapping of its fields, a DataFrame a list of its rows (with the
    index, if that has a name). An undefined number (NaN, NA, infinite) becomes null. The mapping that it is
    in then has a reason: under ``reason``, or under the name of the number, as in ``half_change_reason``.
    Where it has neither, `UNSTATED` is added. None becomes null without a reason.

    Parameters
    ----------
    value : object
    declared : type, optional
        Type of the field that holds the value. Of ``Result | NoResult``, both have the same keys: the fields
        of the result and `reason`; where there is no result, all fields are null.
    """
    if isinstance(value, NoResult) or _may_be_missing(declared):
        return _result(value, declared)
    if isinstance(value, pd.DataFrame):
        named = [name for name in value.index.names if name is not None]
        return as_json((value.reset_index() if named else value).to_dict("records"))
    if is_dataclass(value) and not isinstance(value, type):
        return _with_reasons(_parts(value))
    if isinstance(value, dict):
        return _with_reasons({str(key): each for key, each in value.items()})
    if isinstance(value, list | tuple | np.ndarray):
        return [as_json(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if is_undefined(value) else value


def table_with_reasons(table: pd.DataFrame | list[dict[str, Any]]) -> pd.DataFrame:
    """Return a table with the rows of ``results.json``, which have columns of reasons for missing numbers."""
    return pd.DataFrame(as_json(table))


def is_undefined(value: Any) -> bool:
    """Return whether a value, or one within a list or array, is NaN, NA or infinite."""
    if isinstance(value, list | tuple | np.ndarray):
        return any(is_undefined(each) for each in value)
    return value is pd.NA or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value))


def _parts(record: Any) -> dict[str, Any]:
    """Return the entries of a record, in the order of its fields."""
    found: dict[str, Any] = {}
    declared = _declared(type(record))
    for each in fields(record):
        value, kind, how = getattr(record, each.name), declared[each.name], ""
        if get_origin(kind) is Annotated:
            kind, how = get_args(kind)
        if how == "left out" or (how == "if known" and value is None):
            continue
        converted = as_json(value, kind) if isinstance(value, NoResult) or _may_be_missing(kind) else value
        found |= _parts_of_inline(converted) if how == "inline" else {each.name: converted}
    return found


def _parts_of_inline(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else _parts(value)


@functools.cache
def _declared(record: type) -> dict[str, Any]:
    """Return the types of a record's fields."""
    return get_type_hints(record, include_extras=True)


def _may_be_missing(declared: Any) -> bool:
    """Return whether a field is declared as a result or the reason why there is none."""
    return NoResult in get_args(declared)


def _result(value: Any, declared: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, NoResult):
        kind = next(each for each in get_args(declared) if each not in (NoResult, type(None)))
        return dict.fromkeys(_names(kind)) | {"reason": value.reason}
    return as_json({"reason": None} | {name: getattr(value, name) for name in _names(type(value))})


def _names(kind: Any) -> list[str]:
    return [each.name for each in fields(kind)] if is_dataclass(kind) else list(kind._fields)


def _with_reasons(values: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for key, value in values.items():
        found[key] = as_json(value)
        is_reason = key == "reason" or key.endswith("_reason")  # in a table, NaN where there is none
        if is_undefined(value) and not is_reason and not _has_reason(values, key):
            found[f"{key}_reason"] = UNSTATED
    return found


def _has_reason(values: dict[str, Any], key: str) -> bool:
    stem = key.removesuffix("_low").removesuffix("_high")
    if any(isinstance(values.get(each), str) for each in ("reason", f"{key}_reason", f"{stem}_reason")):
        return True
    # The method explains what else a result with an interval holds, such as its standard error.
    return isinstance(values.get("method"), str) and key not in ("estimate", "low", "high")
