"""Trials of the odd-one-out task: three images, two of one group and one of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stimuli.refill_options import Option, Refill, least
from stimuli.tasks.common import TrialStructure, refuse_questions
from tricky.core.settings import SettingError

if TYPE_CHECKING:
    import numpy as np

    from stimuli.records import StimulusSet, Trial
    from stimuli.settings import StimulusSettings


def _check_settings(settings: StimulusSettings) -> None:
    refuse_questions(settings)
    if len(settings.groups) != 2:
        raise SettingError("groups", settings.groups, "two groups, of which one is the odd one out")


def _fill(
    tuples: Sequence[tuple[str, ...]], n_trials: int, _settings: StimulusSettings, _rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Let the odd image be of either group in turn: three tuples make two trials."""
    first, second = (iter(column) for column in zip(*tuples, strict=True)) if tuples else (iter(()), iter(()))
    return [
        (next(first), next(first), next(second)) if number % 2 else (next(first), next(second), next(second))
        for number in range(n_trials)
    ]


def _odd_group(groups: Sequence[str]) -> str:
    return min(groups, key=list(groups).count)


def _target(stimulus_set: StimulusSet, trial: Trial) -> str:
    items = [stimulus_set.items[item] for item in trial.item_ids]
    groups = [str(stimulus_set.settings.group_of(item.difficulty, item.n_correct)) for item in items]
    return trial.item_ids[groups.index(_odd_group(groups))]


def _group_problems(trials: Sequence[tuple[Trial, list[str]]], groups: Sequence[str]) -> Iterator[str]:
    for trial, found in trials:
        if set(found) != set(groups) or sorted(Counter(found).values()) != [1, 2]:
            yield f"{trial.trial_id} shows {', '.join(sorted(found))}"


def _options(refill: Refill, n_candidates: int | None) -> list[Option]:
    """Keep what is valid of each slot; the k-th option has the k-th best replacement of each lost image."""
    options = []
    for index, slot in enumerate(refill.slots):
        choices = []
        for image in slot.images:
            group = refill.had.loc[image, "group"]
            if image in refill.own.index[refill.own["group"] == group]:
                choices.append(None)
                continue
            rows = refill.others[refill.others["group"] == group]
            cost = refill.dissimilarity(rows, image)
            choices.append([(rows.index[i], float(cost[i])) for i in least(cost, n_candidates)])
        for chosen in zip(*(each for each in choices if each is not None), strict=False):
            new = iter(chosen)
            images = tuple(
                image if choice is None else next(new)[0]
                for image, choice in zip(slot.images, choices, strict=True)
            )
            if len(set(images)) == len(images):
                cost = sum(each for _, each in chosen)
                options.append(Option(images, choices.count(None), cost, index))
    return options


ODD_ONE_OUT = TrialStructure(
    n_images=3,
    check_settings=_check_settings,
    n_tuples=lambda n_trials, _n_groups: -(-3 * n_trials // 2),
    fill=_fill,
    kind=_odd_group,
    target=_target,
    group_problems=_group_problems,
    partners=False,
    options=_options,
    title=lambda groups: f"triples of {' and '.join(groups)} images",
)
