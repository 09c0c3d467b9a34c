"""Trials of the task ``2afc``: a pair of one image of each of two groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stimuli.tasks.common import TrialStructure, refuse_questions
from tricky.core.settings import SettingError

if TYPE_CHECKING:
    import numpy as np

    from stimuli.records import StimulusSet, Trial
    from stimuli.refill_options import Option, Refill
    from stimuli.settings import StimulusSettings


def _check_settings(settings: StimulusSettings) -> None:
    refuse_questions(settings)
    if len(settings.groups) != 2:
        raise SettingError("groups", settings.groups, "two groups, for a choice between two images")


def _fill(
    tuples: Sequence[tuple[str, ...]], _n_trials: int, settings: StimulusSettings, rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Show partners together, or only match the groups as wholes and draw who is shown with whom."""
    return repartner(tuples, rng) if settings.match.how == "groups" else list(tuples)


def repartner(tuples: Sequence[tuple[str, ...]], rng: np.random.Generator) -> list[tuple[str, ...]]:
    """Draw new partners at random: the groups as wholes stay as they are."""
    columns = list(zip(*tuples, strict=True))  # one column per group
    shuffled = [
        tuple(column[i] for i in rng.random(len(column)).argsort(kind="stable")) for column in columns
    ]
    return list(zip(*shuffled, strict=True))


def harder_item(stimulus_set: StimulusSet, trial: Trial) -> str | None:
    """Return the `item_id` that fewer models classify correctly, or None where both have as many.

    Shares, not counts, are compared: items labelled by pools of different size stay comparable.
    """
    a, b = (stimulus_set.items[item] for item in trial.item_ids)
    share_a, share_b = a.n_correct * b.n_models, b.n_correct * a.n_models
    if share_a == share_b:
        return None
    return a.item_id if share_a < share_b else b.item_id


def _group_problems(trials: Sequence[tuple[Trial, list[str]]], groups: Sequence[str]) -> Iterator[str]:
    """Find pairs that are not of one image of each group."""
    for trial, found in trials:
        if sorted(found) != sorted(groups):
            yield f"{trial.trial_id} shows {' and '.join(sorted(found))}"


def _options(refill: Refill, n_candidates: int | None) -> list[Option]:
    from stimuli.tasks.pair_replacements import options

    return options(refill, n_candidates)


PAIR = TrialStructure(
    n_images=2,
    check_settings=_check_settings,
    n_tuples=lambda n_trials, _n_groups: n_trials,
    fill=_fill,
    kind=lambda _groups: "pair",
    target=harder_item,
    group_problems=_group_problems,
    partners=True,
    options=_options,
    title=lambda groups: "pairs of one {} and one {} image".format(*groups),
)
