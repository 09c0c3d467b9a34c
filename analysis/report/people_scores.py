"""What a report says of each observer beyond accuracy, and of the population that observers come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.statistics.accuracy import next_observer_interval
from analysis.statistics.bootstrap import bootstrap_accuracy
from analysis.statistics.confidence import calibration, type_2_area
from analysis.statistics.contrasts import Contrast, accuracy_difference
from analysis.statistics.detection import Task, observer_detection
from analysis.statistics.estimate import Estimate
from analysis.statistics.means import PopulationMean
from analysis.statistics.observers import halves, repeat_agreement, side_bias, times_by_correctness
from analysis.statistics.variance_components import (
    Components,
    LogitComponents,
    on_logit_scale,
    variance_components,
)
from tricky.core.errors import InputError


@dataclass(frozen=True)
class ObserverScores:
    """What each observer's answers tell beyond how many are right.

    Attributes
    ----------
    table : DataFrame, one row an observer, index `observer`
        Of the task `d_prime`, `criterion` and its bias; then `half_change` (second half less first),
        `time_ratio` (wrong over right), `repeat_agreement` and `type_2_area`, each with its interval in
        `…_low` and `…_high`; beside them `first_half`, `second_half`, `median_right_s`, `median_wrong_s`,
        `n_repeats`, `repeat_kappa`. What repeats and confidence tell is missing where no trial was repeated,
        and where confidence was not asked.
    calibration : DataFrame or None
        As `analysis.statistics.confidence.calibration` returns it; None where confidence was not asked.
    """

    table: pd.DataFrame
    calibration: pd.DataFrame | None


def preference(
    said: np.ndarray, is_right: np.ndarray, observer: np.ndarray, task: Task, level: float, name: str
) -> pd.DataFrame:
    """Return each observer's d′, criterion and bias towards one of two answers.

    Parameters
    ----------
    said, is_right : ndarray of bool, shape (n_trials,)
        Whether this answer was given, and whether it was the right one.
    observer : ndarray of str, shape (n_trials,)
    task : {"2afc", "single"}
    level : float
        Coverage of the intervals, in `…_low` and `…_high`.
    name : str
        What to call the bias, as `side_bias` measures it.
    """
    detected = observer_detection(said, is_right, observer, task, level)
    bias = side_bias(said, is_right, observer, level)
    bias = bias.rename(columns={"bias": name, "low": f"{name}_low", "high": f"{name}_high"})
    return detected.drop(columns=["n_yes", "n_no", "hit_rate", "false_alarm_rate"]).join(
        bias.drop(columns=["n_trials", "share_left"])
    )


@dataclass(frozen=True)
class PopulationScores:
    """What follows for the population beyond its accuracy.

    Attributes
    ----------
    p_chance, p_published : float
        Of accuracy against guessing, and against the published value taken as known; NaN without an interval
        or such a value.
    next_low, next_high : float
        Between which the accuracy of the next observer of the same items lies; NaN with one observer.
    bootstrap : Estimate
        Observers and items drawn anew.
    n_resamples : int
        How often.
    components : Components or None
        Variance between observers, between items and the rest; None with one observer or one item.
    logit : LogitComponents or None
        The same as standard deviations in logits; None where there are none that lead to it.
    halves : Contrast or None
        Second half of each observer's trials less first; None where nobody has two trials.
    """

    p_chance: float
    p_published: float
    next_low: float
    next_high: float
    bootstrap: Estimate
    n_resamples: int
    components: Components | None
    logit: LogitComponents | None
    halves: Contrast | None


def score_observers(
    sessions: pd.DataFrame, recorded: pd.DataFrame, order: pd.Index, preference: pd.DataFrame, level: float
) -> ObserverScores:
    """Score each observer's change, speed, reliability and confidence, beside its sensitivity and bias.

    Parameters
    ----------
    sessions : DataFrame
        Answers that count and have a right answer.
    recorded : DataFrame
        All rows of the same sessions, repeated trials among them.
    order : Index
        Observers, in the order of the rows to return.
    preference : DataFrame, index observer
        What the task tells of sensitivity and bias.
    level : float
        Coverage of the intervals.
    """
    observer = sessions["participant"].astype(str).to_numpy()
    right = sessions["correct"].to_numpy(bool)
    half = halves(right, _in_time(sessions), observer, level)
    times = times_by_correctness(sessions["response_time"].to_numpy(float), right, observer, level)
    parts = [
        preference,
        _named(
            half.rename(columns={"first": "first_half", "second": "second_half"}),
            change="half_change",
            keep=("first_half", "second_half"),
        ),
        _named(times, ratio="time_ratio", keep=("median_right_s", "median_wrong_s")),
    ]
    twice = _repeats(sessions, recorded)
    if len(twice):
        again = repeat_agreement(twice["correct_first"], twice["correct"], twice["participant"], level)
        again = again.rename(columns={"kappa": "repeat_kappa"})
        parts.append(_named(again, agreement="repeat_agreement", keep=("n_repeats", "repeat_kappa")))
    calibrated = None
    if "confidence" in sessions and sessions["confidence"].notna().any():
        confidence = sessions["confidence"].to_numpy(float)
        item = sessions["trial_id"].astype(str).to_numpy()
        parts.append(_named(type_2_area(confidence, right, observer, level), area="type_2_area"))
        calibrated = calibration(confidence, right, observer, item, level)
    return ObserverScores(pd.concat(parts, axis=1).reindex(order).rename_axis("observer"), calibrated)


def score_population(
    sessions: pd.DataFrame,
    population: PopulationMean,
    rng: np.random.Generator,
    *,
    chance: float,
    published: float | None,
    n_resamples: int,
) -> PopulationScores:
    """Test the population's accuracy, and say what to expect of others and what makes answers differ."""
    observer, item = sessions["participant"].astype(str), sessions["trial_id"].astype(str)
    right, level = sessions["correct"].to_numpy(bool), population.level
    components = logit = None
    if min(population.n_observers, population.n_items) > 1:
        components = variance_components(right, observer, item)
        try:
            logit = on_logit_scale(components)
        except InputError:  # no such observers and items: said on the page by leaving the numbers out
            logit = None
    second = _second_half(sessions, observer)
    low, high = next_observer_interval(right, observer, level)
    return PopulationScores(
        p_chance=population.p_value(chance),
        p_published=np.nan if published is None else population.p_value(published),
        next_low=low,
        next_high=high,
        bootstrap=bootstrap_accuracy(right, observer, item, rng, level=level, n_resamples=n_resamples),
        n_resamples=n_resamples,
        components=components,
        logit=logit,
        halves=accuracy_difference(right, observer, item, second, level)
        if second.any() and not second.all()
        else None,
    )


def _named(table: pd.DataFrame, keep: tuple[str, ...] = (), **of: str) -> pd.DataFrame:
    """Return a measure with its interval under its own name, and what is to be kept beside it."""
    (column, name) = next(iter(of.items()))
    names = {column: name, "low": f"{name}_low", "high": f"{name}_high"}
    return table.rename(columns=names)[[*keep, *names.values()]]


def _in_time(sessions: pd.DataFrame) -> np.ndarray:
    """Return the place of each trial in time, within all that one observer did."""
    order = sessions.sort_values(["session_key", "trial_index"], kind="stable").index
    place = pd.Series(np.arange(len(sessions)), order)
    return place.reindex(sessions.index).to_numpy()


def _second_half(sessions: pd.DataFrame, observer: pd.Series) -> np.ndarray:
    """Return whether a trial belongs to the second half of its observer's, as `halves` cuts them."""
    rank = pd.Series(_in_time(sessions), sessions.index).groupby(observer).rank(method="first") - 1
    n_trials = observer.groupby(observer).transform("size")
    return (rank >= n_trials // 2).to_numpy()


def _repeats(sessions: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    """Return each repeated trial with what was answered the first time; only where the first time counts."""
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
