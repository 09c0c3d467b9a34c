"""The order and places in which an observer sees a set: drawn from ids alone, the same on every machine.

Nothing is stored, so a session can be resumed on another machine: the same set, observer and session give the
same trials. All random numbers are uniform doubles straight from PCG64's bits: numpy guarantees no stable
stream for its other methods, and an upgrade during a study must not change a session that has begun.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, permutations, takewhile

import numpy as np

from stimuli.records import Block, StimulusSet, Trial
from stimuli.tasks import structure_of
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

LONGEST_RUN = 3
"""Targets are in the same place in at most so many consecutive trials."""


@dataclass(frozen=True)
class Presentation:
    """One trial as one observer sees it.

    Attributes
    ----------
    trial : Trial
    items : tuple of str
        `item_id` from left to right.
    target_place : int or None
        Place of the trial's target among them, from 0: of the harder item of a pair, for example. None where
        no item is singled out.
    """

    trial: Trial
    items: tuple[str, ...]
    target_place: int | None


def present(
    stimulus_set: StimulusSet, participant: str, session: int | None = None
) -> tuple[Presentation, ...]:
    """Draw what an observer sees in a session.

    Practice comes first. Within each block the order is a random permutation; where trials are repeated, it
    is changed as little as necessary for every repeat to follow its first showing, with at least
    `repeat_distance` trials between them. Targets (see `TrialStructure.target`) are in each place equally
    often within a block, within one trial, and over the whole session in the same place in at most
    `LONGEST_RUN` consecutive trials. The places of all other items are drawn independently.

    Parameters
    ----------
    participant : str
        Without ``sub-``.
    session : int, optional
        Number of the session, where a participant takes part in several.

    Raises
    ------
    InputError
        The set has fewer sessions.
    """
    key = f"{stimulus_set.set_id}/{participant}/{'' if session is None else session}"
    rng = np.random.Generator(np.random.PCG64(int(sha256_of(key), 16)))
    shown_list = list_of(stimulus_set, participant, session)
    structure = structure_of(stimulus_set.task)
    presented: list[Presentation] = []
    places_so_far: list[int] = []
    for block in (Block.PRACTICE, Block.MAIN):
        trials = [
            trial
            for trial in stimulus_set.trials
            if trial.block is block and (block is Block.PRACTICE or trial.session == shown_list)
        ]
        trials = [trials[i] for i in np.argsort(rng.random(len(trials)), kind="stable")]
        trials = _apart(trials, repeat_distance(stimulus_set))
        targets = [structure.target(stimulus_set, trial) for trial in trials]
        n_targets = len(trials) - targets.count(None)
        places = balanced_places(n_targets, structure.n_images, places_so_far, rng)
        places_so_far += places
        remaining = iter(places)
        for trial, target in zip(trials, targets, strict=True):
            place = None if target is None else next(remaining)
            presented.append(Presentation(trial, _left_to_right(trial.item_ids, target, place, rng), place))
    return tuple(presented)


def _left_to_right(
    items: tuple[str, ...], target: str | None, place: int | None, rng: np.random.Generator
) -> tuple[str, ...]:
    """Put the target in its place, and the other items in a random order."""
    if target is None or place is None:
        return _shuffled(items, rng)
    others = _shuffled(tuple(item for item in items if item != target), rng)
    return (*others[:place], target, *others[place:])


def _shuffled(items: tuple[str, ...], rng: np.random.Generator) -> tuple[str, ...]:
    """Return the items in a random order, by one draw; a single item needs none."""
    if len(items) < 2:
        return items
    orders = list(permutations(items))
    return orders[int(rng.random() * len(orders))]


def list_of(stimulus_set: StimulusSet, participant: str, session: int | None = None) -> int:
    """Return which list of the set an observer sees in a session, from 1.

    Lists follow each other in a cycle that begins at the observer's number: the digits at the end of the id,
    or a hash where there are none. Observers 1, 2, 3 … thus form a Latin square of lists over sessions, and
    all lists are shown equally often, within one.

    Raises
    ------
    InputError
        The set has fewer sessions.
    """
    n_lists = stimulus_set.n_sessions
    number = 1 if session is None else session
    if not 1 <= number <= n_lists:
        # A set of one list can be shown in any number of sessions; of several lists, each is for one.
        if n_lists == 1:
            return 1
        raise InputError(f"{stimulus_set.folder}: has {n_lists} sessions; there is no session {number}")
    digits = re.search(r"\d+$", participant)
    first = int(digits.group()) - 1 if digits else int(sha256_of(f"{stimulus_set.set_id}/{participant}"), 16)
    return (first + number - 1) % n_lists + 1


def repeat_distance(stimulus_set: StimulusSet) -> int:
    """Return the minimum number of trials between a trial and its repeat."""
    return stimulus_set.settings.repeat_distance


def _apart(trials: Sequence[Trial], distance: int) -> list[Trial]:
    """Put each repeat at least `distance` trials after its first showing.

    At each position comes the first trial, in the order given, that is allowed there and after which the rest
    can still be placed.
    """
    repeated = {trial.repeats for trial in trials if trial.repeats is not None}
    if not repeated:
        return list(trials)
    waiting, placed = list(trials), []
    free_from: dict[str, int] = {}  # position from which the repeat of a trial is allowed
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
        else:  # no order has this distance, which the settings exclude: closer, but after the first showing
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
    """Return whether `rest` can be placed from `place` on without a gap.

    This order is the best one: first all trials that are repeated, as each unlocks its repeat, then repeats
    as soon as they are allowed, and other trials only where no repeat is.
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


def balanced_places(n: int, n_places: int, before: Sequence[int], rng: np.random.Generator) -> list[int]:
    """Draw `n` places, each equally often within one, with no run above `LONGEST_RUN`, `before` included.

    Each place is drawn in proportion to how often it remains, unless that would make the rest impossible.

    Parameters
    ----------
    n, n_places : int
        Number of trials, and of places to choose from.
    before : sequence of int
        Places of the trials before.
    """
    last = before[-1] if before else 0
    run = sum(1 for _ in takewhile(lambda place: place == last, reversed(before)))
    # Where `n` is not divisible, it is random which places come once more, unless only others still can.
    start, left = int(rng.random() * n_places), [0] * n_places
    for first in range(start, start + n_places):
        more = {(first + number) % n_places for number in range(n % n_places)}
        left = [n // n_places + (place in more) for place in range(n_places)]
        if _possible(left, last, run):
            break
    places: list[int] = []
    for _ in range(n):
        drawn = rng.random() * sum(left)
        place = next(each for each, end in enumerate(accumulate(left)) if drawn < end)
        for candidate in range(place, place + n_places):
            place = candidate % n_places
            rest = [number - (each == place) for each, number in enumerate(left)]
            if _possible(rest, place, run + 1 if place == last else 1):
                break
        run = run + 1 if place == last else 1
        last = place
        left[place] -= 1
        places.append(place)
    return places


def _possible(left: Sequence[int], last: int, run: int) -> bool:
    """Return whether the remaining trials can be placed after a run of `run` trials in the place `last`.

    Every trial in another place ends a run, so the `k` trials that remain elsewhere separate at most `k + 1`
    runs. The conditions are sufficient as well as necessary.
    """
    total = sum(left)
    return (
        min(left) >= 0
        and run <= LONGEST_RUN
        and all(
            number <= LONGEST_RUN * (total - number + 1) - (run if place == last else 0)
            for place, number in enumerate(left)
        )
    )
