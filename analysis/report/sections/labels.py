"""How the labels depend on the choice of models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.report.section import Section, key
from analysis.report.style import (
    BLUE,
    DIFFICULTY_COLOURS,
    FAINT,
    TEXT_COLOURS,
    VERMILION,
    WIDTH_IN,
    styled,
    without_left_axis,
)
from analysis.report.task import StudyReport
from model_eval.columns import LEAVE_ONE_OUT, POOL_SIZE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEFT_OUT_UP_TO = 24
"""Of more models, those that change most are drawn."""
STYLES = {"trivial": "o-", "in-between": "s--", "impossible": "^:"}


@dataclass(frozen=True)
class LabelStability:
    """How labels change in sub-pools.

    Attributes
    ----------
    mean_stability, mean_stability_families : float or None
        Mean probability that another pool like this one gives an image the same label; the second without the
        family of models that matters most for the image.
    half, whole : DataFrame
        Shares of each difficulty in sub-pools of half the models, and in the whole pool.
    most_left_out : dict or None
        The model or family without which most labels change.
    pool_size : DataFrame
        Shares by size of sub-pools; ``pool_size.csv`` without undefined shares.
    leave_one_out : DataFrame
        ``leave_one_out.csv`` without families of one model, which repeat the row of that model.
    """

    mean_stability: float | None
    mean_stability_families: float | None
    half: pd.DataFrame
    whole: pd.DataFrame
    most_left_out: dict[Any, Any] | None
    pool_size: pd.DataFrame
    leave_one_out: pd.DataFrame


def compute(report: StudyReport) -> LabelStability | None:
    """Return how labels depend on the pool; None where nothing is known of its models."""
    tables, manifest = report.data.label_tables, report.data.difficulty.manifest
    if POOL_SIZE not in tables or LEAVE_ONE_OUT not in tables:
        return None
    by_size, left_out = (
        tables[POOL_SIZE].dropna(subset="share"),
        without_single_families(tables[LEAVE_ONE_OUT]),
    )
    n_models = by_size["n_models"]
    known = left_out.dropna(subset="n_relabelled")
    most = None if known.empty else known.iloc[known["n_relabelled"].to_numpy(int).argmax()].to_dict()
    return LabelStability(
        mean_stability=manifest.mean_stability,
        mean_stability_families=manifest.mean_stability_families,
        half=by_size[n_models == n_models[n_models <= manifest.n_models / 2].max()],
        whole=by_size[n_models == n_models.max()],
        most_left_out=most,
        pool_size=by_size,
        leave_one_out=left_out,
    )


def without_single_families(left_out: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without families of one model, which repeat the row of that model."""
    n_without_one = left_out.loc[left_out["what"] == "model", "n_models"].max()
    return left_out[(left_out["what"] == "model") | (left_out["n_models"] < n_without_one)]


@styled
def shares_by_pool_size(by_size: pd.DataFrame) -> Figure:
    """Draw the share of each difficulty in sub-pools of growing size.

    Parameters
    ----------
    by_size : DataFrame
        `n_models`, `difficulty`, `share`, `low`, `high`: ``pool_size.csv``.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(WIDTH_IN, 3.0), layout="constrained")
    axes = figure.add_subplot()
    for kind, colour in DIFFICULTY_COLOURS.items():
        rows = by_size[(by_size["difficulty"] == kind) & by_size["share"].notna()].sort_values("n_models")
        if rows.empty:
            continue
        axes.fill_between(
            rows["n_models"], 100 * rows["low"], 100 * rows["high"], color=colour, alpha=0.2, lw=0
        )
        axes.plot(
            rows["n_models"],
            100 * rows["share"],
            STYLES[kind],
            color=TEXT_COLOURS[kind],
            ms=3.5,
            lw=1.3,
            label=str(kind),
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), labelcolor="linecolor", borderaxespad=0.2)
    axes.set(ylim=(0, None), xlabel="models in the sub-pool", ylabel="images (%)")
    return figure


@styled
def leave_one_out(left_out: pd.DataFrame) -> Figure:
    """Draw how the shares change without each model and each family, the largest change at the top.

    Parameters
    ----------
    left_out : DataFrame
        `what`, `left_out`, `trivial_change`, `impossible_change`: ``leave_one_out.csv``.
    """
    from matplotlib.figure import Figure

    rows = left_out.dropna(subset=["trivial_change", "impossible_change"])
    size = rows[["trivial_change", "impossible_change"]].abs().sum(axis=1)
    rows = rows.loc[size.sort_values(ascending=False, kind="stable").index[:LEFT_OUT_UP_TO]][::-1]
    figure = Figure(figsize=(WIDTH_IN, 1.2 + 0.24 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    at = np.arange(len(rows))
    axes.axvline(0, color=FAINT, lw=1, ls=(0, (4, 3)))
    for name, marker, colour, shift in (("trivial", "o", BLUE, 0.12), ("impossible", "^", VERMILION, -0.12)):
        axes.scatter(100 * rows[f"{name}_change"], at + shift, s=24, marker=marker, color=colour, label=name)
    names = [
        str(name) if what == "model" else f"family {name}"
        for what, name in zip(rows["what"], rows["left_out"], strict=True)
    ]
    axes.set_yticks(at, names)
    without_left_axis(axes)
    figure.legend(loc="outside upper right", ncols=2, labelcolor="linecolor", handletextpad=0.2)
    axes.set(ylim=(-0.7, len(rows) - 0.3), xlabel="change of the share without it (percentage points)")
    return figure


def _draw_pool_size(found: LabelStability | None, report: StudyReport) -> Figure | None:
    return None if found is None else shares_by_pool_size(report.data.label_tables[POOL_SIZE])


def _draw_leave_one_out(found: LabelStability | None, _: StudyReport) -> Figure | None:
    if found is None or found.leave_one_out["n_relabelled"].isna().all():
        return None
    return leave_one_out(found.leave_one_out)


SECTION = Section(
    name="labels",
    compute=compute,
    results=key("labels"),
    figures={"pool_size": _draw_pool_size, "leave_one_out": _draw_leave_one_out},
    tables={
        "pool_size": lambda _, report: report.data.label_tables.get(POOL_SIZE),
        "leave_one_out": lambda _, report: report.data.label_tables.get(LEAVE_ONE_OUT),
    },
    needs_labels=True,
)
