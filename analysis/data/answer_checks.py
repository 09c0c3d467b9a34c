"""Checks that recorded answers belong to the task of the stimulus set, and that some of them count."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.data.exclusions import Exclusion
from experiment.tasks import kind_of
from stimuli.records import StimulusSet
from tricky.core.errors import InputError
from tricky.core.tasks import declaration


def why_nothing_counts(exclusion: Exclusion, stimulus_set: StimulusSet, labels: Path | None) -> str | None:
    """Return why no answer can be scored, or None where one can."""
    if exclusion.kept.empty:
        if exclusion.n_trials:
            return "the rules of [analyse.exclude] leave no answer; loosen them"
        return "no trial of a main block has an answer yet; continue the sessions"
    if not has_right_answers(stimulus_set) or exclusion.kept["correct"].notna().any():
        return None
    where = "under the labels of the set" if labels is None else f"under the labels in {labels}"
    why = declaration(stimulus_set.task, "analysis").words(stimulus_set).none_right
    return f"{where} {why}, so that no answer is right or wrong"


def has_right_answers(stimulus_set: StimulusSet) -> bool:
    """Return whether answers of the set's task can be right or wrong."""
    return kind_of(stimulus_set.task).correct_column is not None


def chance_of(stimulus_set: StimulusSet) -> float:
    """Return the proportion correct by guessing, where one of the possible answers is right.

    Raises
    ------
    ValueError
        Answers are neither right nor wrong.
    """
    kind = kind_of(stimulus_set.task)
    if kind.correct_column is None:
        raise ValueError(f"answers to {stimulus_set.task} are neither right nor wrong")
    answers, *_ = kind.answers(stimulus_set).values()
    return 1 / len(answers)


def check_answers(recorded: pd.DataFrame, stimulus_set: StimulusSet, data: Path) -> None:
    """Refuse sessions of another task with the same items, which have other answers."""
    asked = kind_of(stimulus_set.task).answers(stimulus_set)
    for name, answers in asked.items():
        given = recorded.get(name, pd.Series(None, recorded.index)).astype(object)
        stranger = given.notna() & ~given.isin(answers)
        if name == next(iter(asked)):
            stranger |= given.isna() & recorded["response_time"].notna()
        if stranger.any():
            row = recorded[stranger].iloc[0]
            raise InputError(
                f"{data}: sub-{row['participant']} did not answer `{name}` with {', '.join(answers)}, as the "
                f'{stimulus_set.task} set "{stimulus_set.name}" asks; keep sessions of another task in a '
                "study of their own"
            )
