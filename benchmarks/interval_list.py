"""Which benchmark measures the coverage of which interval in a report.

A new interval in ``results.json`` or ``dynamics.json`` needs a line here, and a benchmark that measures it:
the tests look for each ``low`` in the reports of all tasks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.stored_results import Table


@dataclass(frozen=True)
class Measured:
    """Where the coverage of an interval is.

    Attributes
    ----------
    table : str
        Name of a table of a benchmark.
    part : str
        How a row of it begins, or what a column is called; empty for the whole table.
    """

    table: str
    part: str = ""


POPULATION = Measured("accuracy-designs")
SHARE = Measured("shares-near-0")
ONE_PROPORTION = Measured("coverage-observers", "accuracy")
OF_POOLS = "coverage-pools"

INTERVALS = {
    "population": POPULATION,
    "exclusions.population_without": POPULATION,
    "other_labels.before": POPULATION,
    "other_labels.after": POPULATION,
    "other_labels.change": Measured("coverage", "change under other labels"),
    "population.bootstrap": Measured("coverage", "accuracy, bootstrap"),
    "population.next_observer": Measured("coverage", "next observer"),
    "population.halves": Measured("coverage", "difference between trials"),
    "observers.observers": ONE_PROPORTION,
    "observers.details.d_prime": Measured("coverage-observers", "d′"),
    "observers.details.criterion": Measured("coverage-observers", "criterion"),
    "observers.details.side_bias": Measured("coverage-observers", "side bias"),
    "observers.details.group_bias": Measured("coverage-observers", "side bias"),
    "observers.details.half_change": Measured("coverage-observers", "change between halves"),
    "observers.details.time_ratio": Measured("coverage-observers", "time, wrong over right"),
    "observers.details.repeat_agreement": Measured("coverage-observers", "agreement over repeats"),
    "observers.details.type_2_area": Measured("coverage-observers", "type-2 area"),
    "observers.calibration": POPULATION,
    "items.graded": POPULATION,
    "items.psychometric": Measured("coverage-items", "psychometric threshold"),
    "items.ceiling": Measured("coverage-items", "noise ceiling"),
    "consistency.means": Measured("coverage-consistency", "mean κ"),
    "networks_as_observers.observers": ONE_PROPORTION,
    "networks_as_observers.observers.kappa": Measured(
        "coverage-consistency", "mean κ of an independent network"
    ),
    "named.shares": SHARE,
    "named_classes.by_class": POPULATION,
    "by_condition": POPULATION,
    "questions.distribution": SHARE,
    "questions.composition": Measured("coverage-ratings", "share of a group, counted"),
    "questions.composition.equalised": Measured("coverage-ratings", "share of a group, equalised"),
    "questions.means": Measured("coverage-ratings", "mean rating"),
    "questions.graded": Measured("coverage-ratings", "mean rating"),
    "questions.slope": Measured("coverage-ratings", "estimated slope"),
    "questions.slope_without_exclusions": Measured("coverage-ratings", "estimated slope"),
    "questions.agreement": Measured("coverage-ratings", "Krippendorff's α"),
    "questions.ceiling": Measured("coverage-items", "noise ceiling"),
    "observers.observers.*_correlation": Measured("coverage-observers", "rank correlation"),
    "studies.accuracy": POPULATION,
    "studies.difference": Measured("coverage", "difference between studies"),
    "dichotomy": Measured(OF_POOLS, "dichotomy"),
    "subsets": Measured(OF_POOLS, "mean κ on"),
    "conditions.kappa": Measured(OF_POOLS, "mean κ with one of the models"),
    "classes.*": ONE_PROPORTION,
    "superclasses.*": ONE_PROPORTION,
}
"""Place in ``results.json`` or ``dynamics.json`` → where its coverage is; ``*`` stands for any name."""

SAME_VALUES = {
    "networks_as_observers.best": "networks_as_observers.observers",
    "networks_as_observers.all_models": "networks_as_observers.observers",
    "networks_as_observers.features": "networks_as_observers.observers",
    "networks_as_observers.best.kappa": "networks_as_observers.observers.kappa",
    "networks_as_observers.all_models.kappa": "networks_as_observers.observers.kappa",
    "networks_as_observers.features.kappa": "networks_as_observers.observers.kappa",
}
"""Rows of a table that the report shows a second time."""

RANGES = {
    *("published.accuracy", "published.error_consistency", "pool.accuracy", "observers.accuracy"),
    *("consistency.models", "consistency.observers", "networks_as_observers.models", "observers.summary.*"),
    *("questions.correlations", "noise.accuracy"),
}
"""Smallest and largest value, which are no interval."""


def intervals_in(content: Any, place: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the place of each ``low`` or ``…_low`` in a report's content, without the numbers of lists."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if key == "low":
                yield ".".join(place)
            elif key.endswith("_low"):
                yield ".".join((*place, key.removesuffix("_low")))
            yield from intervals_in(value, (*place, key))
    elif isinstance(content, list):
        for value in content:
            yield from intervals_in(value, place)


def unlisted(content: Mapping[str, Any]) -> set[str]:
    """Return the places of intervals that are not listed here."""
    listed = [*INTERVALS, *SAME_VALUES, *RANGES]
    return {place for place in set(intervals_in(content)) if not any(_is(place, each) for each in listed)}


def _is(place: str, listed: str) -> bool:
    names, wanted = place.split("."), listed.split(".")
    return len(names) == len(wanted) and all(
        name == want or (want.startswith("*") and name.endswith(want[1:]))
        for name, want in zip(names, wanted, strict=True)
    )


def table_of_intervals() -> Table:
    """Return the list as a table for the docs."""
    places: dict[Measured, list[str]] = {}
    for place, measured in INTERVALS.items():
        places.setdefault(measured, []).append(f"`{place}`")
    rows = [(measured.table, measured.part or "all", ", ".join(of_it)) for measured, of_it in places.items()]
    caption = "Which table measures which interval in `results.json` and `dynamics.json`."
    return Table("interval-list", caption, ("table", "row or column", "interval"), rows)
