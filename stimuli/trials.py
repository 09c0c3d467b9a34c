"""From images to trials: blocks, catch trials, repeats, and the lists of several sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stimuli.records import Block, Trial
from tricky.core.files import sha256_of

ID_DIGITS = 10


@dataclass(frozen=True)
class Slot:
    """A trial before it is named: what it is for, and its images (`image_id`), in the order of the groups."""

    block: Block
    images: tuple[str, ...]
    session: int = 0
    catch: bool = False
    repeated: bool = False


def item_id_of(image_id: str, sha256: str) -> str:
    """Return the id of an item, a hash of its image's name and content: the same in every set.

    Neither the id nor the order of ids reveals the difficulty.
    """
    return f"item-{sha256_of(f'{image_id}/{sha256}')[:ID_DIGITS]}"


def trial_id_of(item_ids: Iterable[str], *, repeat: bool = False, condition: str | None = None) -> str:
    """Return the id of a trial, a hash of its items: the same items are the same trial in every set.

    Imported sessions may have shown them in several conditions, each of which makes a trial of its own.
    """
    parts = [*sorted(item_ids), *(["repeat"] if repeat else [])]
    if condition is not None:
        parts.append(f"condition={condition}")
    return f"trial-{sha256_of('/'.join(parts))[:ID_DIGITS]}"


def deal(slots: Sequence[Slot], kinds: Sequence[str], n_sessions: int, n_repeats: int) -> list[Slot]:
    """Divide the slots of the main block evenly among sessions, and mark those to repeat.

    Any two sessions differ by at most one in the number of ordinary slots, of slots of each kind, of catch
    slots and of repeats. Repeats are of all kinds in turn; catch slots are not repeated.

    Parameters
    ----------
    slots : sequence of Slot
        In random order.
    kinds : sequence of str
        Kind of each slot, see `TrialStructure.kind`.
    """
    ordinary = sorted(
        ((kind, slot) for slot, kind in zip(slots, kinds, strict=True) if not slot.catch),
        key=lambda each: each[0],
    )
    dealt = [replace(slot, session=place % n_sessions + 1) for place, (_, slot) in enumerate(ordinary)]
    repeated: Counter[int | str] = Counter()
    open_places = list(range(len(dealt)))
    for _ in range(n_repeats):
        # The next repeat is from the session with the fewest so far, of the kind with the fewest so far.
        place = min(
            open_places, key=lambda each: (repeated[dealt[each].session], repeated[ordinary[each][0]], each)
        )
        open_places.remove(place)
        repeated.update([dealt[place].session, ordinary[place][0]])
        dealt[place] = replace(dealt[place], repeated=True)
    # Catch slots are divided backwards, beginning with sessions that have one ordinary slot fewer.
    catch = [slot for slot in slots if slot.catch]
    return dealt + [
        replace(slot, session=n_sessions - place % n_sessions) for place, slot in enumerate(catch)
    ]


def trials_of(slots: Sequence[Slot], item_ids: Mapping[str, str]) -> list[Trial]:
    """Return the trials of the slots: practice first, otherwise in the order of their ids."""
    trials: list[Trial] = []
    for slot in slots:
        items = tuple(sorted(item_ids[image] for image in slot.images))
        trial_id = trial_id_of(items)
        trials.append(Trial(trial_id, slot.block, items, session=slot.session, catch=slot.catch))
        if slot.repeated:
            again = trial_id_of(items, repeat=True)
            trials.append(Trial(again, slot.block, items, session=slot.session, repeats=trial_id))
    return sorted(trials, key=lambda trial: (trial.block is Block.MAIN, trial.trial_id))


def slots_of(trials: Sequence[Trial], image_ids: Mapping[str, str]) -> list[Slot]:
    """Return the slots of a set's trials; `image_ids` by item id."""
    repeated = {trial.repeats for trial in trials}
    return [
        Slot(
            trial.block,
            tuple(image_ids[item] for item in trial.item_ids),
            trial.session if trial.block is Block.MAIN else 0,
            trial.catch,
            trial.trial_id in repeated,
        )
        for trial in trials
        if trial.repeats is None
    ]
