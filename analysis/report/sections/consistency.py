"""Whether observers err on the same items, and on the same items as models."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.drawings import consistency_matrix
from analysis.report.network_choices import choices_by_confidence
from analysis.report.section import Section
from analysis.report.sections import observers
from analysis.report.style import FAINT, GREY, INK, new_axes, reach, styled, without_left_axis
from analysis.report.subject_consistency import Consistency, consistency_of, table_of_pairs
from analysis.report.task import StudyReport
from analysis.statistics.consistency_comparisons import Answers, Comparison, comparisons_of
from analysis.statistics.consistency_intervals import ConsistencyEstimate
from analysis.statistics.independence import mean_independence_p_value
from analysis.statistics.items import answer_matrix
from model_eval.decisions import Decisions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_PERMUTATIONS, FEWEST_PERMUTATIONS = 1999, 99
SUBJECTS_SQUARED = 2e7
"""Permutations times squared number of subjects, to limit time: 2,000 permutations of 100 subjects."""
ANSWERS_PERMUTED = 1e7
"""Permutations times answers, to limit time: with many answers, a dependence that matters is obvious."""
COLUMNS = [
    "between",
    *(each.name for each in fields(ConsistencyEstimate)),
    *("p_value", "p_value_reason", "n_permutations"),
]


@dataclass(frozen=True)
class CommonErrors:
    """Error consistency of observers, over the first answer of each observer to each trial.

    Attributes
    ----------
    observers : Consistency
        Of every two observers.
    means : DataFrame
        As `mean_consistencies` returns it.
    """

    observers: Consistency
    means: pd.DataFrame


def compute(report: StudyReport) -> CommonErrors:
    """Compare observers with each other and with models."""
    best_first = report.of(observers.compute).observers.index
    answers = answer_matrix(report.data.answers).loc[best_first]
    means = mean_consistencies(
        answers.to_numpy(float),
        choices_by_confidence(report, answers.columns),
        report.data.decisions,
        report.generator("error consistency"),
        report.level,
    )
    pairs = consistency_of((answers == 1).to_numpy(), answers.notna().to_numpy(), answers.index)
    return CommonErrors(pairs, means)


def mean_consistencies(
    answers: np.ndarray,
    networks: np.ndarray,
    decisions: Decisions | None,
    rng: np.random.Generator,
    level: float,
) -> pd.DataFrame:
    """Measure the mean error consistency between observers, between them and models, and between models.

    Parameters
    ----------
    answers : ndarray of float, shape (n_observers, n_pairs)
        Of observers: 1 right, 0 wrong, NaN not seen.
    networks : ndarray of float, shape (n_models, n_pairs)
        The same of models as observers of the same pairs; there may be none.
    decisions : Decisions or None
        Predictions of the models for all images.
    rng : Generator
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame
        `between`: ``observers``, ``observers and models``, ``observers minus observers and models`` (a
        difference of the two), ``models`` (on the same pairs) and
        ``models on all images``; `estimate`, `low`, `high`, `level`, `method`, `reason`, `n_items`, `n_pairs`
        and `n_undefined` as in `ConsistencyEstimate`; `p_value` of independence, or `p_value_reason`;
        `n_permutations` of the test. Observers are a sample of other observers, models are fixed. Only rows
        for which there are subjects.
    """
    n, m = len(answers), len(networks)
    every = np.concatenate([answers, networks.reshape(m, answers.shape[1])])
    everyone = Answers(every == 1, ~np.isnan(every))
    rows = [
        _measured(between, comparison, everyone, rng, level)
        for between, comparison in comparisons_of(n, m).items()
    ]
    if decisions is not None and len(decisions.models) > 1:
        on_all = Answers(decisions.correct, decisions.seen)
        comparison = comparisons_of(0, len(decisions.models))["models"]
        rows.append(_measured("models on all images", comparison, on_all, rng, level))
    return pd.DataFrame(rows, columns=COLUMNS)


def n_permutations_for(n_subjects: int, n_answers: int) -> int:
    """Return how many permutations the test over so many subjects and answers takes."""
    within_time = min(SUBJECTS_SQUARED / max(n_subjects, 1) ** 2, ANSWERS_PERMUTED / max(n_answers, 1))
    return int(np.clip(within_time - 1, FEWEST_PERMUTATIONS, MOST_PERMUTATIONS))


def _measured(
    between: str, comparison: Comparison, everyone: Answers, rng: np.random.Generator, level: float
) -> dict[str, object]:
    found = comparison.measure(everyone, level)
    more = {"p_value": np.nan, "p_value_reason": "a difference is not tested", "n_permutations": 0}
    if comparison.compared_with is None:
        own, (right, seen) = comparison.among_involved(everyone)
        n_permutations = n_permutations_for(len(right), right.size)
        mask = None if seen.all() else seen
        p_value = mean_independence_p_value(right, own.pairs, rng, mask, n_permutations)
        reason = found.reason if np.isnan(p_value) else None
        more |= {"p_value": p_value, "p_value_reason": reason, "n_permutations": n_permutations}
    return {"between": between} | asdict(found) | more


@styled
def consistency_means(means: pd.DataFrame, *, level: float, published: float | None, noun: str) -> Figure:
    """Draw the mean error consistencies with their intervals.

    Parameters
    ----------
    means : DataFrame
        As `mean_consistencies` returns it.
    level : float
        Coverage of the intervals.
    published : float or None
        Mean of two observers in the published study, drawn as a line.
    noun : str
        What to call the observers.
    """
    shown = means.dropna(subset="estimate")
    figure, axes = new_axes(1.15 + 0.42 * len(shown), "constrained")
    rows = np.arange(len(shown))[::-1]
    value, low, high = (shown[name].to_numpy(float) for name in ("estimate", "low", "high"))
    error = reach(value, low, high)
    axes.axvline(0, color=FAINT, lw=1, ls=(0, (4, 3)))
    at = {"ha": "center", "va": "bottom", "size": 8.5, "color": FAINT}
    if published is not None:
        axes.axvline(published, color=GREY, lw=1.2)
        axes.text(published, len(shown) - 0.45, "published, observers", **at)
    axes.text(0, len(shown) - 0.45, "independent", **at)
    axes.errorbar(value, rows, xerr=error, fmt="o", color=INK, ms=5, elinewidth=1)
    names = ["difference of these two" if " minus " in each else each for each in shown["between"]]
    axes.set_yticks(rows, [each.replace("observers", noun) for each in names])
    without_left_axis(axes)
    axes.set(ylim=(-0.6, len(shown) - 0.4), xlabel=f"mean error consistency κ, with {level:.0%} intervals")
    return figure


def _draw_pairs(found: CommonErrors, report: StudyReport) -> Figure | None:
    matrix = found.observers.matrix
    return consistency_matrix(matrix, report.noun) if len(matrix) > 1 else None


def _draw_means(found: CommonErrors, report: StudyReport) -> Figure | None:
    if found.means["estimate"].isna().all():
        return None
    published = report.task.published.get("error_consistency")
    noun = report.noun.split()[-1]
    return consistency_means(found.means, level=report.level, published=published, noun=noun)


SECTION = Section(
    name="consistency",
    compute=compute,
    results=lambda found: {"consistency": found},
    figures={"observer_consistency": _draw_pairs, "consistency_means": _draw_means},
    tables={
        "observer_consistency": lambda found, _: table_of_pairs(found.observers.matrix, "observer"),
        "consistency_means": lambda found, _: found.means,
    },
)
