"""Groups of images, from easy to hard for networks, and which answers were given to each of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.data.study_data import StudyData
from analysis.statistics.rating_composition import rating_composition
from analysis.statistics.ratings import rating_distribution
from experiment.tasks import groups_of
from model_eval.columns import Difficulty
from stimuli.records import StimulusSet

UNANSWERED = "no answer"
"""Reason why there is no mean answer, or no share."""
TYPICAL_SHARE = {Difficulty.TRIVIAL: 1.0, Difficulty.IN_BETWEEN: 0.5, Difficulty.IMPOSSIBLE: 0.0}
"""Share of correct models for a group of which the set has no image."""


def easiest_first(stimulus_set: StimulusSet) -> list[str]:
    """Return the groups of a set, sorted by their mean share of correct models, the easiest first."""
    settings, items = stimulus_set.settings, stimulus_set.items.values()
    shares = pd.Series({item.item_id: item.n_correct / item.n_models for item in items})
    found = shares.groupby(pd.Series(groups_of(stimulus_set))).mean().to_dict()
    n_models = max(item.n_models for item in items)
    for group in settings.groups:
        typical = sum(settings.ranges.get(group, (0, 0))) / 2 / n_models
        found.setdefault(group, dict(TYPICAL_SHARE).get(group, typical))  # type: ignore[call-overload]
    return sorted(settings.groups, key=lambda group: -found[group])


def answer_shares(
    groups: Sequence[str],
    answers: Sequence[str],
    group: pd.Series,
    answer: pd.Series,
    observer: pd.Series,
    item: pd.Series,
    level: float,
) -> pd.DataFrame:
    """Return the share of each answer in each group, including answers and groups without a trial.

    Parameters
    ----------
    groups, answers : sequence of str
        Their names, in order.
    group, answer : Series of float
        Of each trial, as positions in these.
    observer, item : Series
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame, one row a group and answer
        `group`, `rating` (position of the answer, from 1), `answer`, and the rest of `rating_distribution`.
    """
    every = pd.MultiIndex.from_product([range(len(groups)), range(len(answers))], names=["group", "rating"])
    if answer.notna().any():
        found = rating_distribution(answer, group, observer, item, level, scale=range(len(answers)))
        found = found.astype({"group": int, "rating": int}).set_index(["group", "rating"]).reindex(every)
    else:
        found = pd.DataFrame(index=every, columns=["n_ratings", "n", "share", "low", "high", "reason"])
    empty = found["share"].isna()
    found = found.astype({"share": float, "low": float, "high": float, "reason": object})
    found.loc[empty, "reason"] = f"{UNANSWERED} to an image of this group"
    found[["n_ratings", "n"]] = found[["n_ratings", "n"]].astype(float).fillna(0).astype(int)
    return _with_names(found, groups, answers)


def group_shares(
    groups: Sequence[str],
    answers: Sequence[str],
    group: pd.Series,
    answer: pd.Series,
    observer: pd.Series,
    item: pd.Series,
    level: float,
) -> pd.DataFrame:
    """Return the share of each group in each answer, including answers and groups without a trial.

    Parameters
    ----------
    groups, answers, group, answer, observer, item, level
        As for `answer_shares`.

    Returns
    -------
    DataFrame, one row an answer and group
        `rating` (position of the answer, from 1), `answer`, `group`, `n_ratings` (of this answer), `n` (of
        these, to this group), `base_rate` (share of this group in all answers), `share`, `low`, `high`,
        `reason`; and `equalised`, `equalised_low`, `equalised_high`, `equalised_reason`: the share if there
        were equally many answers to each group, as `rating_composition` returns it.
    """
    every = pd.MultiIndex.from_product([range(len(answers)), range(len(groups))], names=["rating", "group"])

    def composition(*, equalised: bool) -> pd.DataFrame:
        found = rating_composition(
            answer, group, observer, item, level, scale=range(len(answers)), equalised=equalised
        )
        return found.astype({"group": int, "rating": int}).set_index(["rating", "group"]).reindex(every)

    if answer.notna().any():
        found, equal = composition(equalised=False), composition(equalised=True)
    else:
        names = ["n_ratings", "n", "base_rate", "share", "low", "high", "reason"]
        found = equal = pd.DataFrame(index=every, columns=names)
    found = found.assign(equalised=equal["share"], equalised_low=equal["low"], equalised_high=equal["high"])
    found["equalised_reason"] = equal["reason"]
    # Of a group without an answer, every other column is missing; of an answer that nobody gave, only these.
    empty = found["n"].isna()
    for reason in ("reason", "equalised_reason"):
        found[reason] = found[reason].astype(object).mask(empty, f"{UNANSWERED} to an image of this group")
    found[["n_ratings", "n"]] = found[["n_ratings", "n"]].astype(float).fillna(0).astype(int)
    found["n_ratings"] = found.groupby("rating")["n"].transform("sum")
    found["base_rate"] = found["base_rate"].astype(float).fillna(0.0)
    return _with_names(found, groups, answers)


def _with_names(found: pd.DataFrame, groups: Sequence[str], answers: Sequence[str]) -> pd.DataFrame:
    """Return a table by positions of groups and answers with their names; `rating` counts from 1."""
    table = found.reset_index()
    table.insert(list(table).index("rating") + 1, "answer", [answers[place] for place in table["rating"]])
    table["group"] = [groups[place] for place in table["group"]]
    table["rating"] += 1
    return table


def missing_by_group(data: StudyData, groups: Sequence[str], question: str = "response") -> dict[str, int]:
    """Return the number of trials in each group without an answer to a question, before any exclusion."""
    shown = data.scored
    missing = shown[question].isna().groupby(shown["group"].astype(object)).sum()
    return {group: int(missing.get(group, 0)) for group in groups}
