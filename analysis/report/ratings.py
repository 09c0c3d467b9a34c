"""What a report says of ratings: its numbers, figures and tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.data.study_data import Evidence
from analysis.report import figures_ratings
from analysis.report.content_items import LISTED_UP_TO, ceiling_content, item_content
from analysis.report.figures_people import Measure, observer_details
from analysis.report.findings import Findings, noun_of
from analysis.report.formatting import fixed, in_words
from analysis.report.groups import UNANSWERED
from analysis.report.plain_values import plain, record_of
from analysis.report.rating_scores import QuestionScores, RatingScores, score_ratings
from analysis.settings import AnalyseSettings
from analysis.statistics.agreement import Agreement
from analysis.statistics.ordinal_regression import OrdinalFit

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
        "sessions": {
            "n_without_answer": 0,
            "n_observers_without_answer": evidence.recorded["participant"].nunique() - scores.n_observers,
        },
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
    n = int(correlations.notna().sum())
    return {
        "name": question.name,
        "text": question.text,
        "answers": question.answers,
        "distribution": found.distribution.to_dict("records"),
        "means": found.means.to_dict("records"),
        "graded": found.graded.to_dict("records"),
        "missing": found.missing,
        "slope": record_of(found.slope, OrdinalFit),
        "slope_without_exclusions": None
        if found.slope_without_exclusions is None
        else record_of(found.slope_without_exclusions, OrdinalFit),
        "agreement": record_of(found.agreement, Agreement),
        "correlations": {
            "n": n,
            "reason": None if n else "; ".join(found.observers["reason"].dropna().unique()) or UNANSWERED,
            "sd_reason": "one observer has no spread" if n == 1 else None,
            "mean": correlations.mean(),
            "sd": correlations.std(),
            "low": correlations.min(),
            "high": correlations.max(),
            "n_above": int((found.observers["low"] > 0).sum()),
            "n_below": int((found.observers["high"] < 0).sum()),
        },
        **ceiling_content(found.items),
        "highest": _rows(evidence, by_mean.head(EXTREMES), scores),
        "lowest": _rows(evidence, lowest, scores),
    }


def _rows(evidence: Evidence, trials: pd.DataFrame, scores: RatingScores) -> list[dict[str, Any]]:
    return [
        {
            "trial_id": row["trial_id"],
            "group": row["group"],
            "n_ratings": row["n_ratings"],
            "means": {
                f"{each.question.name}{part}": row[f"{each.question.name}_mean{part}"]
                for each in scores.questions
                for part in ("", "_reason")
            },
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
        fit, agreement = record_of(each.slope, OrdinalFit), record_of(each.agreement, Agreement)
        rows.append(
            {
                "question": each.question.name,
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
    missing = stacked(
        [
            pd.DataFrame({"group": list(each.missing), "n_missing": list(each.missing.values())})
            for each in scores.questions
        ]
    )
    return {
        "questions": pd.DataFrame(rows),
        "missing": missing,
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
        name = f"{each.question.name}_correlation"
        told[f"{each.question.name}, with correct models"] = [
            row[f"{name}_reason"] if np.isnan(row[name]) else fixed(row[name])
            for row in scores.observers.to_dict("records")
        ]
    return pd.DataFrame(told)


def _said(scores: RatingScores, noun: str) -> str:
    sentences = [f"{scores.n_observers} {noun} rated {scores.n_items} images."]
    for each in scores.questions:
        slope, alpha = (
            in_words(plain(record_of(*found)), form="fixed")
            for found in ((each.slope, OrdinalFit), (each.agreement, Agreement))
        )
        sentences.append(
            f"{each.question.name}: slope with the share of wrong models {slope}; agreement α {alpha}."
        )
    return " ".join(sentences)
