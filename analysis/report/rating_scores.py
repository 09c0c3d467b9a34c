"""From ratings to numbers: everything that a report says of the observers of a rating task."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.data.study_data import Evidence
from analysis.report.item_scores import ItemScores, score_items
from analysis.report.singles import easiest_first
from analysis.statistics.agreement import Agreement, rating_agreement
from analysis.statistics.mean_ratings import mean_by, observer_correlations
from analysis.statistics.ratings import OrdinalFit, ordinal_regression, rating_distribution
from stimuli.records import Question
from tricky.core.errors import InputError


@dataclass(frozen=True)
class Slope:
    """How ratings move from images that all models get right to images that none gets right.

    Attributes
    ----------
    fit : OrdinalFit or None
        Its predictor is the share of models that are wrong.
    why_none : str
        Why there is none.
    """

    fit: OrdinalFit | None
    why_none: str = ""


@dataclass(frozen=True)
class QuestionScores:
    """What is known of the answers to one question; a rating is the place of the answer, from 1.

    Attributes
    ----------
    question : Question
    distribution : DataFrame
        As `rating_distribution` returns it, with every answer; groups from easy to hard for networks.
    means : DataFrame
        By group, likewise, as `mean_by` returns it.
    graded : DataFrame
        By `group` and the share of models that are right, `image_share`, likewise.
    slope : Slope
    slope_without_exclusions : Slope or None
        The same over all ratings; None where the rules took nothing away.
    agreement : Agreement
    observers : DataFrame, index observer
        As `observer_correlations` returns it, with the share of models that are right.
    items : ItemScores
        How far observers agree on the images' mean ratings, and what explains these.
    """

    question: Question
    distribution: pd.DataFrame
    means: pd.DataFrame
    graded: pd.DataFrame
    slope: Slope
    slope_without_exclusions: Slope | None
    agreement: Agreement
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
            columns={"low": "correlation_low", "high": "correlation_high"}
        )
        observers = observers.join(found.add_prefix(f"{name}_"))
        trials[f"{name}_mean"] = by_trial[name].mean()
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
    scale = [float(step) for step in range(1, len(question.answers) + 1)]
    means = mean_by(place, rating, observer, item, level, bounds=(scale[0], scale[-1]))
    matrix = rows.pivot_table(index="observer", columns="trial_id", values=question.name)
    return QuestionScores(
        question,
        distribution=_named(
            rating_distribution(rating, place, observer, item, level, scale=scale), question, groups
        ),
        means=means.assign(group=[groups[place] for place in means["group"].astype(int)]),
        graded=_graded(rows, question, groups, level),
        slope=_slope(rows, question, level),
        slope_without_exclusions=None if everything is None else _slope(everything, question, level),
        agreement=rating_agreement(rating, observer, item, level),
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


def _named(found: pd.DataFrame, question: Question, groups: list[str]) -> pd.DataFrame:
    """Return the shares with the words of the answers and the names of the groups."""
    table = found.astype({"group": int, "rating": int})
    answers = [question.answers[rating - 1] for rating in table["rating"]]
    table.insert(2, "answer", answers)
    return table.assign(group=[groups[place] for place in table["group"]])


def _graded(rows: pd.DataFrame, question: Question, groups: list[str], level: float) -> pd.DataFrame:
    parts = []
    for group in groups:
        part = rows[rows["group"] == group]
        share = part["image_share"].astype(float).round(6)
        bounds = 1.0, float(len(question.answers))
        found = mean_by(share, part[question.name], part["observer"], part["trial_id"], level, bounds=bounds)
        parts.append(found.rename(columns={"group": "image_share"}).assign(group=group))
    return pd.concat(parts, ignore_index=True)


def _slope(rows: pd.DataFrame, question: Question, level: float) -> Slope:
    wrong = 1 - rows["image_share"].astype(float)
    try:
        fit = ordinal_regression(rows[question.name], wrong, rows["observer"], rows["trial_id"], level)
    except InputError as error:
        return Slope(None, str(error))
    return Slope(fit)
