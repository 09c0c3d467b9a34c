"""How accurate each observer is, and what else their answers show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.drawings import draw_crowd
from analysis.report.measures import MeasureSummary, observer_details, summarise_measure, under_its_name
from analysis.report.section import Section, key
from analysis.report.sections import population
from analysis.report.style import (
    BLUE,
    FAINT,
    INK,
    NAMES_UP_TO,
    ROWS_UP_TO,
    height_of_rows,
    name_rows,
    new_axes,
    reach,
    styled,
)
from analysis.report.task import StudyReport
from analysis.report.timeline import in_time, with_time_reasons
from analysis.statistics.accuracy import observer_accuracy
from analysis.statistics.confidence import type_2_area
from analysis.statistics.observers import halves, repeat_agreement, times_by_correctness
from analysis.statistics.population_mean import PopulationMean

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Observers:
    """Observers, the most accurate first.

    Attributes
    ----------
    n : int
    accuracy_low, accuracy_high, accuracy_sd : float
        Range and standard deviation (n − 1) over observers.
    accuracy_sd_reason : str or None
        Why there is no standard deviation.
    observers : DataFrame, index observer
        `n_trials`, `n_correct`, `accuracy`, `low`, `high`, `median_response_time_s`.
    summary : dict of str to MeasureSummary or None
        Of the measures of the task; None for those that were not taken.
    details : DataFrame, index observer
        As `measure_observers` returns it.
    """

    n: int
    accuracy_low: float
    accuracy_high: float
    accuracy_sd: float
    accuracy_sd_reason: str | None
    observers: pd.DataFrame
    summary: dict[str, MeasureSummary | None]
    details: pd.DataFrame


def compute(report: StudyReport) -> Observers:
    """Score the observers."""
    answers, task, level = report.data.answers, report.task, report.level
    table = observer_accuracy(answers["correct"], answers["participant"].astype(str), level)
    times = answers.groupby("participant", observed=True)["response_time"].median()
    table["median_response_time_s"] = times.rename(index=str).reindex(table.index)
    table = with_time_reasons(table.sort_values("accuracy", ascending=False, kind="stable"))
    preference = pd.DataFrame(index=table.index)
    if task.preference is not None:
        preference = task.preference.score(answers, report.data.stimulus_set, level)
    details = measure_observers(answers, report.data.recorded, table.index, preference, level)
    return Observers(
        n=len(table),
        accuracy_low=table["accuracy"].min(),
        accuracy_high=table["accuracy"].max(),
        accuracy_sd=table["accuracy"].std(),
        accuracy_sd_reason="one observer has no spread" if len(table) == 1 else None,
        observers=table,
        summary={
            name: _summary(details, name, measure.nothing or 0.0) if name in details else None
            for name, measure in task.measures(report.data.stimulus_set).items()
        },
        details=details,
    )


def _summary(details: pd.DataFrame, name: str, nothing: float) -> MeasureSummary:
    reason = "; ".join(details[f"{name}_reason"].dropna().unique())
    return summarise_measure(details[name], details[f"{name}_low"], details[f"{name}_high"], nothing, reason)


def measure_observers(
    sessions: pd.DataFrame, recorded: pd.DataFrame, order: pd.Index, preference: pd.DataFrame, level: float
) -> pd.DataFrame:
    """Measure each observer's change over time, speed, reliability and confidence.

    Parameters
    ----------
    sessions : DataFrame
        Answers that count and have a right answer.
    recorded : DataFrame
        All rows of the same sessions, including repeated trials.
    order : Index
        Observers, in the order of the rows to return.
    preference : DataFrame, index observer
        Sensitivity and bias, which depend on the task.
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame, one row an observer, index `observer`
        The columns of `preference`; then `half_change` (second half minus first), `time_ratio` (wrong over
        right), `repeat_agreement` and `type_2_area`, each with its interval in `…_low` and `…_high`, and why
        it is missing in `…_reason`; also `first_half`, `second_half`, `median_right_s`, `median_wrong_s`,
        `n_repeats`, `repeat_kappa`. Columns about repeats and confidence exist only where there were any.
    """
    observer = sessions["participant"].astype(str).to_numpy()
    right = sessions["correct"].to_numpy(bool)
    half = halves(right, in_time(sessions), observer, level)
    times = times_by_correctness(sessions["response_time"].to_numpy(float), right, observer, level)
    parts = [
        preference,
        under_its_name(
            half.rename(columns={"first": "first_half", "second": "second_half"}),
            change="half_change",
            keep=("first_half", "second_half"),
        ),
        under_its_name(times, ratio="time_ratio", keep=("median_right_s", "median_wrong_s")),
    ]
    twice = _repeats(sessions, recorded)
    if len(twice):
        again = repeat_agreement(twice["correct_first"], twice["correct"], twice["participant"], level)
        again = again.rename(columns={"kappa": "repeat_kappa", "kappa_reason": "repeat_kappa_reason"})
        parts.append(under_its_name(again, agreement="repeat_agreement", keep=("n_repeats", "repeat_kappa")))
    if "confidence" in sessions and sessions["confidence"].notna().any():
        confidence = sessions["confidence"].to_numpy(float)
        parts.append(under_its_name(type_2_area(confidence, right, observer, level), area="type_2_area"))
    table = pd.concat(parts, axis=1).reindex(order).rename_axis("observer")
    if "n_repeats" in table:
        table["n_repeats"] = table["n_repeats"].fillna(0).astype(int)
        for name in ("repeat_agreement", "repeat_kappa"):
            table.loc[table["n_repeats"] == 0, f"{name}_reason"] = "no repeated trial was answered both times"
    reasons = table.columns[table.columns.str.endswith("_reason")]
    table[reasons] = table[reasons].astype(object).where(table[reasons].notna(), None)
    return table


def _repeats(sessions: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    """Return each repeated trial with the answer of the first time, if that counts."""
    columns = ["session_key", "participant", "repeats", "correct"]
    again = recorded.loc[recorded["repeats"].notna() & recorded["correct"].notna(), columns]
    first = sessions[["session_key", "trial_id", "correct"]].astype({"trial_id": str})
    both = again.astype({"repeats": str, "participant": str}).merge(
        first,
        left_on=["session_key", "repeats"],
        right_on=["session_key", "trial_id"],
        suffixes=("", "_first"),
    )
    return both.astype({"correct": bool, "correct_first": bool})


@styled
def observer_accuracies(
    observers: pd.DataFrame, population: PopulationMean, *, chance: float, noun: str = "observers"
) -> Figure:
    """Draw the accuracy of each observer with its interval, and that of the population; the best at the top.

    Of more than `ROWS_UP_TO` observers, draw a histogram.

    Parameters
    ----------
    observers : DataFrame, index observer
        As `analysis.statistics.accuracy.observer_accuracy` returns it.
    population : PopulationMean
        Drawn as a line, and as a band where it has an interval.
    chance : float
        Proportion correct by guessing.
    noun : str
        What to call the observers.
    """
    ordered = observers.sort_values("accuracy", ascending=False, kind="stable")[::-1]
    crowd = len(ordered) > ROWS_UP_TO
    figure, axes = new_axes(3.0 if crowd else height_of_rows(len(ordered)) + 0.35)
    rows = np.arange(len(ordered))
    if np.isfinite(population.low):
        axes.axvspan(100 * population.low, 100 * population.high, color=BLUE, alpha=0.14, lw=0)
    axes.axvline(100 * population.estimate, color=BLUE, lw=1.4)
    axes.axvline(100 * chance, color=FAINT, lw=1, ls=(0, (4, 3)))
    if crowd:
        draw_crowd(axes, 100 * ordered["accuracy"].to_numpy(), noun)
    else:
        axes.errorbar(
            100 * ordered["accuracy"],
            rows,
            xerr=100 * reach(ordered["accuracy"], ordered["low"], ordered["high"]),
            fmt="o",
            color=INK,
            ms=4.5 if len(ordered) <= NAMES_UP_TO else 2,
            elinewidth=1 if len(ordered) <= NAMES_UP_TO else 0.5,
        )
        name_rows(axes, ordered.index, noun)
    label = f"population {population.estimate:.1%}"
    for share, text, colour in ((chance, "chance", FAINT), (population.estimate, label, BLUE)):
        axes.annotate(
            text,
            (100 * share, 1),
            (0, 2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=9,
            color=colour,
        )
    lowest = ordered["accuracy" if crowd else "low"].min()
    low = min(lowest, chance - 0.05, np.nan_to_num(population.low, nan=1.0))
    intervals = f"{population.level:.0%} interval{' of the population' if crowd else 's'}"
    axes.set(
        xlim=(max(0, 5 * np.floor(20 * low)), 101),
        xlabel=f"accuracy (%), with {intervals}",
    )
    return figure


def _draw_accuracies(found: Observers, report: StudyReport) -> Figure:
    accuracy = report.of(population.compute).accuracy
    return observer_accuracies(found.observers, accuracy, chance=report.chance, noun=report.noun)


def _draw_details(found: Observers, report: StudyReport) -> Figure | None:
    measures = report.task.measures(report.data.stimulus_set)
    if found.details.reindex(columns=list(measures)).isna().all(axis=None):
        return None
    return observer_details(found.details, report.level, report.noun, measures)


def _for_terminal(found: Observers) -> pd.DataFrame:
    rows = found.observers.reset_index().to_dict("records")
    return pd.DataFrame(
        {
            "observer": [str(row["observer"]) for row in rows],
            "trials": [f"{row['n_trials']}" for row in rows],
            "correct": [f"{row['accuracy']:.1%}" for row in rows],
            "interval": [f"{row['low']:.1%} to {row['high']:.1%}" for row in rows],
        }
    )


SECTION = Section(
    name="observers",
    compute=compute,
    results=key("observers"),
    figures={"observers": _draw_accuracies, "observer_details": _draw_details},
    tables={
        "observers": lambda found, _: found.observers.reset_index(),
        "observer_details": lambda found, _: found.details.reset_index(),
    },
    observers=_for_terminal,
)
