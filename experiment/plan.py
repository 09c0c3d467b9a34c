"""Which trials an observer sees, in which order, on which sides: the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

import numpy as np

from experiment.records import ScheduledTrial, Side
from model_eval.artefacts import sha256_of
from stimuli.records import Block, PairTrial, StimulusSet

LONGEST_RUN = 3
"""The harder item stands on the same side in at most so many consecutive trials."""


def schedule(
    stimulus_set: StimulusSet, participant: str, session: int | None = None
) -> tuple[ScheduledTrial, ...]:
    """Draw an observer's session from the set's id, the participant's id and the session's number.

    Practice comes first. Within each block the order is a random permutation, and the harder item stands
    on the left in half of the trials (within one where their number is odd). Over the whole session it
    stands on the same side at most `LONGEST_RUN` times running. Trials whose items are equally hard have
    no such side; theirs are drawn freely.

    Nothing is stored, so a session can be taken up on another machine: the same arguments give the same
    trials.

    Parameters
    ----------
    stimulus_set : StimulusSet
        Items and trials.
    participant : str
        Without ``sub-``.
    session : int, optional
        Number of the session, where a participant sits several.

    Returns
    -------
    tuple of ScheduledTrial
        In order of presentation.
    """
    key = f"{stimulus_set.set_id}/{participant}/{'' if session is None else session}"
    rng = np.random.Generator(np.random.PCG64(int(sha256_of(key), 16)))
    scheduled: list[ScheduledTrial] = []
    harder_so_far: list[Side] = []
    for block in (Block.PRACTICE, Block.MAIN):
        trials = _shuffled([trial for trial in stimulus_set.trials if trial.block is block], rng)
        harder_items = [stimulus_set.harder_item(trial) for trial in trials]
        sides = _balanced_sides(len(harder_items) - harder_items.count(None), harder_so_far, rng)
        harder_so_far += sides
        remaining = iter(sides)
        for trial, harder_item in zip(trials, harder_items, strict=True):
            side = None if harder_item is None else next(remaining)
            scheduled.append(_placed(len(scheduled), trial, harder_item, side, rng))
    return tuple(scheduled)


def _shuffled(trials: list[PairTrial], rng: np.random.Generator) -> list[PairTrial]:
    # By sorting uniform doubles, which come straight from PCG64's bits: numpy promises no stable stream
    # for `permutation`, and an upgrade in mid-study must not change a session that has begun.
    return [trials[i] for i in np.argsort(rng.random(len(trials)), kind="stable")]


def _balanced_sides(n: int, before: Sequence[Side], rng: np.random.Generator) -> list[Side]:
    """Draw `n` sides, half of them left, that together with those `before` hold no run above `LONGEST_RUN`.

    Each side is drawn in proportion to what remains of it, unless only one choice leaves the rest possible.
    """
    last = before[-1] if before else Side.LEFT
    run = sum(1 for _ in takewhile(lambda side: side is last, reversed(before)))
    # Where `n` is odd, chance gives the surplus to a side, unless only the other can still take it.
    larger = Side.LEFT if rng.random() < 0.5 else Side.RIGHT
    for surplus in (larger, _other(larger)):
        left = {surplus: (n + 1) // 2, _other(surplus): n // 2}
        if _possible(left[last], left[_other(last)], run):
            break
    sides: list[Side] = []
    for _ in range(n):
        draw = rng.random() * (left[Side.LEFT] + left[Side.RIGHT])
        side = Side.LEFT if draw < left[Side.LEFT] else Side.RIGHT
        if not _possible(left[side] - 1, left[_other(side)], run + 1 if side is last else 1):
            side = _other(side)
        run = run + 1 if side is last else 1
        last = side
        left[side] -= 1
        sides.append(side)
    return sides


def _possible(own: int, other: int, run: int) -> bool:
    """Tell whether the rest can be placed when a side's run is `run` long.

    Of the rest `own` trials belong to that side and `other` to the other one, and every trial on one side
    ends a run on the other, so the two conditions are sufficient as well as necessary.
    """
    return run <= LONGEST_RUN and own <= LONGEST_RUN * (other + 1) - run and other <= LONGEST_RUN * (own + 1)


def _other(side: Side) -> Side:
    return Side.RIGHT if side is Side.LEFT else Side.LEFT


def _placed(
    index: int, trial: PairTrial, harder_item: str | None, side: Side | None, rng: np.random.Generator
) -> ScheduledTrial:
    a_left = rng.random() < 0.5 if side is None else (trial.item_a == harder_item) == (side is Side.LEFT)
    left, right = (trial.item_a, trial.item_b) if a_left else (trial.item_b, trial.item_a)
    return ScheduledTrial(index, trial.block, trial.trial_id, left, right, side)


class PageName(StrEnum):
    """A screen of text; the names are those of its texts."""

    WELCOME = "welcome"
    WELCOME_BACK = "welcome_back"
    PRACTICE = "practice"
    MAIN = "main"
    BREAK = "break"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Page:
    """A screen of text that stays until the observer goes on.

    Attributes
    ----------
    name : PageName
        Which one.
    n_done, n_main : int
        Trials of the main block that are done, and all of them.
    """

    name: PageName
    n_done: int
    n_main: int


def steps(trials: Sequence[ScheduledTrial], first: int, break_every: int) -> Iterator[Page | ScheduledTrial]:
    """Yield what happens in a session, from trial `first` on, in order.

    Parameters
    ----------
    trials : sequence of ScheduledTrial
        The whole session.
    first : int
        Number of trials that are already done: more than 0 when a session is taken up again.
    break_every : int
        Number of main trials between breaks; 0 for none.
    """
    n_main = sum(trial.block is Block.MAIN for trial in trials)
    n_practice = len(trials) - n_main
    yield Page(PageName.WELCOME_BACK if first else PageName.WELCOME, max(0, first - n_practice), n_main)
    for trial in trials[first:]:
        n_done = trial.trial_index - n_practice
        if trial.trial_index == 0 and n_practice:
            yield Page(PageName.PRACTICE, 0, n_main)
        elif n_done == 0 and n_practice:
            yield Page(PageName.MAIN, 0, n_main)
        elif n_done > 0 and trial.trial_index > first and break_every and n_done % break_every == 0:
            yield Page(PageName.BREAK, n_done, n_main)
        yield trial
    yield Page(PageName.CLOSING, n_main, n_main)
