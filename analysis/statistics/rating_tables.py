"""Ratings as a table, one row a trial, without the trials that lack a value."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tricky.core.errors import InputError


def rating_table(
    rating: ArrayLike, observer: ArrayLike, item: ArrayLike, **further: ArrayLike
) -> pd.DataFrame:
    """Return the columns `observer`, `item`, `rating` (float) and what else is given (`x` as float).

    Raises
    ------
    InputError
        The arrays differ in length, or no rating is left.
    """
    columns = {"observer": observer, "item": item, "rating": rating, **further}
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    if len({len(values) for values in arrays.values()}) > 1:
        lengths = ", ".join(f"{name} {len(values)}" for name, values in arrays.items())
        raise InputError(f"numbers of values differ ({lengths}); give one of each a trial")
    table = pd.DataFrame(arrays).dropna()
    if table.empty:
        raise InputError("no rating is left; give at least one")
    return table.astype({"rating": float} | ({"x": float} if "x" in further else {}))
