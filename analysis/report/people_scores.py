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
from analysis.statistics.estimate import Estimate, NoResult, or_reason
from analysis.statistics.observers import halves, repeat_agreement, side_bias, times_by_correctness
from analysis.statistics.population_mean import PopulationMean
from analysis.statistics.variance_components import (
    Components,
    LogitComponents,
    on_logit_scale,
    variance_components,
)


@dataclass(frozen=True)
class ObserverScores:
    """What each observer's answers tell beyond how many are right.

    Attributes
    ----------
    table : DataFrame, one row an observer, index `observer`
        Of the task `d_prime`, `criterion` and its bias; then `half_change` (second half minus first),
        `time_ratio` (wrong over right), `repeat_agreement` and `type_2_area`, each with its interval in
        `…_low` and `…_high`, and why something is missing in `…_reason`; also `first_half`, `second_half`,
        `median_right_s`, `median_wrong_s`, `n_repeats`, `repeat_kappa`. There are no columns about repeats
        where no trial was repeated, nor about confidence where it was not asked.
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
    return detected.drop(columns=["n_yes", "n_no", "hit_rate", "false_alarm_rate"]).join(
        _named(bias, bias=name, keep=("accuracy_left", "accuracy_right"))
    )


@dataclass(frozen=True)
class PopulationScores:
    """What follows for the population beyond its accuracy.

    Attributes
    ----------
    p_chance, p_published : float
        Of accuracy against guessing, and against the published value taken as known; NaN without an interval,
        None without such a value.
    next_observer : Estimate
        Of the accuracy of the next observer of the same items.
    bootstrap : Estimate
        Observers and items drawn anew.
    n_resamples : int
        How often.
    components : Components or NoResult
        Variance between observers, between items and the rest.
    logit : LogitComponents or NoResult
        The same as standard deviations in logits.
    halves : Contrast or NoResult
        Second half of each observer's trials minus the first.
    """

    p_chance: float
    p_published: float | None
    next_observer: Estimate
    bootstrap: Estimate
    n_resamples: int
    components: Components | NoResult
    logit: LogitComponents | NoResult
    halves: Contrast | NoResult


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
        again = again.rename(columns={"kappa": "repeat_kappa", "kappa_reason": "repeat_kappa_reason"})
        parts.append(_named(again, agreement="repeat_agreement", keep=("n_repeats", "repeat_kappa")))
    calibrated = None
    if "confidence" in sessions and sessions["confidence"].notna().any():
        confidence = sessions["confidence"].to_numpy(float)
        item = sessions["trial_id"].astype(str).to_numpy()
        parts.append(_named(type_2_area(confidence, right, observer, level), area="type_2_area"))
        calibrated = calibration(confidence, right, observer, item, level)
    table = pd.concat(parts, axis=1).reindex(order).rename_axis("observer")
    if "n_repeats" in table:
        table["n_repeats"] = table["n_repeats"].fillna(0).astype(int)
        for name in ("repeat_agreement", "repeat_kappa"):
            table.loc[table["n_repeats"] == 0, f"{name}_reason"] = "no repeated trial was answered both times"
    reasons = table.columns[table.columns.str.endswith("_reason")]
    table[reasons] = table[reasons].astype(object).where(table[reasons].notna(), None)
    return ObserverScores(table, calibrated)


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
    components = or_reason(lambda: variance_components(right, observer, item))
    logit = components if isinstance(components, NoResult) else or_reason(lambda: on_logit_scale(components))
    second = _second_half(sessions, observer)
    return PopulationScores(
        p_chance=population.p_value(chance),
        p_published=None if published is None else population.p_value(published),
        next_observer=next_observer_interval(right, observer, level),
        bootstrap=bootstrap_accuracy(right, observer, item, rng, level=level, n_resamples=n_resamples),
        n_resamples=n_resamples,
        components=components,
        logit=logit,
        halves=accuracy_difference(right, observer, item, second, level)
        if second.any() and not second.all()
        else NoResult("nobody answered two trials"),
    )


def _named(table: pd.DataFrame, keep: tuple[str, ...] = (), **of: str) -> pd.DataFrame:
    """Return a measure, its interval and its reason under its own name, and what is to be kept with it."""
    (column, name) = next(iter(of.items()))
    names = {column: name, **{each: f"{name}_{each}" for each in ("low", "high", "reason")}}
    found = table.assign(reason=table.get("reason")).rename(columns=names)
    for each in keep:
        if f"{each}_reason" not in found:
            found[f"{each}_reason"] = found[f"{name}_reason"].where(found[each].isna(), None)
    return found[[*(part for each in keep for part in (each, f"{each}_reason")), *names.values()]]


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
