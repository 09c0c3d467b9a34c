"""Whether observers know when they are right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.drawings import guessing_line
from analysis.report.section import Section
from analysis.report.style import BLUE, FAINT, new_axes, reach, styled
from analysis.report.task import StudyReport
from analysis.statistics.confidence import calibration

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Confidence:
    """Confidence of the answers.

    Attributes
    ----------
    calibration : DataFrame or None
        Accuracy by confidence, as `analysis.statistics.confidence.calibration` returns it; None where no
        answer has a confidence.
    n_without_confidence : int or None
        Answers that count without a confidence; None where observers were not asked for it.
    """

    calibration: pd.DataFrame | None
    n_without_confidence: int | None


def compute(report: StudyReport) -> Confidence:
    """Compute accuracy by confidence."""
    kept, answers = report.data.kept, report.data.answers
    n_without = int(kept["confidence"].isna().sum()) if "confidence" in kept else None
    if n_without is None or answers["confidence"].isna().all():
        return Confidence(None, n_without)
    calibrated = calibration(
        answers["confidence"].to_numpy(float),
        answers["correct"].to_numpy(bool),
        answers["participant"].astype(str).to_numpy(),
        answers["trial_id"].astype(str).to_numpy(),
        report.level,
    )
    return Confidence(calibrated, n_without)


@styled
def confidence_calibration(calibrated: pd.DataFrame, *, level: float, chance: float) -> Figure:
    """Draw accuracy at each level of confidence.

    Parameters
    ----------
    calibrated : DataFrame
        As `analysis.statistics.confidence.calibration` returns it.
    level : float
        Coverage of the intervals.
    chance : float
        Proportion correct by guessing.
    """
    figure, axes = new_axes(3.0, "constrained")
    guessing_line(axes, chance)
    steps = calibrated.index.to_numpy(float)
    value, low, high = (100 * calibrated[name].to_numpy(float) for name in ("accuracy", "low", "high"))
    error = reach(value, low, high)
    axes.errorbar(steps, value, yerr=error, fmt="o-", color=BLUE, ms=5, elinewidth=1, lw=1)
    for step, top, count in zip(steps, np.fmax(value, high), calibrated["n_trials"], strict=True):
        axes.annotate(
            f"{count:,}", (step, top), (0, 3), textcoords="offset points", ha="center", size=8.5, color=FAINT
        )
    at = {"ha": "right", "transform": axes.get_yaxis_transform()}
    axes.text(0.99, 100 * chance - 1, "guessing", size=9, color=FAINT, va="top", **at)
    axes.set_xticks(steps, [f"{step:g}" for step in steps])
    lowest = min(np.nanmin(np.fmin(value, low)), 100 * chance)
    axes.set(
        ylim=(max(0, 10 * np.floor((lowest - 1) / 10)), 106),
        xlabel="confidence",
        ylabel=f"answers right (%)\nwith {level:.0%} intervals",
    )
    axes.margins(x=0.12)
    return figure


def _draw(found: Confidence, report: StudyReport) -> Figure | None:
    if found.calibration is None:
        return None
    return confidence_calibration(found.calibration, level=report.level, chance=report.chance)


SECTION = Section(
    name="confidence",
    compute=compute,
    results=lambda found: {"observers": found},
    figures={"calibration": _draw},
    tables={
        "calibration": lambda found, _: None if found.calibration is None else found.calibration.reset_index()
    },
)
