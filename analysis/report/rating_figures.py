"""Figures of ratings."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from analysis.report.style import (
    DIFFICULTY_COLOURS,
    FAINT,
    INK,
    TEXT_COLOURS,
    WIDTH_IN,
    reach,
    styled,
    without_left_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OTHER_COLOURS = (INK, "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Of groups that are no classes of difficulty (Okabe & Ito 2008)."""
FEW_ITEMS = 5
"""Intervals of fewer images are drawn thin."""
RULE = "#dde1e6"
"""Colour of the lines between rows."""
MARKERS = ("o", "s", "D", "^", "v", "P")


class RatedQuestion(Protocol):
    """The results of one question that figures show, as `analysis.report.sections.ratings` computes them."""

    @property
    def text(self) -> str:
        """The question."""
        ...

    @property
    def answers(self) -> tuple[str, ...]:
        """Its answers, in order."""
        ...

    @property
    def distribution(self) -> pd.DataFrame:
        """Shares of answers by group."""
        ...

    @property
    def composition(self) -> pd.DataFrame:
        """Shares of groups by answer."""
        ...

    @property
    def graded(self) -> pd.DataFrame:
        """Means by group and share of correct models."""
        ...


@styled
def rating_distributions(questions: Sequence[RatedQuestion], level: float) -> Figure:
    """Draw the share of each answer to images of each group, one panel a question.

    Parameters
    ----------
    questions : sequence of RatedQuestion
    level : float
        Coverage of the intervals.
    """
    figure, panels = _panels(len(questions), 2.9)
    for axes, each in zip(panels, questions, strict=True):
        shares, answers = each.distribution, each.answers
        groups = list(shares["group"].unique())
        for place, group in enumerate(groups):
            rows = shares[shares["group"] == group]
            fill, text, marker = _look(group, place)
            axes.errorbar(
                rows["rating"] + 0.2 * (place - (len(groups) - 1) / 2),
                100 * rows["share"],
                yerr=100 * reach(rows["share"], rows["low"], rows["high"]),
                **_dots(fill, text, marker),
                ls="-",
                label=f"{group} (n = {rows['n_ratings'].iloc[0]:,})",
            )
        axes.set_xticks(range(1, len(answers) + 1), _wrapped(answers, max(8, 48 // len(answers))))
        axes.set(
            xlim=(0.5, len(answers) + 0.5),
            ylim=(0, None),
            xlabel=f"answer to “{each.text}”",
            ylabel=f"answers (%)\nwith {level:.0%} intervals",
        )
    _legend(figure, panels[0])
    return figure


@styled
def rating_compositions(questions: Sequence[RatedQuestion], level: float) -> Figure:
    """Draw the share of each group in each answer, all groups counting the same, one panel a question.

    Answers are rows, from the first to the last.  A dashed line is drawn at the share that each group would
    have if answers did not depend on the group.

    Parameters
    ----------
    questions : sequence of RatedQuestion
    level : float
        Coverage of the intervals.
    """
    from matplotlib.figure import Figure

    heights = [0.75 + 0.42 * len(each.answers) for each in questions]
    figure = Figure(figsize=(WIDTH_IN, 0.25 + sum(heights)), layout="constrained")
    panels = figure.subplots(len(questions), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, each in zip(panels, questions, strict=True):
        shares = each.composition
        groups = list(shares["group"].unique())
        for place, group in enumerate(groups):
            rows = shares[shares["group"] == group]
            fill, text, marker = _look(group, place)
            axes.errorbar(
                100 * rows["equalised"],
                rows["rating"] + 0.22 * (place - (len(groups) - 1) / 2),
                xerr=100 * reach(rows["equalised"], rows["equalised_low"], rows["equalised_high"]),
                **_dots(fill, text, marker),
                ls="none",
                label=group,
            )
        if n_rated := shares.loc[shares["base_rate"] > 0, "group"].nunique():
            axes.axvline(100 / n_rated, color=FAINT, lw=1, ls=(0, (4, 3)), zorder=0.5, label="base rate")
        n = shares.groupby("rating")["n"].sum()
        names = [f"{answer}\n(n = {n[place]:,})" for place, answer in enumerate(each.answers, start=1)]
        axes.set_yticks(range(1, len(names) + 1), _wrapped(names, 18))
        axes.hlines(np.arange(1, len(names)) + 0.5, 0, 1, RULE, lw=0.8, transform=axes.get_yaxis_transform())
        without_left_axis(axes)
        axes.set(
            xlim=(-1, 101),
            ylim=(len(names) + 0.5, 0.5),
            xlabel=f"images (%) with {level:.0%} intervals",
        )
        axes.set_title("\n".join(textwrap.wrap(f"“{each.text}”", 60)), size=9, loc="left", color=FAINT)
    _legend(figure, panels[0], n_columns=4)
    return figure


@styled
def mean_ratings(questions: Sequence[RatedQuestion], level: float) -> Figure:
    """Draw the mean rating of images by the share of correct models, one panel a question.

    Parameters
    ----------
    questions : sequence of RatedQuestion
    level : float
        Coverage of the intervals.
    """
    figure, panels = _panels(len(questions), 3.0)
    for axes, each in zip(panels, questions, strict=True):
        graded, answers = each.graded, each.answers
        largest = graded["n_items"].max()
        for place, group in enumerate(graded["group"].unique()):
            rows = graded[graded["group"] == group]
            fill, text, marker = _look(group, place)
            x = 100 * rows["image_share"]
            error = reach(rows["mean"], rows["low"], rows["high"])
            # Means of few images have long intervals, which must not hide the others.
            for few, width in ((rows["n_items"] < FEW_ITEMS, 0.5), (rows["n_items"] >= FEW_ITEMS, 1.2)):
                at = few.to_numpy()
                axes.errorbar(
                    x[at], rows["mean"][at], yerr=error[:, at], fmt="none", ecolor=text, elinewidth=width
                )
            size = 14 + 60 * rows["n_items"] / largest
            axes.scatter(
                x,
                rows["mean"],
                s=size,
                marker=marker,
                color=fill,
                edgecolors=text,
                zorder=3,
                label=str(group),
            )
        names = [f"{answer} ({place})" for place, answer in enumerate(answers, start=1)]
        axes.set_yticks(range(1, len(answers) + 1), _wrapped(names, 16))
        low, high = np.nanmin(graded[["mean", "low"]]), np.nanmax(graded[["mean", "high"]])
        axes.set(
            xlim=(-6, 106),
            ylim=(
                max(0.8, min(low - 0.2, 1.4)),
                min(len(answers) + 0.2, max(high + 0.2, len(answers) - 0.4)),
            ),
            xlabel="share of models right about the image (%)",
            ylabel=f"mean answer\nwith {level:.0%} intervals",
        )
        axes.set_title("\n".join(textwrap.wrap(f"“{each.text}”", 60)), size=9, loc="left", color=FAINT)
    _legend(figure, panels[0])
    return figure


def _panels(n: int, height_in: float) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, n * height_in), layout="constrained")
    return figure, list(np.ravel(figure.subplots(n, 1, squeeze=False)))


def _legend(figure: Figure, axes: Axes, n_columns: int = 3) -> None:
    """Write the names of the groups once, above all panels."""
    handles, labels = axes.get_legend_handles_labels()
    look = {"handletextpad": 0.3, "columnspacing": 1.2, "handlelength": 1.2, "fontsize": 8.5}
    figure.legend(handles, labels, ncols=n_columns, loc="outside upper center", **look)


def _look(group: str, place: int) -> tuple[str, str, str]:
    """Return the filling, the colour of lines and the marker of a group, the same in all figures."""
    fills: dict[str, str] = {str(kind): colour for kind, colour in DIFFICULTY_COLOURS.items()}
    lines: dict[str, str] = {str(kind): colour for kind, colour in TEXT_COLOURS.items()}
    other = OTHER_COLOURS[place % len(OTHER_COLOURS)]
    return fills.get(group, other), lines.get(group, other), MARKERS[place % len(MARKERS)]


def _dots(fill: str, text: str, marker: str) -> dict[str, Any]:
    """Return the look of dots with intervals, for `Axes.errorbar`."""
    return {
        "marker": marker,
        "color": text,
        "mfc": fill,
        "mec": text,
        "ms": 5.5,
        "lw": 0.8,
        "elinewidth": 1.2,
    }


def _wrapped(names: Sequence[str], width: int) -> list[str]:
    """Return names in lines of so many letters; lines that a name has stay apart."""
    return [
        "\n".join(part for line in name.split("\n") for part in textwrap.wrap(line, width)) for name in names
    ]
