"""What the answers say about new observers and new items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.report.formatting import between
from analysis.report.json_values import IfKnown, Inline, as_json
from analysis.report.section import Section, key
from analysis.report.task import StudyReport
from analysis.report.timeline import in_second_half
from analysis.statistics.accuracy import next_observer_interval, population_accuracy
from analysis.statistics.bootstrap import N_RESAMPLES, bootstrap_accuracy
from analysis.statistics.contrasts import Contrast, accuracy_difference
from analysis.statistics.estimate import Estimate, NoResult, or_reason
from analysis.statistics.population_mean import PopulationMean
from analysis.statistics.variance_components import (
    Components,
    LogitComponents,
    on_logit_scale,
    variance_components,
)


@dataclass(frozen=True)
class Bootstrap:
    """The interval of a bootstrap, and its number of resamples."""

    interval: Inline[Estimate]
    n_resamples: int


@dataclass(frozen=True)
class VarianceOfAnswers:
    """Variance of single answers, and the shares of it that are due to observers, items and the rest.

    Attributes
    ----------
    components : Components or NoResult
    observer_share, item_share, rest_share : float or None
    observer_share_reason, item_share_reason, rest_share_reason : str or None
        Why there are no shares, although there are components.
    """

    components: Inline[Components | NoResult]
    observer_share: float | None = None
    item_share: float | None = None
    rest_share: float | None = None
    observer_share_reason: IfKnown[str] = None
    item_share_reason: IfKnown[str] = None
    rest_share_reason: IfKnown[str] = None


@dataclass(frozen=True, kw_only=True)
class Population:
    """Accuracy of the population, and what follows for other observers.

    Attributes
    ----------
    accuracy : PopulationMean
        For new observers and new items.
    chance : float
        Proportion correct by guessing.
    p_chance, p_published : float or None
        Test of accuracy against guessing, and against the published value, taken as exact; NaN without an
        interval, None without a published value.
    next_observer : Estimate
        Accuracy of the next observer on the same items.
    bootstrap : Bootstrap
        Observers and items resampled.
    components : VarianceOfAnswers
    components_logit : LogitComponents or NoResult
        The same as standard deviations in logits.
    halves : Contrast or NoResult
        Second half of each observer's trials minus the first.
    """

    accuracy: Inline[PopulationMean]
    chance: float
    p_chance: float
    p_published: float | None
    next_observer: Estimate
    bootstrap: Bootstrap
    components: VarianceOfAnswers
    components_logit: LogitComponents | NoResult
    halves: Contrast | NoResult


def compute(report: StudyReport) -> Population:
    """Compute the accuracy of the population from the answers that count."""
    published = report.task.published.get("accuracy")
    return describe_population(
        report.data.answers, report.generator("accuracy"), report.chance, published, report.level
    )


def describe_population(
    answers: pd.DataFrame, rng: np.random.Generator, chance: float, published: float | None, level: float
) -> Population:
    """Compute accuracy, its tests and intervals, and the components of its variance.

    Parameters
    ----------
    answers : DataFrame
        Rows of sessions that are right or wrong.
    rng : Generator
        For the bootstrap.
    chance : float
        Proportion correct by guessing.
    published : float or None
        Accuracy of the published study, if it had the same task.
    level : float
        Coverage of the intervals.
    """
    observer, item = answers["participant"].astype(str), answers["trial_id"].astype(str)
    right = answers["correct"].to_numpy(bool)
    accuracy = population_accuracy(right, observer, item, level)
    components = or_reason(lambda: variance_components(right, observer, item))
    second = in_second_half(answers, observer)
    resampled = bootstrap_accuracy(right, observer, item, rng, level=level, n_resamples=N_RESAMPLES)
    return Population(
        accuracy=accuracy,
        chance=chance,
        p_chance=accuracy.p_value(chance),
        p_published=None if published is None else accuracy.p_value(published),
        next_observer=next_observer_interval(right, observer, level),
        bootstrap=Bootstrap(resampled, N_RESAMPLES),
        components=_with_shares(components),
        components_logit=components
        if isinstance(components, NoResult)
        else or_reason(lambda: on_logit_scale(components)),
        halves=accuracy_difference(right, observer, item, second, level)
        if second.any() and not second.all()
        else NoResult("no observer answered two trials"),
    )


def _with_shares(components: Components | NoResult) -> VarianceOfAnswers:
    if isinstance(components, NoResult):
        return VarianceOfAnswers(components)
    shares = components.shares
    reason = "answers do not vary" if np.isnan(shares).any() else None
    return VarianceOfAnswers(components, *shares, reason, reason, reason)


def _sentence(found: Population, report: StudyReport) -> str:
    accuracy, noun = found.accuracy, report.noun
    interval = between(as_json(accuracy), f"for new observers and new {report.task.unit}s")
    who = f"{accuracy.n_observers} {noun}" if accuracy.n_observers > 1 else f"1 {noun.removesuffix('s')}"
    were = "were" if accuracy.n_observers > 1 else "was"
    return f"{who} {were} right in {accuracy.estimate:.1%} of trials ({interval})"


SECTION = Section(name="population", compute=compute, results=key("population"), sentence=_sentence)
