"""In which order and on which sides an observer sees a set: drawn from ids alone, the same on every machine.

Nothing is stored, so a session can be taken up elsewhere: the same set, observer and session give the same
trials. Chance comes as uniform doubles straight from PCG64's bits: numpy promises no stable stream for its
other methods, and an upgrade in mid-study must not change a session that has begun.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Generic

import numpy as np

from stimuli.records import AnyTrial, Block, PairTrial, StimulusSet, Trial
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

LONGEST_RUN = 3
"""The harder item stands on the same side in at most so many consecutive trials."""


@dataclass(frozen=True)
class Presentation(Generic[AnyTrial]):
    """One trial as one observer sees it.

    Attributes
    ----------
    trial : Trial
    items : tuple of str
        `item_id` from left to right; of a trial of one image that one.
    harder_left : bool or None
        Whether the harder item stands on the left; None where none is harder.
    """

    trial: AnyTrial
    items: tuple[str, ...]
    harder_left: bool | None


def present(
    stimulus_set: StimulusSet[AnyTrial], participant: str, session: int | None = None
) -> tuple[Presentation[AnyTrial], ...]:
    """Draw what an observer sees in a session.

    Practice comes first. Within each block the order is a random permutation; where trials are repeated, it
    is changed as little as keeps every repeat behind its first showing, with at least `repeat_distance`
    trials between them. The harder item stands on the left in half of a block's trials (within one where
    their number is odd), and over the whole session on the same side at most `LONGEST_RUN` times running.
    Trials whose items are equally hard have no such side; theirs are drawn freely.

    Parameters
    ----------
    participant : str
        Without ``sub-``.
    session : int, optional
        Number of the session, where a participant sits several.

    Raises
    ------
    InputError
        The set has fewer sessions.
    """
    key = f"{stimulus_set.set_id}/{participant}/{'' if session is None else session}"
    rng = np.random.Generator(np.random.PCG64(int(sha256_of(key), 16)))
    shown_list = list_of(stimulus_set, participant, session)
    presented: list[Presentation[AnyTrial]] = []
    harder_so_far: list[bool] = []
    for block in (Block.PRACTICE, Block.MAIN):
        trials = [
            trial
            for trial in stimulus_set.trials
            if trial.block is block and (block is Block.PRACTICE or trial.session == shown_list)
        ]
        trials = [trials[i] for i in np.argsort(rng.random(len(trials)), kind="stable")]
        trials = _apart(trials, repeat_distance(stimulus_set))
        harder_items = [_harder_item(stimulus_set, trial) for trial in trials]
        sides = _balanced_sides(len(trials) - harder_items.count(None), harder_so_far, rng)
        harder_so_far += sides
        remaining = iter(sides)
        for trial, harder_item in zip(trials, harder_items, strict=True):
            harder_left = None if harder_item is None else next(remaining)
            items = _left_to_right(trial.item_ids, harder_item, harder_left, rng)
            presented.append(Presentation(trial, items, harder_left))
    return tuple(presented)


def _harder_item(stimulus_set: StimulusSet[Any], trial: Trial) -> str | None:
    return stimulus_set.harder_item(trial) if isinstance(trial, PairTrial) else None


def _left_to_right(
    items: tuple[str, ...], harder_item: str | None, harder_left: bool | None, rng: np.random.Generator
) -> tuple[str, ...]:
    if len(items) == 1:
        return items
    first_left = bool(rng.random() < 0.5) if harder_left is None else (items[0] == harder_item) == harder_left
    return items if first_left else items[::-1]


def list_of(stimulus_set: StimulusSet[Trial], participant: str, session: int | None = None) -> int:
    """Return which of the set's lists an observer sees in a session, from 1.

    Lists follow each other in a cycle that begins at the observer's number: the digits at the end of the id,
    or a hash where there are none. Numbered observers 1, 2, 3 … thus form a Latin square of lists over
    sessions, and each list is shown as often as any other, within one.

    Raises
    ------
    InputError
        The set has fewer sessions.
    """
    n_lists = stimulus_set.n_sessions
    number = 1 if session is None else session
    if not 1 <= number <= n_lists:
        # A set of one list may be shown again and again; of several, each is for one session.
        if n_lists == 1:
            return 1
        raise InputError(f"{stimulus_set.folder}: has {n_lists} sessions; there is no session {number}")
    digits = re.search(r"\d+$", participant)
    first = int(digits.group()) - 1 if digits else int(sha256_of(f"{stimulus_set.set_id}/{participant}"), 16)
    return (first + number - 1) % n_lists + 1


def repeat_distance(stimulus_set: StimulusSet[Trial]) -> int:
    """Return the least number of trials between a trial and its repeat."""
    return stimulus_set.settings.repeat_distance


def _apart(trials: Sequence[AnyTrial], distance: int) -> list[AnyTrial]:
    """Keep each repeat behind its first showing by at least `distance` trials.

    At each place comes the first trial in the order given that may come, and after which the rest can
    still be placed.
    """
    repeated = {trial.repeats for trial in trials if trial.repeats is not None}
    if not repeated:
        return list(trials)
    waiting, placed = list(trials), []
    free_from: dict[str, int] = {}  # place from which the repeat of a trial may come
    while waiting:
        place = len(placed)
        for candidate in waiting:
            if candidate.repeats is not None and free_from.get(candidate.repeats, len(trials)) > place:
                continue
            rest = [trial for trial in waiting if trial is not candidate]
            pending = dict(free_from)
            if candidate.trial_id in repeated:
                pending[candidate.trial_id] = place + distance + 1
            if _can_follow(rest, repeated, pending, place + 1, distance):
                break
        else:  # no order keeps them so far apart, which the settings rule out: closer, but still in turn
            candidate = next(each for each in waiting if each.repeats is None or each.repeats in free_from)
            pending = dict(free_from)
            if candidate.trial_id in repeated:
                pending[candidate.trial_id] = place + distance + 1
        free_from = pending
        waiting.remove(candidate)
        placed.append(candidate)
    return placed


def _can_follow(
    rest: Sequence[Trial], repeated: set[str], free_from: dict[str, int], place: int, distance: int
) -> bool:
    """Tell whether `rest` can be placed from `place` on without a gap.

    No order does better than this one: first all that are repeated, as each unlocks one, then repeats as they
    become free, and plain trials only where there is no such repeat.
    """
    firsts = sum(trial.repeats is None and trial.trial_id in repeated for trial in rest)
    plain = sum(trial.repeats is None and trial.trial_id not in repeated for trial in rest)
    due = sorted(
        [
            free_from[trial.repeats]
            for trial in rest
            if trial.repeats is not None and trial.repeats in free_from
        ]
        + [place + number + distance + 1 for number in range(firsts)]
    )
    place += firsts
    for free in due:
        if free > place:
            plain -= free - place
            if plain < 0:
                return False
            place = free
        place += 1
    return True


def _balanced_sides(n: int, before: Sequence[bool], rng: np.random.Generator) -> list[bool]:
    """Draw `n` sides (True: left), half of them left, with no run above `LONGEST_RUN`, `before` included.

    Each side is drawn in proportion to what remains of it, unless only one choice leaves the rest possible.
    """
    last = before[-1] if before else True
    run = sum(1 for _ in takewhile(lambda side: side is last, reversed(before)))
    # Where `n` is odd, chance gives the surplus to a side, unless only the other can still take it.
    larger = bool(rng.random() < 0.5)
    left = {True: 0, False: 0}
    for surplus in (larger, not larger):
        left = {surplus: (n + 1) // 2, not surplus: n // 2}
        if _possible(left[last], left[not last], run):
            break
    sides: list[bool] = []
    for _ in range(n):
        draw = rng.random() * (left[True] + left[False])
        side = bool(draw < left[True])
        if not _possible(left[side] - 1, left[not side], run + 1 if side is last else 1):
            side = not side
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
