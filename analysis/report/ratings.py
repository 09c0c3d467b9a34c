"""What a report says of ratings: its numbers, figures and tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.study_data import Evidence
from analysis.report import figures_ratings
from analysis.report.content_items import LISTED_UP_TO, item_content
from analysis.report.figures_people import Measure, observer_details
from analysis.report.findings import Findings, noun_of
from analysis.report.rating_scores import QuestionScores, RatingScores, Slope, score_ratings
from analysis.settings import AnalyseSettings

EXTREMES = 6
"""Images with the highest mean ratings, and with the lowest, that are shown for each question."""


def rating_findings(evidence: Evidence, settings: AnalyseSettings) -> Findings:
    """Score the answers to a set of images that were rated, and say everything that follows."""
    scores = score_ratings(evidence, settings.level)
    content = _content(evidence, scores)
    shown = [row["image"] for each in content["questions"] for row in (*each["highest"], *each["lowest"])]
    listed = [row["image"] for row in content["trials"]["listed"]]
    large, small = ({item["item_id"]: item["file"] for item in items} for items in (shown, listed))
    level, noun = settings.level, noun_of(evidence)
    drawn = {
        "ratings": figures_ratings.rating_distributions(scores.questions, level),
        "graded": figures_ratings.mean_ratings(scores.questions, level),
    }
    measures = {
        f"{each.question.name}_correlation": Measure(f"{each.question.name}:\nrank correlation", 0.0)
        for each in scores.questions
        if each.observers["correlation"].notna().any()
    }
    if measures:
        drawn["observer_details"] = observer_details(scores.observers, level, noun, measures, order="name")
    return Findings(
        sections="ratings",
        unit="image",
        chance=None,
        content=content,
        figures=drawn,
        tables=_tables(scores),
        pictures=large,
        thumbnails=small,
        scores=scores,
        observers=_told(scores),
        said=_said(scores, noun),
    )


def _content(evidence: Evidence, scores: RatingScores) -> dict[str, Any]:
    questions = [_question(evidence, scores, each) for each in scores.questions]
    return {
        "sessions": {"n_without_answer": 0},
        "ratings": {
            "n_observers": scores.n_observers,
            "n_items": scores.n_items,
            "n_ratings": scores.n_ratings,
            "groups": scores.groups,
        },
        "questions": questions,
        "observers": {
            "n": scores.n_observers,
            "observers": scores.observers.reset_index().to_dict("records"),
        },
        "trials": {
            "n": scores.n_items,
            "listed": _rows(evidence, scores.trials.head(LISTED_UP_TO), scores),
        },
    }


def _question(evidence: Evidence, scores: RatingScores, found: QuestionScores) -> dict[str, Any]:
    question, correlations = found.question, found.observers["correlation"]
    by_mean = scores.trials.dropna(subset=f"{question.name}_mean").sort_values(
        [f"{question.name}_mean", "trial_id"], ascending=[False, True]
    )
    lowest = by_mean.iloc[EXTREMES:].tail(EXTREMES)[::-1]
    explained = found.items.explained
    return {
        "name": question.name,
        "text": question.text,
        "answers": question.answers,
        "distribution": found.distribution.to_dict("records"),
        "means": found.means.to_dict("records"),
        "graded": found.graded.to_dict("records"),
        "slope": _slope(found.slope),
        "slope_without_exclusions": None
        if found.slope_without_exclusions is None
        else _slope(found.slope_without_exclusions),
        "agreement": asdict(found.agreement),
        "correlations": {
            "n": int(correlations.notna().sum()),
            "mean": correlations.mean(),
            "sd": correlations.std(),
            "low": correlations.min(),
            "high": correlations.max(),
            "n_above": int((found.observers["low"] > 0).sum()),
            "n_below": int((found.observers["high"] < 0).sum()),
        },
        "ceiling": asdict(found.items.ceiling),
        "explained": None if explained is None else explained.to_dict("records"),
        "highest": _rows(evidence, by_mean.head(EXTREMES), scores),
        "lowest": _rows(evidence, lowest, scores),
    }


def _slope(slope: Slope) -> dict[str, Any]:
    if slope.fit is None:
        return {"estimate": None, "low": None, "high": None, "p_value": None, "reason": slope.why_none}
    return asdict(slope.fit)


def _rows(evidence: Evidence, trials: pd.DataFrame, scores: RatingScores) -> list[dict[str, Any]]:
    return [
        {
            "trial_id": row["trial_id"],
            "group": row["group"],
            "n_ratings": row["n_ratings"],
            "means": {each.question.name: row[f"{each.question.name}_mean"] for each in scores.questions},
            "median_response_time_s": row["median_response_time_s"],
            "image": item_content(evidence, row, "image"),
        }
        for row in trials.to_dict("records")
    ]


def _tables(scores: RatingScores) -> dict[str, pd.DataFrame]:
    """Return each table, by name; where a question matters it is named in the first column."""

    def stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
        names = [each.question.name for each in scores.questions]
        return pd.concat([t.assign(question=n) for n, t in zip(names, tables, strict=True)])[
            ["question", *tables[0].columns]
        ]

    rows = []
    for each in scores.questions:
        fit, agreement = _slope(each.slope), each.agreement
        rows.append(
            {
                "question": each.question.name,
                "slope": fit["estimate"],
                "slope_low": fit["low"],
                "slope_high": fit["high"],
                "p_value": fit["p_value"],
                "alpha": agreement.estimate,
                "alpha_low": agreement.low,
                "alpha_high": agreement.high,
            }
        )
    return {
        "questions": pd.DataFrame(rows),
        "ratings": stacked([each.distribution for each in scores.questions]),
        "graded": stacked([each.graded for each in scores.questions]),
        "observer_details": scores.observers.reset_index(),
        "trials": scores.trials,
    }


def _told(scores: RatingScores) -> pd.DataFrame:
    told = {
        "observer": [str(name) for name in scores.observers.index],
        "images rated": [f"{n}" for n in scores.observers["n_ratings"]],
    }
    for each in scores.questions:
        found = scores.observers[f"{each.question.name}_correlation"]
        told[f"{each.question.name}, with correct models"] = [
            "–" if np.isnan(value) else f"{value:.2f}" for value in found
        ]
    return pd.DataFrame(told)


def _said(scores: RatingScores, noun: str) -> str:
    sentences = [f"{scores.n_observers} {noun} rated {scores.n_items} images."]
    for each in scores.questions:
        fit, agreement = each.slope.fit, each.agreement
        slope = each.slope.why_none
        if fit is not None:
            slope = (
                f"slope with the share of wrong models {fit.estimate:.2f} ({fit.low:.2f} to {fit.high:.2f})"
            )
        alpha = f"agreement α {agreement.estimate:.2f} ({agreement.low:.2f} to {agreement.high:.2f})"
        sentences.append(f"{each.question.name}: {slope}, {alpha}.")
    return " ".join(sentences)
