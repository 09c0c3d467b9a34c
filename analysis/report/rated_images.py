"""Images that were rated, and their mean ratings."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.report.groups import UNANSWERED
from analysis.report.shown_trials import item_of
from analysis.report.task import StudyReport
from analysis.report.timeline import with_time_reasons
from stimuli.settings import QuestionSettings

_OF_TIMES = ("median_response_time_s", "median_response_time_s_reason")


def ratings_of(sessions: pd.DataFrame, questions: tuple[QuestionSettings, ...]) -> pd.DataFrame:
    """Return the first rating of each image by each observer; an answer is its position, from 1."""
    rows = sessions.assign(
        observer=sessions["participant"].astype(str), trial_id=sessions["trial_id"].astype(str)
    )
    for question in questions:
        places = {answer: float(place) for place, answer in enumerate(question.answers, start=1)}
        rows[question.name] = rows[question.name].map(places).astype(float)
    answered = rows[rows[questions[0].name].notna()]
    return answered.drop_duplicates(["observer", "trial_id"]).reset_index(drop=True)


def images_of(report: StudyReport, ratings: pd.DataFrame) -> pd.DataFrame:
    """Return the mean ratings of each image.

    Returns
    -------
    DataFrame, one row an image
        `trial_id`, `n_ratings`, `median_response_time_s`, for each question its `…_mean` and `…_mean_reason`,
        and what `trials_of` says about the image; sorted by the mean of the first question, the highest
        first.
    """
    by_trial = ratings.groupby("trial_id")
    trials = pd.DataFrame(
        {"n_ratings": by_trial.size(), "median_response_time_s": by_trial["response_time"].median()}
    )
    trials = with_time_reasons(trials)
    questions = report.data.stimulus_set.settings.questions
    for each in questions:
        trials[f"{each.name}_mean"] = by_trial[each.name].mean()
        trials[f"{each.name}_mean_reason"] = if_missing(trials[f"{each.name}_mean"])
    every = report.data.trials
    of_image = [str(name) for name in every.columns if str(name).startswith("image_")]
    trials = trials.join(every[[*of_image, "group"]]).rename_axis("trial_id").reset_index()
    return trials.sort_values(
        [f"{questions[0].name}_mean", "trial_id"], ascending=[False, True], ignore_index=True
    )


def rows_of(report: StudyReport, images: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what the page shows of images and their mean ratings.

    Parameters
    ----------
    report : StudyReport
    images : DataFrame
        As `images_of` returns it.
    """
    questions = [each.name for each in report.data.stimulus_set.settings.questions]
    return [
        {
            "trial_id": row["trial_id"],
            "group": row["group"],
            "n_ratings": row["n_ratings"],
            "means": {
                f"{name}{part}": row[f"{name}_mean{part}"] for name in questions for part in ("", "_reason")
            },
            **{name: row[name] for name in _OF_TIMES if name in row},
            "image": item_of(report, row, "image"),
        }
        for row in images.to_dict("records")
    ]


def if_missing(means: pd.Series) -> pd.Series:
    """Return the reason why a mean is missing; None where it is not."""
    return pd.Series(None, means.index, dtype=object).mask(means.isna(), UNANSWERED)
