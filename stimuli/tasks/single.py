"""Trials of the task ``single``: one image, with the same number of images of each group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stimuli.tasks.common import TrialStructure, no_target, refuse_questions

if TYPE_CHECKING:
    import numpy as np

    from stimuli.records import Trial
    from stimuli.refill_options import Option, Refill
    from stimuli.settings import StimulusSettings


def n_tuples(n_trials: int, n_groups: int) -> int:
    """Return the number of tuples with at least as many images as there are trials."""
    return -(-n_trials // n_groups)


def fill(
    tuples: Sequence[tuple[str, ...]], n_trials: int, _: StimulusSettings, rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Make trials of one image each, with the same number of images of every group, within one."""
    n_groups = len(tuples[0]) if tuples else 1
    whole, over = divmod(n_trials, n_groups)
    # Which groups have one image more is random.
    larger = set(rng.random(n_groups).argsort(kind="stable")[:over].tolist())
    return [(images[group],) for group in range(n_groups) for images in tuples[: whole + (group in larger)]]


def group_problems(trials: Sequence[tuple[Trial, list[str]]], groups: Sequence[str]) -> Iterator[str]:
    """Find blocks whose groups differ by more than one image."""
    kinds = Counter((trial.block, trial.catch, group) for trial, (group,) in trials if trial.repeats is None)
    for block, catch in sorted({(block, catch) for block, catch, _ in kinds}):
        sizes = {group: kinds[block, catch, group] for group in groups}
        if max(sizes.values()) - min(sizes.values()) > 1:
            yield f"{block}{', catch' if catch else ''}: {sizes} images, not the same number of each group"


def options(refill: Refill, n_candidates: int | None) -> list[Option]:
    """List for each slot the images of its group: those of the set that are now in it, and new ones."""
    from stimuli.refill_options import Option, least

    found = []
    for index, slot in enumerate(refill.slots):
        group = refill.had.loc[slot.images[0], "group"]
        for rows, n_kept, n in ((refill.own, 1, None), (refill.others, 0, n_candidates)):
            fitting = rows[rows["group"] == group]
            cost = refill.dissimilarity(fitting, slot.images[0])
            found += [Option((fitting.index[i],), n_kept, float(cost[i]), index) for i in least(cost, n)]
    return found


SINGLE = TrialStructure(
    n_images=1,
    check_settings=refuse_questions,
    n_tuples=n_tuples,
    fill=fill,
    kind=lambda groups: groups[0],
    target=no_target,
    group_problems=group_problems,
    partners=False,
    options=options,
    title=lambda groups: f"single images: {', '.join(groups)}",
)
