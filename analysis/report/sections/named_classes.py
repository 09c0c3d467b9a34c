"""How often the class of an image was named, and which other class was named in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.report.section import Section
from analysis.report.style import INK, WIDTH_IN, new_axes, styled
from analysis.report.task import StudyReport
from analysis.statistics.accuracy import population_accuracy
from experiment.tasks import kind_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARES_UP_TO = 20
"""Classes whose shares are written into the cells of the matrix."""


@dataclass(frozen=True)
class NamedClasses:
    """Classes that were named.

    Attributes
    ----------
    by_class : DataFrame
        As `accuracy_by_class` returns it.
    confusion : DataFrame
        As `confusion_of` returns it.
    most_confused : list of dict
        The rows of `confusion` with the largest shares of wrong answers.
    """

    by_class: pd.DataFrame
    confusion: pd.DataFrame
    most_confused: list[dict[Any, Any]]


def compute(report: StudyReport) -> NamedClasses:
    """Count which classes were named."""
    data = report.data
    (names,) = kind_of(data.stimulus_set.task).answers(data.stimulus_set).values()
    confusion = confusion_of(data.answers["image_class"], data.answers["response"], names)
    wrong = confusion[(confusion["class_name"] != confusion["response"]) & (confusion["n"] > 0)]
    most = wrong.sort_values(["share", "n"], ascending=False, kind="stable").head(5)
    table = accuracy_by_class(data.answers, report.level)
    unanswered = data.scored[~data.scored["answered"].to_numpy(bool)]["image_class"].value_counts()
    table["n_missing"] = [int(unanswered.get(name, 0)) for name in table["class_name"]]
    return NamedClasses(table, confusion, most.to_dict("records"))


def accuracy_by_class(answers: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return how often the class of an image was named.

    Parameters
    ----------
    answers : DataFrame
        Answers that count, joined with their trials.
    level : float
        Coverage of intervals, which are for new observers and new images of the class.

    Returns
    -------
    DataFrame, one row a class, in alphabetical order
        `class_name`, `n_items` (images in a condition), `n_answers`, `n_correct`, `accuracy`, `low`, `high`
        and `reason`.
    """
    return _accuracy_by("image_class", answers, level).rename(columns={"image_class": "class_name"})


def accuracy_by_condition(answers: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return the same for each condition; empty where sessions have none."""
    return _accuracy_by("condition", answers, level)


def _accuracy_by(column: str, answers: pd.DataFrame, level: float) -> pd.DataFrame:
    rows = []
    for name, part in answers.groupby(answers[column].astype(object)):
        found = population_accuracy(
            part["correct"].to_numpy(bool),
            part["participant"].astype(str),
            part["trial_id"].astype(str),
            level,
        )
        rows.append(
            {
                column: str(name),
                "n_items": found.n_items,
                "n_answers": found.n_trials,
                "n_correct": int(part["correct"].sum()),
                "accuracy": found.estimate,
                "low": found.low,
                "high": found.high,
                "reason": found.reason,
            }
        )
    columns = [column, "n_items", "n_answers", "n_correct", "accuracy", "low", "high", "reason"]
    return pd.DataFrame(rows, columns=columns)


def confusion_of(class_name: pd.Series, response: pd.Series, names: tuple[str, ...]) -> pd.DataFrame:
    """Return how often each class was named for images of each class.

    Parameters
    ----------
    class_name, response : Series of str
        Of each answer.
    names : tuple of str
        All classes that could be named.

    Returns
    -------
    DataFrame, one row a class of images that were shown and a class that could be named
        `class_name`, `response`, `n`, and `share` of the answers to images of this class.
    """
    counts = pd.crosstab(class_name.astype(object), response.astype(object))
    counts = counts.reindex(index=[name for name in names if name in counts.index], columns=list(names))
    counts = counts.fillna(0).astype(int)
    long = pd.DataFrame(
        {
            "class_name": np.repeat(counts.index.to_numpy(object), counts.shape[1]),
            "response": np.tile(counts.columns.to_numpy(object), counts.shape[0]),
            "n": counts.to_numpy(int).ravel(),
        }
    )
    totals = long.groupby("class_name", sort=False)["n"].transform("sum")
    return long.assign(share=long["n"] / totals)


@styled
def confusion_matrix(confusion: pd.DataFrame) -> Figure:
    """Draw the share of each answer to images of each class.

    Parameters
    ----------
    confusion : DataFrame
        As `confusion_of` returns it.
    """
    matrix = confusion.pivot_table(index="class_name", columns="response", values="share", sort=False)
    n_rows, n_columns = matrix.shape
    figure, axes = new_axes(max(2.2, WIDTH_IN * 0.86 * n_rows / n_columns), "constrained")
    few = n_columns <= SHARES_UP_TO
    mesh = axes.pcolormesh(
        matrix.to_numpy(), cmap="Blues", vmin=0, vmax=1, edgecolors="white", lw=1 if few else 0
    )
    mesh.set_rasterized(not few)
    if few:
        for row, column in zip(*np.nonzero(matrix.to_numpy() >= 0.005), strict=True):
            share = matrix.to_numpy()[row, column]
            axes.text(
                column + 0.5,
                row + 0.5,
                f"{100 * share:.0f}",
                ha="center",
                va="center",
                size=7,
                color="white" if share > 0.6 else INK,
            )
    if n_columns <= 60:
        axes.set_xticks(np.arange(n_columns) + 0.5, [str(each) for each in matrix.columns], rotation=90)
        axes.set_yticks(np.arange(n_rows) + 0.5, [str(each) for each in matrix.index])
    axes.tick_params(length=0, labelsize=8.5 if few else 6)
    axes.spines[:].set_visible(False)
    axes.invert_yaxis()
    axes.set(xlabel="class that was named", ylabel="class of the image")
    return figure


def _draw(found: NamedClasses, _: StudyReport) -> Figure | None:
    return None if found.confusion.empty else confusion_matrix(found.confusion)


SECTION = Section(
    name="named_classes",
    compute=compute,
    results=lambda found: {"named_classes": found},
    figures={"confusion": _draw},
    tables={"by_class": lambda found, _: found.by_class, "confusion": lambda found, _: found.confusion},
)
