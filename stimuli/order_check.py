"""Check that orders and places are balanced, for each observer and over all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from stimuli.order import LONGEST_RUN, Presentation, list_of, present, repeat_distance
from stimuli.records import Block, StimulusSet
from stimuli.tasks import structure_of


@dataclass(frozen=True)
class Order:
    """Counts of one observer's session.

    Attributes
    ----------
    participant, session, shown_list : str, int, int
    n_practice, n_main : int
        Trials of each block.
    left : dict of Block to (int, int)
        Trials with the target (the harder item of a pair, for example) on the left, and trials with a target.
    longest_run : int
        Maximum number of consecutive trials with the target in the same place; 0 where there is no target.
    closest_repeat : int or None
        Minimum number of trials between a trial and its repeat; None where none is repeated.
    problems : tuple of str
        What is not balanced; anything here is an error in tricky.
    """

    participant: str
    session: int
    shown_list: int
    n_practice: int
    n_main: int
    left: dict[Block, tuple[int, int]]
    longest_run: int
    closest_repeat: int | None
    problems: tuple[str, ...]


def orders(stimulus_set: StimulusSet, participants: Iterable[str]) -> list[Order]:
    """Draw and check every session of every participant."""
    found = []
    for participant in participants:
        for session in range(1, stimulus_set.n_sessions + 1):
            # Where there is one session, it has no number; the number is part of the seed.
            number = session if stimulus_set.n_sessions > 1 else None
            presented = present(stimulus_set, participant, number)
            shown_list = list_of(stimulus_set, participant, number)
            found.append(_count(stimulus_set, presented, participant, session, shown_list))
    return found


def times_seen(stimulus_set: StimulusSet, found: Sequence[Order], session: int) -> tuple[int, int]:
    """Return how often the least and the most frequent list are shown in a session, over participants."""
    seen = Counter(order.shown_list for order in found if order.session == session)
    counts = [seen[number] for number in range(1, stimulus_set.n_sessions + 1)]
    return min(counts), max(counts)


def _count(
    stimulus_set: StimulusSet,
    presented: Sequence[Presentation],
    participant: str,
    session: int,
    shown_list: int,
) -> Order:
    problems = []
    placed = [(each.trial.block, each.target_place) for each in presented if each.target_place is not None]
    n_places = structure_of(stimulus_set.task).n_images
    left = {}
    for block in Block:
        places = [place for where, place in placed if where is block]
        counts = [places.count(place) for place in range(n_places)]
        left[block] = counts[0], len(places)
        if max(counts) - min(counts) > 1:
            problems.append(f"{block}: target in the places from left to right in {counts} trials")
    longest_run = max((len(list(run)) for _, run in groupby(place for _, place in placed)), default=0)
    if longest_run > LONGEST_RUN:
        problems.append(f"the target in the same place in {longest_run} consecutive trials")
    blocks = [each.trial.block for each in presented]
    if blocks != sorted(blocks, key=lambda block: block is Block.MAIN):
        problems.append("practice after the main block has begun")
    place = {each.trial.trial_id: index for index, each in enumerate(presented)}
    if len(place) < len(presented):
        problems.append("a trial comes twice")
    gaps = [
        place[each.trial.trial_id] - place[each.trial.repeats] - 1
        for each in presented
        if each.trial.repeats is not None
    ]
    if gaps and min(gaps) < repeat_distance(stimulus_set):
        problems.append(f"a repeat only {min(gaps)} trials after its first showing")
    n_practice = blocks.count(Block.PRACTICE)
    return Order(
        participant,
        session,
        shown_list,
        n_practice,
        len(blocks) - n_practice,
        left,
        longest_run,
        min(gaps, default=None),
        tuple(problems),
    )
