"""How observers rated the images of each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.report.formatting import in_words
from analysis.report.groups import (
    UNANSWERED,
    answer_shares,
    easiest_first,
    group_shares,
    missing_by_group,
)
from analysis.report.item_agreement import ItemAgreement, explain_items
from analysis.report.json_values import Inline, LeftOut, as_json
from analysis.report.measures import MeasureSummary, summarise_measure
from analysis.report.rated_images import images_of, ratings_of, rows_of
from analysis.report.rating_figures import mean_ratings, rating_compositions, rating_distributions
from analysis.report.section import Section
from analysis.report.task import StudyReport
from analysis.statistics.agreement import Agreement, rating_agreement
from analysis.statistics.estimate import NoResult, or_reason
from analysis.statistics.ordinal_regression import OrdinalFit, ordinal_regression
from analysis.statistics.ratings import mean_by, observer_correlations
from stimuli.settings import QuestionSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXTREMES = 6
"""Images with the highest and with the lowest mean ratings that are shown for each question."""


@dataclass(frozen=True)
class Ratings:
    """Number of ratings, and the groups of images.

    Attributes
    ----------
    n_observers, n_items, n_ratings : int
    groups : list of str
        From easy to hard for networks.
    """

    n_observers: int
    n_items: int
    n_ratings: int
    groups: list[str]


@dataclass(frozen=True, kw_only=True)
class QuestionResults:
    """The answers to one question; a rating is the position of the answer, from 1.

    Attributes
    ----------
    name, text, answers
        Of the question.
    distribution : DataFrame
        Share of each answer in each group, from easy to hard for networks, as
        `analysis.report.groups.answer_shares` returns it.
    composition : DataFrame
        Share of each group in each answer, as `analysis.report.groups.group_shares` returns it.
    means, graded : DataFrame
        Means by group, and by `group` and the share of correct models, `image_share`; as `mean_by` returns
        them.
    missing : dict of str to int
        Trials of the main block without an answer to this question, by group, before any exclusion.
    slope : OrdinalFit or NoResult
        From images that all models get right to images that none gets right; the predictor is the share of
        wrong models.
    slope_without_exclusions : OrdinalFit or NoResult or None
        The same over all ratings; None where nothing was excluded.
    agreement : Agreement or NoResult
    correlations : MeasureSummary
        Rank correlations of single observers' ratings with the share of correct models.
    items : ItemAgreement
        How far observers agree on the mean ratings of images, and what explains these.
    highest, lowest : list of dict
        Images with the most extreme means, as `analysis.report.rated_images.rows_of` returns them.
    observers : DataFrame, index observer
        As `observer_correlations` returns it.
    """

    name: str
    text: str
    answers: tuple[str, ...]
    distribution: pd.DataFrame
    composition: pd.DataFrame
    means: pd.DataFrame
    graded: pd.DataFrame
    missing: dict[str, int]
    slope: OrdinalFit | NoResult
    slope_without_exclusions: OrdinalFit | NoResult | None
    agreement: Agreement | NoResult
    correlations: MeasureSummary
    items: Inline[ItemAgreement]
    highest: list[dict[str, Any]]
    lowest: list[dict[str, Any]]
    observers: LeftOut[pd.DataFrame]


@dataclass(frozen=True)
class RatingResults:
    """Ratings of all images.

    Attributes
    ----------
    ratings : Ratings
    questions : list of QuestionResults
    """

    ratings: Ratings
    questions: list[QuestionResults]


def compute(report: StudyReport) -> RatingResults:
    """Score the ratings of the main block; of two ratings of an image by an observer, the first counts."""
    data = report.data
    questions = data.stimulus_set.settings.questions
    rows = ratings_of(data.kept, questions)
    everything = ratings_of(data.scored, questions) if data.exclusion.n_trials else None
    groups = easiest_first(data.stimulus_set)
    n_observers, n_items = rows["observer"].nunique(), rows["trial_id"].nunique()
    return RatingResults(
        Ratings(n_observers, n_items, len(rows), groups),
        [describe_question(report, each, groups, rows, everything) for each in questions],
    )


def describe_question(
    report: StudyReport,
    question: QuestionSettings,
    groups: list[str],
    ratings: pd.DataFrame,
    everything: pd.DataFrame | None,
) -> QuestionResults:
    """Return the results of one question.

    Parameters
    ----------
    report : StudyReport
    question : QuestionSettings
    groups : list of str
        From easy to hard for networks.
    ratings : DataFrame
        As `ratings_of` returns it.
    everything : DataFrame or None
        The same without exclusions; None where nothing was excluded.
    """
    level, name = report.level, question.name
    rows = ratings.dropna(subset=name)
    rating, observer, item = rows[name], rows["observer"], rows["trial_id"]
    place = rows["group"].map({group: place for place, group in enumerate(groups)})
    matrix = rows.pivot_table(index="observer", columns="trial_id", values=name)
    bounds = (1.0, float(len(question.answers)))
    observers = observer_correlations(rating, rows["image_share"].astype(float), observer, level)
    by_mean = _by_mean(report, ratings, name)
    trials = groups, question.answers, place, rating - 1, observer, item, level
    return QuestionResults(
        name=name,
        text=question.text,
        answers=question.answers,
        distribution=answer_shares(*trials),
        composition=group_shares(*trials),
        means=_every_group(groups, mean_by(place, rating, observer, item, level, bounds=bounds)),
        graded=_graded(rows, question, groups, level),
        missing=missing_by_group(report.data, groups, name),
        slope=_slope(rows, question, level),
        slope_without_exclusions=None if everything is None else _slope(everything, question, level),
        agreement=or_reason(lambda: rating_agreement(rating, observer, item, level)),
        correlations=summarise_measure(
            observers["correlation"],
            observers["low"],
            observers["high"],
            nothing=0.0,
            reason="; ".join(observers["reason"].dropna().unique()) or UNANSWERED,
        ),
        items=explain_items(report.data, matrix, report.task, report.generator("items", name), level),
        highest=rows_of(report, by_mean.head(EXTREMES)),
        lowest=rows_of(report, by_mean.iloc[EXTREMES:].tail(EXTREMES)[::-1]),
        observers=observers,
    )


def _by_mean(report: StudyReport, ratings: pd.DataFrame, name: str) -> pd.DataFrame:
    images = images_of(report, ratings).dropna(subset=f"{name}_mean")
    return images.sort_values([f"{name}_mean", "trial_id"], ascending=[False, True])


def _every_group(groups: Sequence[str], means: pd.DataFrame) -> pd.DataFrame:
    """Return the means of all groups, including those without a rating."""
    found = means.astype({"group": int}).set_index("group").reindex(range(len(groups)))
    empty = found["mean"].isna()
    found["reason"] = found["reason"].astype(object).where(~empty, f"{UNANSWERED} to an image of this group")
    found[["n_items", "n_ratings"]] = found[["n_items", "n_ratings"]].fillna(0).astype(int)
    found.insert(0, "group", pd.Series(groups))
    return found.reset_index(drop=True)


def _graded(rows: pd.DataFrame, question: QuestionSettings, groups: list[str], level: float) -> pd.DataFrame:
    parts = []
    for group in groups:
        part = rows[rows["group"] == group]
        share = part["image_share"].astype(float).round(6)
        bounds = 1.0, float(len(question.answers))
        found = mean_by(share, part[question.name], part["observer"], part["trial_id"], level, bounds=bounds)
        parts.append(found.rename(columns={"group": "image_share"}).assign(group=group))
    return pd.concat(parts, ignore_index=True)


def _slope(rows: pd.DataFrame, question: QuestionSettings, level: float) -> OrdinalFit | NoResult:
    wrong = 1 - rows["image_share"].astype(float)
    return or_reason(
        lambda: ordinal_regression(rows[question.name], wrong, rows["observer"], rows["trial_id"], level)
    )


def _composition_figure(found: RatingResults, report: StudyReport) -> Figure | None:
    """Draw the share of each group in each answer; of one group it is always 1."""
    return rating_compositions(found.questions, report.level) if len(found.ratings.groups) > 1 else None


def _questions_table(found: RatingResults, _: StudyReport) -> pd.DataFrame:
    rows = []
    for each in found.questions:
        results = as_json(each)
        fit, agreement = results["slope"], results["agreement"]
        rows.append(
            {
                "question": each.name,
                "slope": fit["estimate"],
                "slope_low": fit["low"],
                "slope_high": fit["high"],
                "slope_reason": fit["reason"],
                "p_value": fit["p_value"],
                "p_value_reason": fit["reason"],
                "alpha": agreement["estimate"],
                "alpha_low": agreement["low"],
                "alpha_high": agreement["high"],
                "alpha_reason": agreement["reason"],
            }
        )
    return pd.DataFrame(rows)


def _missing_table(found: RatingResults, _: StudyReport) -> pd.DataFrame:
    missing: list[Mapping[str, int]] = [each.missing for each in found.questions]
    tables = [pd.DataFrame({"group": list(each), "n_missing": list(each.values())}) for each in missing]
    return _stacked(found, tables)


def _stacked(found: RatingResults, tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of all questions below each other, the question in the first column."""
    named = [each.assign(question=q.name) for q, each in zip(found.questions, tables, strict=True)]
    return pd.concat(named)[["question", *tables[0].columns]]


def _sentence(found: RatingResults, report: StudyReport) -> str:
    sentences = [f"{found.ratings.n_observers} {report.noun} rated {found.ratings.n_items} images."]
    for each in found.questions:
        results = as_json(each)
        slope, alpha = (in_words(results[name], form="fixed") for name in ("slope", "agreement"))
        sentences.append(f"{each.name}: slope with the share of wrong models {slope}; agreement α {alpha}.")
    return " ".join(sentences)


SECTION = Section(
    name="ratings",
    compute=compute,
    results=lambda found: {"ratings": found.ratings, "questions": found.questions},
    figures={
        "ratings": lambda found, report: rating_distributions(found.questions, report.level),
        "composition": _composition_figure,
        "graded": lambda found, report: mean_ratings(found.questions, report.level),
    },
    tables={
        "questions": _questions_table,
        "missing": _missing_table,
        "ratings": lambda found, _: _stacked(found, [each.distribution for each in found.questions]),
        "composition": lambda found, _: _stacked(found, [each.composition for each in found.questions]),
        "graded": lambda found, _: _stacked(found, [each.graded for each in found.questions]),
    },
    sentence=_sentence,
)
