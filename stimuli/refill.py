"""Refill a set whose images are no longer all valid, keeping as many as possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stimuli.eligibility import Candidates, strata
from stimuli.integer_program import IntegerProgram
from stimuli.matching import Space
from stimuli.records import Block
from stimuli.refill_options import Option, Refill
from stimuli.settings import StimulusSettings
from stimuli.tasks import structure_of
from stimuli.trials import Slot
from tricky.core.errors import InputError

N_SPARE = 50
"""Candidates considered for each image, in addition to as many as there are slots."""


@dataclass(frozen=True)
class RefillPool:
    """The images of a set as they were, and those that are eligible now.

    Attributes
    ----------
    had : DataFrame, indexed by `image_id`
        The images of the set as they were: `class_name`, `group`, covariates.
    ordinary, catch : Candidates
        Images that are eligible now, whether or not the set had them.
    settings : StimulusSettings
    """

    had: pd.DataFrame
    ordinary: Candidates
    catch: Candidates
    settings: StimulusSettings


def refill_slots(slots: Sequence[Slot], pool: RefillPool) -> list[Slot]:
    """Return the slots with valid images; a slot whose images are all valid is not changed.

    Main block, practice and catch trials are refilled in this order, each from its own valid images and from
    candidates that the set did not have.

    Raises
    ------
    InputError
        There are too few candidates.
    """
    refilled = list(slots)
    kinds = ((Block.MAIN, False), (Block.PRACTICE, False), (Block.MAIN, True))
    places_of = {
        kind: [i for i, slot in enumerate(slots) if (slot.block, slot.catch) == kind] for kind in kinds
    }
    broken = {
        kind: [place for place in places if not _intact(slots[place], pool)]
        for kind, places in places_of.items()
    }
    all_broken = {place for places in broken.values() for place in places}
    used = {image for i, slot in enumerate(slots) if i not in all_broken for image in slot.images}
    for places in broken.values():
        if places:
            filled = _fill([slots[place] for place in places], used, pool)
            for place, slot in zip(places, filled, strict=True):
                refilled[place] = slot
                used |= set(slot.images)
    return refilled


def _rows_for(slot: Slot, pool: RefillPool) -> pd.DataFrame:
    return (pool.catch if slot.catch else pool.ordinary).rows


def _intact(slot: Slot, pool: RefillPool) -> bool:
    """Return whether a slot can stay: all its images are valid, and of the same groups as before."""
    rows, images = _rows_for(slot, pool), list(slot.images)
    if not all(image in rows.index for image in images):
        return False
    return sorted(rows.loc[images, "group"]) == sorted(pool.had.loc[images, "group"])


def _fill(slots: Sequence[Slot], used: set[str], pool: RefillPool) -> list[Slot]:
    """Refill broken slots of one kind with their images that are still valid, and with new ones."""
    settings = pool.settings
    rows = _rows_for(slots[0], pool)
    rows = rows[~rows.index.isin(used)].assign(_stratum=lambda each: strata(each, settings))
    space = Space.of(pd.concat([pool.ordinary.rows, pool.catch.rows]), settings.match)
    own = [image for slot in slots for image in slot.images if image in rows.index]
    others = rows[~rows.index.isin(pool.had.index)]
    refill = Refill(slots, pool.had, rows.loc[own], others, space, settings)
    for n_candidates in (len(slots) + N_SPARE, None):
        options = structure_of(settings.task).options(refill, n_candidates)
        chosen = _choose(options, slots, used, pool)
        # With few candidates, fewer images may be kept than possible; consider all of them then.
        if chosen is not None and sum(each.n_kept for each in chosen) == len(own):
            break
    if chosen is None:
        raise InputError(_too_few(slots, others, pool))
    return _placed(chosen, slots)


def _choose(
    options: Sequence[Option], slots: Sequence[Slot], used: set[str], pool: RefillPool
) -> list[Option] | None:
    """Choose an option per slot: keep as many images as possible, then minimise dissimilarity."""
    n_kept = np.array([option.n_kept for option in options], dtype=float)
    most = _program(n_kept, options, slots, used, pool).solve()
    if most is None:
        return None
    program = _program(-np.array([each.cost for each in options]), options, slots, used, pool)
    program.constrain(range(len(options)), float(n_kept @ most), np.inf, n_kept.tolist())
    best = program.solve()
    assert best is not None  # `most` satisfies all constraints
    return [option for option, taken in zip(options, best, strict=True) if taken]


def _program(
    gains: np.ndarray,
    options: Sequence[Option],
    slots: Sequence[Slot],
    used: set[str],
    pool: RefillPool,
) -> IntegerProgram:
    """Set up the constraints: every slot filled, no image twice, no class above its cap."""
    program = IntegerProgram(gains, np.ones(len(options)))
    program.constrain(range(len(options)), len(slots), len(slots))
    by_image: dict[str, list[int]] = {}
    by_slot: dict[int, list[int]] = {}
    for i, option in enumerate(options):
        for image in option.images:
            by_image.setdefault(image, []).append(i)
        if option.slot is not None:
            by_slot.setdefault(option.slot, []).append(i)
    for indices in (*by_image.values(), *by_slot.values()):
        program.constrain(indices, 0, 1)
    cap = pool.settings.eligible.max_per_class
    if cap is not None:
        names = pd.concat([pool.ordinary.rows["class_name"], pool.catch.rows["class_name"]])
        taken = Counter(str(names[image]) for image in used)
        by_class: dict[str, Counter[int]] = {}
        for image, indices in by_image.items():
            by_class.setdefault(str(names[image]), Counter()).update(indices)
        for name, weights in by_class.items():
            program.constrain(
                weights.keys(), 0, max(0, cap - taken[name]), [float(n) for n in weights.values()]
            )
    return program


def _placed(chosen: Sequence[Option], slots: Sequence[Slot]) -> list[Slot]:
    """Put each option in a slot: its own, that of an image that it keeps, or any free one."""
    home = {image: place for place, slot in enumerate(slots) for image in slot.images}
    free = list(range(len(slots)))
    placed: dict[int, Slot] = {}
    homeless = []
    for option in chosen:
        homes = [option.slot] if option.slot is not None else [home.get(image) for image in option.images]
        place = next((each for each in homes if each is not None and each in free), None)
        if place is None:
            homeless.append(option)
            continue
        free.remove(place)
        placed[place] = replace(slots[place], images=option.images)
    for option in homeless:
        place = free.pop(0)
        placed[place] = replace(slots[place], images=option.images)
    return [placed[place] for place in range(len(slots))]


def _too_few(slots: Sequence[Slot], others: pd.DataFrame, pool: RefillPool) -> str:
    candidates = pool.catch if slots[0].catch else pool.ordinary
    counts = ", ".join(
        f"{int((others['group'] == group).sum())} {group} ({candidates.main_exclusion(group)})"
        for group in pool.settings.groups
    )
    return (
        f"{len(slots)} trials need new images, and those eligible that the set did not have are too few or "
        f"don't match: {counts}; label more images, or build a smaller set"
    )
