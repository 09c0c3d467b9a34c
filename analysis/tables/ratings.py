"""How do people rate items?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.agreement import Agreement, rating_agreement
from analysis.statistics.estimate import NoResult, Result, or_reason
from analysis.statistics.ordinal_regression import OrdinalFit, ordinal_regression
from analysis.statistics.rating_composition import rating_composition
from analysis.statistics.ratings import mean_by, rating_distribution
from analysis.tables.trials import answered, checked_trials, once_each, ordered_labels, value_at
from tricky.core.errors import InputError

ONE_GROUP = "all"


@dataclass(frozen=True)
class RatingAnalysis(Result):
    """How people rate items, by group of items.

    Attributes
    ----------
    distribution : DataFrame
        Share of each rating within each group, as `rating_distribution` returns it.
    composition, equalised : DataFrame
        Share of each group within each rating, as `rating_composition` returns it: as counted, and as if
        there were equally many ratings of each group.
    means : DataFrame
        Mean rating of each group, as `mean_by` returns it.
    agreement : Agreement or NoResult
        Krippendorff's α.
    slope : OrdinalFit or NoResult
        How the log odds of a higher rating depend on the predictor.
    """

    distribution: pd.DataFrame
    composition: pd.DataFrame
    equalised: pd.DataFrame
    means: pd.DataFrame
    agreement: Agreement | NoResult
    slope: OrdinalFit | NoResult


def analyse_ratings(
    ratings: pd.DataFrame,
    *,
    rating: str = "rating",
    group: str | None = None,
    predictor: str | None = None,
    observer: str = "observer",
    item: str = "item",
    level: float = 0.95,
) -> RatingAnalysis:
    """Return how ratings spread, how they depend on groups of items or a predictor, and how far people agree.

    Intervals are for new observers and new items.

    Parameters
    ----------
    ratings : DataFrame
        One row a rating.
    rating : str
        Column with numbers on an ordered scale, or an ordered categorical, whose categories are the scale
        (also those that nobody chose): ``pd.Categorical(column, ["no", "partly", "yes"], ordered=True)``; in
        means the first counts 1.  Empty without an answer, which is left out.
    group : str, optional
        Column with the group of the item; a categorical has an order, others are sorted.
    predictor : str, optional
        Column with a number for each trial, such as the share of models that are wrong about the item.
    observer, item : str
        Columns; each observer rates an item once (in each group).
    level : float
        Coverage of each interval, between 0 and 1.

    Returns
    -------
    RatingAnalysis

    Raises
    ------
    InputError
        A column is missing or has a value that it may not have, or an observer rated an item twice.

    See Also
    --------
    rating_distribution, rating_composition, rating_agreement, ordinal_regression : The statistics, of arrays,
        with sources.

    Examples
    --------
    >>> import pandas as pd
    >>> from tricky.stats import analyse_ratings
    >>> ratings = pd.DataFrame(
    ...     [(who, image, kind, answer) for who in range(4) for image, kind, answer in
    ...      [("a", "easy", "clear"), ("b", "easy", "clear"), ("c", "easy", "odd" if who else "clear"),
    ...       ("d", "hard", "odd"), ("e", "hard", "clear" if who else "odd")]],
    ...     columns=["observer", "item", "kind", "answer"],
    ... )
    >>> ratings["answer"] = pd.Categorical(ratings["answer"], ["odd", "clear"], ordered=True)
    >>> found = analyse_ratings(ratings, rating="answer", group="kind")
    >>> found.distribution[["group", "rating", "n", "share"]]
      group rating  n  share
    0  easy    odd  3  0.250
    1  easy  clear  9  0.750
    2  hard    odd  5  0.625
    3  hard  clear  3  0.375
    >>> found.composition.loc[found.composition["rating"] == "odd", ["group", "base_rate", "share"]]
      group  base_rate  share
    0  easy        0.6  0.375
    1  hard        0.4  0.625
    """
    columns = {"observer": observer, "item": item, "rating": rating}
    columns |= {"group": group} if group is not None else {}
    columns |= {"predictor": predictor} if predictor is not None else {}
    given = answered(checked_trials(ratings, columns, optional=("rating", "predictor")), columns, "rating")
    once_each(given, columns, ["observer", "item", *(["group"] if group is not None else [])], "")
    scale = _Scale.of(given["rating"], rating)
    rated, who, what = scale.places(given["rating"]), given["observer"], given["item"]
    names = [ONE_GROUP] if group is None else ordered_labels(given["group"])
    place = (
        np.zeros(len(given))
        if group is None
        else pd.Index(names).get_indexer(given["group"].to_numpy(object))
    )
    of_item = None if predictor is None else _numbers(given["predictor"], predictor)
    parts = rated, place, who, what, level

    def named(table: pd.DataFrame) -> pd.DataFrame:
        found = table.assign(group=[names[int(each)] for each in table["group"]])
        return found.assign(rating=scale.labels_of(found["rating"])) if "rating" in found else found

    return RatingAnalysis(
        named(rating_distribution(*parts, scale=scale.steps)),
        named(rating_composition(*parts, scale=scale.steps)),
        named(rating_composition(*parts, scale=scale.steps, equalised=True)),
        named(mean_by(place, rated, who, what, level, bounds=scale.bounds)),
        or_reason(lambda: rating_agreement(rated, who, what, level)),
        NoResult("no predictor is named")
        if of_item is None
        else or_reason(lambda: ordinal_regression(rated, of_item, who, what, level)),
    )


@dataclass(frozen=True)
class _Scale:
    """The ratings that could be given.

    Attributes
    ----------
    steps : list of float
        In numbers, from low to high.
    labels : list or None
        Names of the steps.
    """

    steps: Sequence[float]
    labels: list[Any] | None

    @classmethod
    def of(cls, ratings: pd.Series, name: str) -> _Scale:
        """Return the categories of a column, or the numbers in it."""
        if isinstance(ratings.dtype, pd.CategoricalDtype) and ratings.cat.ordered:
            labels = list(ratings.cat.categories)
            return cls([float(step) for step in range(1, len(labels) + 1)], labels)
        if not pd.api.types.is_numeric_dtype(ratings.dtype) or pd.api.types.is_bool_dtype(ratings.dtype):
            raise InputError(
                f"column {name!r} holds {value_at(ratings, 0)}, which has no order; make it an ordered "
                f"categorical: pd.Categorical(table[{name!r}], [lowest, …, highest], ordered=True)"
            )
        return cls(sorted(ratings.astype(float).unique()), None)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The lowest and the highest rating, if the scale is known."""
        return None if self.labels is None else (self.steps[0], self.steps[-1])

    def places(self, ratings: pd.Series) -> np.ndarray:
        """Return ratings as numbers."""
        return ratings.to_numpy(float) if self.labels is None else ratings.cat.codes.to_numpy(float) + 1

    def labels_of(self, steps: pd.Series) -> Any:
        """Return the names of numbers, if there are names."""
        if self.labels is None:
            return steps
        scale = pd.CategoricalDtype(self.labels, ordered=True)
        return pd.Categorical.from_codes((steps.to_numpy(int) - 1).tolist(), dtype=scale)


def _numbers(values: pd.Series, name: str) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = (numbers.isna() & values.notna()).to_numpy(bool)
    if wrong.any():
        found = value_at(values, int(wrong.argmax()))
        raise InputError(f"column {name!r} holds {found}; a predictor is a number")
    return numbers.astype(float)
