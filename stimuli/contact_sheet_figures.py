"""The two figures of a contact sheet: images by number of correct models, and balance of covariates."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stimuli.balance import WORTH_A_WARNING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUP_COLOURS = ("#0072b2", "#b84f00", "#5b6b00", "#8a3a7d", "#59616b")
"""Of the groups in their order; the first two are those of trivial and impossible in the report."""

INK, SOFT, PALE = "#22262b", "#59616b", "#dde1e6"


def histogram_figure(
    histogram: Mapping[str, Mapping[str, int]],
    groups: Sequence[str],
    used: Mapping[str, Mapping[int, int]],
) -> Figure:
    """Draw images by number of correct models: all labelled and eligible ones, and below those of the set."""
    fig, (above, below) = _figure(2, 3.9)
    labelled = {int(k): n for k, n in histogram["labelled"].items()}
    eligible = {int(k): n for k, n in histogram["eligible"].items()}
    counts = range(min(labelled), max(labelled) + 1)
    above.bar(counts, [labelled.get(k, 0) for k in counts], color=PALE, width=0.82, label="labelled")
    above.bar(counts, [eligible.get(k, 0) for k in counts], color=SOFT, width=0.82, label="eligible")
    bottom = np.zeros(len(counts))
    for group, colour in zip(groups, GROUP_COLOURS, strict=False):
        heights = np.array([used.get(group, {}).get(k, 0) for k in counts], dtype=float)
        below.bar(counts, heights, bottom=bottom, color=colour, width=0.82, label=group)
        bottom += heights
    below.set_xlabel("number of correct models")
    above.set_ylabel("all images")
    below.set_ylabel("in the set")
    if len(counts) <= 20:
        below.set_xticks(list(counts))
    for axes in (above, below):
        axes.legend(frameon=False, fontsize=9, labelcolor=INK, handlelength=1, loc="upper center", ncols=5)
        axes.margins(y=0.25)
    return fig


def balance_figure(balance: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the standardised mean difference of each covariate: open before matching, filled after."""
    rows = [row for row in balance if row["statistic"] == "smd"][::-1]
    several = len({tuple(row["groups"]) for row in rows}) > 1
    fig, axes = _figure(1, 0.9 + 0.34 * max(1, len(rows)))
    axes.axvspan(-WORTH_A_WARNING, WORTH_A_WARNING, color="#eef1f4", linewidth=0)
    axes.axvline(0, color=PALE, linewidth=1)
    for place, row in enumerate(rows):
        before, after = row["before"], row["after"]
        if before is not None and after is not None:
            axes.plot([before, after], [place, place], color=PALE, linewidth=1.5, zorder=1)
        if before is not None:
            axes.plot(before, place, "o", markersize=7, markerfacecolor="white", markeredgecolor=SOFT)
        if after is not None:
            colour = "#b84f00" if abs(after) > WORTH_A_WARNING else "#0072b2"
            axes.plot(after, place, "o", markersize=7, color=colour)
    names = [
        f"{row['covariate']} ({' − '.join(row['groups'])})" if several else row["covariate"] for row in rows
    ]
    axes.set_yticks(range(len(rows)), names)
    values = [abs(v) for row in rows for v in (row["before"], row["after"]) if v is not None]
    reach = 1.15 * max([0.3, *values])
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-0.6, max(1, len(rows)) - 0.4)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("standardised mean difference")
    return fig


def data_uri(figure: Figure) -> str:
    """Return a figure as SVG in a ``data:`` URI, the same bytes each time."""
    import matplotlib as mpl

    file = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "tricky", "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode()}"


def _figure(n_rows: int, height_in: float) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.0, height_in), layout="constrained")
    axes = figure.subplots(n_rows, sharex=True)
    for each in np.atleast_1d(np.asarray(axes, dtype=object)):
        _plain(each)
    return figure, axes


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(PALE)
    axes.tick_params(colors=SOFT, labelcolor=INK, labelsize=9)
    axes.xaxis.label.set(color=INK, size=9)
    axes.yaxis.label.set(color=INK, size=9)
