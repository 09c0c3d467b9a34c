"""Difficulty of the images of each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.json_values import table_with_reasons
from analysis.report.section import DynamicsReport, Section
from analysis.report.sections import independent_models
from analysis.report.style import (
    DIFFICULTY_COLOURS,
    FROM_EASY,
    NAMES_UP_TO,
    TEXT_COLOURS,
    new_axes,
    styled,
    without_left_axis,
)
from model_eval.columns import Difficulty
from tricky.core.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Classes:
    """Shares of each difficulty.

    Attributes
    ----------
    classes : DataFrame or None, index group
        As `shares_by_group` returns it; None where no image's class is known.  Images without one are left
        out.
    superclasses : DataFrame or None
        The same; None where none were named.
    """

    classes: pd.DataFrame | None
    superclasses: pd.DataFrame | None


def compute(report: DynamicsReport) -> Classes:
    """Return the shares of each difficulty in each class.

    Raises
    ------
    InputError
        A class has no superclass.
    """
    difficulty = report.of(independent_models.compute).of_image
    names, superclasses = report.models.images["class_name"].to_numpy(), None
    known = names != ""
    if not known.any():
        return Classes(None, None)
    difficulty, names = difficulty[known], names[known]
    if report.superclass_of is not None:
        groups = _superclasses(names, report.superclass_of)
        superclasses = shares_by_group(difficulty, groups, report.level)
    return Classes(shares_by_group(difficulty, names, report.level), superclasses)


def shares_by_group(difficulty: np.ndarray, groups: np.ndarray, level: float) -> pd.DataFrame:
    """Return the share of each difficulty in each group of images.

    Parameters
    ----------
    difficulty : ndarray of str, shape (n_images,)
    groups : ndarray of str, shape (n_images,)
    level : float
        Coverage of the Wilson intervals, each for other images of that group.

    Returns
    -------
    DataFrame, index group (sorted)
        `n_images`; for each difficulty its share under its name, and `<difficulty>_low`, `<difficulty>_high`.
    """
    from statsmodels.stats.proportion import proportion_confint

    counts = pd.crosstab(pd.Series(groups, name="group"), pd.Series(difficulty, name="difficulty"))
    counts = counts.reindex(columns=[str(kind) for kind in Difficulty], fill_value=0)
    n_images = counts.sum(axis=1)
    table = pd.DataFrame({"n_images": n_images})
    for kind in counts:
        low, high = proportion_confint(counts[kind], n_images, alpha=1 - level, method="wilson")
        table[kind], table[f"{kind}_low"], table[f"{kind}_high"] = counts[kind] / n_images, low, high
    return table


def _superclasses(names: np.ndarray, superclass_of: Mapping[str, str]) -> np.ndarray:
    missing = sorted(set(names) - set(superclass_of))
    if missing:
        raise InputError(
            f"no superclass for class {missing[0]!r} (and {len(missing) - 1} more); each class needs one"
            if len(missing) > 1
            else f"no superclass for class {missing[0]!r}; each class needs one"
        )
    return np.array([superclass_of[name] for name in names])


@styled
def difficulty_by_class(shares: pd.DataFrame, noun: str) -> Figure:
    """Draw the share of each difficulty in each class, the class with the most impossible images at the top.

    Parameters
    ----------
    shares : DataFrame, index class
        `trivial`, `in-between`, `impossible`: shares that sum to 1.
    noun : str
        What to call classes: ``classes``, ``superclasses``.
    """
    ordered = shares.sort_values(["impossible", "in-between"], kind="stable")
    n = len(ordered)
    named = n <= NAMES_UP_TO
    figure, axes = new_axes(0.9 + (0.24 * max(n, 3) if named else 4.2))
    left = np.zeros(n)
    for kind in FROM_EASY:
        part = 100 * ordered[str(kind)].to_numpy()
        bars = axes.barh(
            np.arange(n), part, left=left, height=0.74 if named else 1.0, color=DIFFICULTY_COLOURS[kind]
        )
        for bar in bars:
            bar.set_rasterized(not named)
        place = FROM_EASY.index(kind)
        axes.text(place / 2, 1.02, str(kind), transform=axes.transAxes, ha=("left", "center", "right")[place],
                  va="bottom", size=9, weight="bold", color=TEXT_COLOURS[kind])  # fmt: skip
        left += part
    if named:
        axes.set_yticks(np.arange(n), [str(name) for name in ordered.index])
    else:
        axes.set(yticks=[], ylabel=f"{n:,} {noun}, by their share of impossible images")
    without_left_axis(axes)
    axes.set(xlim=(0, 100), ylim=(-0.6, n - 0.4), xlabel="share of images (%)")
    return figure


def _draw(shares: pd.DataFrame | None, noun: str) -> Figure | None:
    return None if shares is None else difficulty_by_class(shares, noun)


def _table(shares: pd.DataFrame | None) -> pd.DataFrame | None:
    return None if shares is None else table_with_reasons(shares)


SECTION = Section(
    name="classes",
    compute=compute,
    results=lambda found: {"classes": found.classes, "superclasses": found.superclasses},
    figures={
        "classes": lambda found, _: _draw(found.classes, "classes"),
        "superclasses": lambda found, _: _draw(found.superclasses, "superclasses"),
    },
    tables={
        "classes": lambda found, _: _table(found.classes),
        "superclasses": lambda found, _: _table(found.superclasses),
    },
)
