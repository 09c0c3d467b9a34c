"""Check a table with one row a trial, whose columns have names of the user's choice.

Errors name the column and the first row that is wrong, by its index in the table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from tricky.core.errors import InputError

RIGHT_OR_WRONG = "correct"
"""The role whose values are answers; those of all others are labels."""
NUMBERS = (bool, int, float, np.bool_, np.number)


def checked_trials(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    what: str = "the table",
    optional: Collection[str] = (),
) -> pd.DataFrame:
    """Return the columns of a table under names of their roles.

    Parameters
    ----------
    table : DataFrame
        One row a trial.
    columns : mapping of str to str
        Role → name of the column: `observer`, `item`, `correct` …
    what : str
        What messages call the table.
    optional : collection of str
        Roles in which a value may be missing; in `correct` it may.

    Returns
    -------
    DataFrame, rows of `table`
        One column for each role: `correct` as nullable boolean, the others as they are.

    Raises
    ------
    InputError
        It is no DataFrame, or a column is missing, is named for two roles, or has a value that it may not
        have.
    """
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            f"{what} is of type {type(table).__name__}; pass a pandas DataFrame, one row a trial"
        )
    named_twice = {name for name in columns.values() if list(columns.values()).count(name) > 1}
    if named_twice:
        name = sorted(named_twice)[0]
        roles = " and ".join(role for role, column in columns.items() if column == name)
        raise InputError(f"column {name!r} is named as {roles}; name a column for each")
    found = {role: _column(table, name, role, what) for role, name in columns.items()}
    for role, values in found.items():
        if role == RIGHT_OR_WRONG:
            found[role] = _answers(values, columns[role])
        elif role not in optional:
            _require_labels(values, columns[role], role)
    return pd.DataFrame(found, index=table.index)


def answered(trials: pd.DataFrame, columns: Mapping[str, str], value: str = RIGHT_OR_WRONG) -> pd.DataFrame:
    """Return the trials with an answer.

    Raises
    ------
    InputError
        No trial has one.
    """
    given = trials.dropna(subset=value)
    if given.empty:
        raise InputError(f"column {columns[value]!r} is empty in every row; there is nothing to count")
    return given


def once_each(trials: pd.DataFrame, columns: Mapping[str, str], roles: Sequence[str], remedy: str) -> None:
    """Raise InputError where two trials are of the same observer and item (or of what else `roles` name).

    Parameters
    ----------
    trials : DataFrame
        As `checked_trials` returns it.
    columns : mapping of str to str
        Role → name of the column.
    roles : sequence of str
        What two trials may not have in common.
    remedy : str
        What to do about trials that are meant to be there twice; empty if nothing can be done.
    """
    twice = trials.duplicated(list(roles))
    if not twice.any():
        return
    second = trials.index[twice.to_numpy()][0]
    key = trials.loc[twice, list(roles)].iloc[0]
    first = trials.index[(trials[list(roles)] == key).all(axis=1).to_numpy()][0]
    named = ", ".join(f"{columns[role]} {shown(key[role])}" for role in roles)
    names = [columns[role] for role in roles]
    raise InputError(
        f"{named}: answered twice, in the rows with index {shown(first)} and {shown(second)}; keep one "
        f"answer, as table.drop_duplicates({names!r}) does{remedy}"
    )


def shown(value: object) -> str:
    """Return a value of a table as Python writes it, without numpy's type."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def value_at(values: pd.Series, place: int) -> str:
    """Return a value of a column, and in which row it is, for messages."""
    return f"{shown(values.iloc[place])} in the row with index {shown(values.index[place])}"


def ordered_labels(values: pd.Series) -> list[Any]:
    """Return the different labels of a column: in the order of its categories, if it has any, else sorted."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        present = set(values.dropna())
        return [label for label in values.cat.categories if label in present]
    labels = values.dropna().unique().tolist()
    try:
        return sorted(labels)
    except TypeError:  # numbers and texts have no common order
        return sorted(labels, key=str)


def _column(table: pd.DataFrame, name: str, role: str, what: str) -> pd.Series:
    if name not in table.columns:
        names = [str(each) for each in table.columns]
        close = get_close_matches(str(name), names, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(map(repr, names))}."
        raise InputError(f"{what} has no column {name!r}; {hint} Name yours with {role}=…")
    found = table[name]
    if isinstance(found, pd.DataFrame):
        raise InputError(f"{what} has {found.shape[1]} columns {name!r}; keep one of them")
    return found


def _require_labels(values: pd.Series, name: str, role: str) -> None:
    missing = values.isna()
    if missing.any():
        index = shown(values.index[missing.to_numpy()][0])
        raise InputError(
            f"column {name!r} is empty in the row with index {index}; name the {role} of every trial"
        )


def _answers(values: pd.Series, name: str) -> pd.Series:
    """Return answers as nullable booleans, having refused what is not true or false without doubt."""
    if pd.api.types.is_numeric_dtype(values.dtype):  # with booleans
        known = values.isin([0, 1])
    else:  # a text such as "False" would count as true, and "no" may mean anything
        known = values.astype(object).map(lambda value: isinstance(value, NUMBERS) and value in (0, 1))
    wrong = (values.notna() & ~known).to_numpy(bool)
    if wrong.any():
        first = int(wrong.argmax())
        raise InputError(
            f"column {name!r} holds {value_at(values, first)}; it takes True and False (or 1 and 0), and NA "
            f"for a missing answer: compare first, as in table[{name!r}] == {shown(values.iloc[first])}"
        )
    return values.astype(object).where(values.notna(), None).astype("boolean")
