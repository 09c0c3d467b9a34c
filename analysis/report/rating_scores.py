"""From ratings to numbers: everything that a report says of the observers of a rating task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.data.study_data import Evidence
from analysis.report.groups import UNANSWERED, answer_shares, easiest_first, missing_by_group
from analysis.report.item_scores import ItemScores, score_items
from analysis.statistics.agreement import Agreement, rating_agreement
from analysis.statistics.estimate import NoResult, or_reason
from analysis.statistics.ordinal_regression import OrdinalFit, ordinal_regression
from analysis.statistics.ratings import mean_by, observer_correlations
from stimuli.records import Question


@dataclass(frozen=True)
class QuestionScores:
    """What is known of the answers to one question; a rating is the place of the answer, from 1.

    Attributes
    ----------
    question : Question
    missing : dict of str to int
        How many trials of the main block have no answer to this question, by group; before any rule.
    distribution : DataFrame
        As `rating_distribution` returns it, with every answer (`answer`) and group, from easy to hard for
        networks.
    means : DataFrame
        By group, likewise, as `mean_by` returns it.
    graded : DataFrame
        By `group` and the share of models that are right, `image_share`, likewise.
    slope : OrdinalFit or NoResult
        From images that all models get right to images that none gets right; the predictor is the share of
        models that are wrong.
    slope_without_exclusions : OrdinalFit or NoResult or None
        The same over all ratings; None where the rules took nothing away.
    agreement : Agreement or NoResult
    observers : DataFrame, index observer
        As `observer_correlations` returns it, with the share of models that are right.
    items : ItemScores
        How far observers agree on the images' mean ratings, and what explains these.
    """

    question: Question
    missing: dict[str, int]
    distribution: pd.DataFrame
    means: pd.DataFrame
    graded: pd.DataFrame
    slope: OrdinalFit | NoResult
    slope_without_exclusions: OrdinalFit | NoResult | None
    agreement: Agreement | NoResult
    observers: pd.DataFrame
    items: ItemScores


@dataclass(frozen=True)
class RatingScores:
    """What a report of ratings says.

    Attributes
    ----------
    groups : list of str
        Of images, from easy to hard for networks.
    questions : list of QuestionScores
    observers : DataFrame, index observer
        `n_ratings` (images rated), `median_response_time_s` (of the first question); then for each question
        its `…_mean`, `…_correlation` and the interval of that.
    trials : DataFrame, one row an image
        `trial_id`, `n_ratings`, `median_response_time_s`, for each question its `…_mean`, and what
        `trials_of` says of the image; the highest mean of the first question first.
    n_observers, n_items, n_ratings : int
    """

    groups: list[str]
    questions: list[QuestionScores]
    observers: pd.DataFrame
    trials: pd.DataFrame
    n_observers: int
    n_items: int
    n_ratings: int


def score_ratings(evidence: Evidence, level: float) -> RatingScores:
    """Score the ratings of the main block; an image that an observer rated twice counts as rated first."""
    groups = easiest_first(evidence.stimulus_set)
    asked = evidence.stimulus_set.questions
    sessions = ratings_of(evidence.sessions, asked)
    everything = ratings_of(evidence.recorded[evidence.recorded["scored"]], asked)
    questions = [
        _question(
            evidence, each, groups, sessions, everything if evidence.exclusion.n_trials else None, level
        )
        for each in asked
    ]
    by_observer = sessions.groupby("observer")
    observers = pd.DataFrame(
        {
            "n_ratings": by_observer.size(),
            "median_response_time_s": by_observer["response_time"].median(),
        }
    )
    by_trial = sessions.groupby("trial_id")
    trials = pd.DataFrame(
        {"n_ratings": by_trial.size(), "median_response_time_s": by_trial["response_time"].median()}
    )
    for each in questions:
        name = each.question.name
        found = each.observers.drop(columns="n_ratings").rename(
            columns={part: f"correlation_{part}" for part in ("low", "high", "reason")}
        )
        found = found.reindex(observers.index)
        found["mean_reason"] = _if_missing(found["mean"])
        found["correlation_reason"] = found["correlation_reason"].fillna(found["mean_reason"])
        observers = observers.join(found.add_prefix(f"{name}_"))
        trials[f"{name}_mean"] = by_trial[name].mean()
        trials[f"{name}_mean_reason"] = _if_missing(trials[f"{name}_mean"])
    of_image = [str(name) for name in evidence.trials.columns if str(name).startswith("image_")]
    trials = trials.join(evidence.trials[[*of_image, "group"]]).rename_axis("trial_id").reset_index()
    trials = trials.sort_values(
        [f"{asked[0].name}_mean", "trial_id"], ascending=[False, True], ignore_index=True
    )
    return RatingScores(groups, questions, observers, trials, len(observers), len(trials), len(sessions))


def ratings_of(sessions: pd.DataFrame, questions: tuple[Question, ...]) -> pd.DataFrame:
    """Return the first rating of each image by each observer, answers as their places, from 1."""
    rows = sessions.assign(
        observer=sessions["participant"].astype(str), trial_id=sessions["trial_id"].astype(str)
    )
    for question in questions:
        places = {answer: float(place) for place, answer in enumerate(question.answers, start=1)}
        rows[question.name] = rows[question.name].map(places).astype(float)
    answered = rows[rows[questions[0].name].notna()]
    return answered.drop_duplicates(["observer", "trial_id"]).reset_index(drop=True)


def _question(
    evidence: Evidence,
    question: Question,
    groups: list[str],
    sessions: pd.DataFrame,
    everything: pd.DataFrame | None,
    level: float,
) -> QuestionScores:
    rows = sessions.dropna(subset=question.name)
    rating, observer, item = rows[question.name], rows["observer"], rows["trial_id"]
    place = rows["group"].map({group: place for place, group in enumerate(groups)})
    share = rows["image_share"].astype(float)
    matrix = rows.pivot_table(index="observer", columns="trial_id", values=question.name)
    bounds = (1.0, float(len(question.answers)))
    return QuestionScores(
        question,
        missing=missing_by_group(evidence, groups, question.name),
        distribution=answer_shares(groups, question.answers, place, rating - 1, observer, item, level),
        means=_every_group(groups, mean_by(place, rating, observer, item, level, bounds=bounds)),
        graded=_graded(rows, question, groups, level),
        slope=_slope(rows, question, level),
        slope_without_exclusions=None if everything is None else _slope(everything, question, level),
        agreement=or_reason(lambda: rating_agreement(rating, observer, item, level)),
        observers=observer_correlations(rating, share, observer, level),
        items=score_items(
            evidence,
            matrix,
            ("image",),
            ("image_share", "group"),
            evidence.generator("items", question.name),
            level,
        ),
    )


def _every_group(groups: Sequence[str], means: pd.DataFrame) -> pd.DataFrame:
    """Return the means of all groups, also of those that nobody rated an image of."""
    found = means.astype({"group": int}).set_index("group").reindex(range(len(groups)))
    empty = found["mean"].isna()
    found["reason"] = found["reason"].astype(object).where(~empty, f"{UNANSWERED} to an image of this group")
    found[["n_items", "n_ratings"]] = found[["n_items", "n_ratings"]].fillna(0).astype(int)
    found.insert(0, "group", pd.Series(groups))
    return found.reset_index(drop=True)


def _if_missing(means: pd.Series) -> pd.Series:
    """Return the reason for each mean that is missing."""
    return pd.Series(None, means.index, dtype=object).mask(means.isna(), UNANSWERED)


def _graded(rows: pd.DataFrame, question: Question, groups: list[str], level: float) -> pd.DataFrame:
    parts = []
    for group in groups:
        part = rows[rows["group"] == group]
        share = part["image_share"].astype(float).round(6)
        bounds = 1.0, float(len(question.answers))
        found = mean_by(share, part[question.name], part["observer"], part["trial_id"], level, bounds=bounds)
        parts.append(found.rename(columns={"group": "image_share"}).assign(group=group))
    return pd.concat(parts, ignore_index=True)


def _slope(rows: pd.DataFrame, question: Question, level: float) -> OrdinalFit | NoResult:
    wrong = 1 - rows["image_share"].astype(float)
    return or_reason(
        lambda: ordinal_regression(rows[question.name], wrong, rows["observer"], rows["trial_id"], level)
    )
