"""Fill up a set whose images are no longer all valid, so that as many as possible stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stimuli.eligibility import Candidates, strata
from stimuli.integer_program import Programme
from stimuli.matching import Space
from stimuli.records import Block
from stimuli.refill_options import Option, Refill
from stimuli.settings import StimulusSettings
from stimuli.tasks import structure_of
from stimuli.trials import Slot
from tricky.core.errors import InputError

SPARE = 50
"""Candidates looked at for each place beyond as many as there are places."""


@dataclass(frozen=True)
class Situation:
    """What a set is renewed from.

    Attributes
    ----------
    had : DataFrame, indexed by `image_id`
        The images of the set as they were: `class_name`, `group`, covariates.
    ordinary, catch : Candidates
        Images that may be in the set now, those of it that still may included.
    settings : StimulusSettings
    """

    had: pd.DataFrame
    ordinary: Candidates
    catch: Candidates
    settings: StimulusSettings


def renew(slots: Sequence[Slot], situation: Situation) -> list[Slot]:
    """Return the slots with valid images: untouched where all of a slot are valid, else filled up.

    Main block, practice and catch trials are filled up one after the other, in this order, each from its own
    valid images and from candidates that the set did not have.

    Raises
    ------
    InputError
        There are too few candidates.
    """
    renewed = list(slots)
    kinds = ((Block.MAIN, False), (Block.PRACTICE, False), (Block.MAIN, True))
    places_of = {
        kind: [i for i, slot in enumerate(slots) if (slot.block, slot.catch) == kind] for kind in kinds
    }
    broken = {
        kind: [place for place in places if not _intact(slots[place], situation)]
        for kind, places in places_of.items()
    }
    all_broken = {place for places in broken.values() for place in places}
    used = {image for i, slot in enumerate(slots) if i not in all_broken for image in slot.images}
    for places in broken.values():
        if places:
            filled = _fill([slots[place] for place in places], used, situation)
            for place, slot in zip(places, filled, strict=True):
                renewed[place] = slot
                used |= set(slot.images)
    return renewed


def _rows_for(slot: Slot, situation: Situation) -> pd.DataFrame:
    return (situation.catch if slot.catch else situation.ordinary).rows


def _intact(slot: Slot, situation: Situation) -> bool:
    """Return whether a slot can stay: all its images are valid, and of the same groups as before."""
    rows, images = _rows_for(slot, situation), list(slot.images)
    if not all(image in rows.index for image in images):
        return False
    return sorted(rows.loc[images, "group"]) == sorted(situation.had.loc[images, "group"])


def _fill(slots: Sequence[Slot], used: set[str], situation: Situation) -> list[Slot]:
    """Fill up broken slots of one kind with what is left of their own images, and with new ones."""
    settings = situation.settings
    rows = _rows_for(slots[0], situation)
    rows = rows[~rows.index.isin(used)].assign(_stratum=lambda each: strata(each, settings))
    space = Space.of(pd.concat([situation.ordinary.rows, situation.catch.rows]), settings.match)
    own = [image for slot in slots for image in slot.images if image in rows.index]
    others = rows[~rows.index.isin(situation.had.index)]
    refill = Refill(slots, situation.had, rows.loc[own], others, space, settings)
    for n_candidates in (len(slots) + SPARE, None):
        options = structure_of(settings.task).options(refill, n_candidates)
        chosen = _choose(options, slots, used, situation)
        # With few candidates in view fewer may stay than could: then look at all.
        if chosen is not None and sum(each.n_kept for each in chosen) == len(own):
            break
    if chosen is None:
        raise InputError(_too_few(slots, others, situation))
    return _placed(chosen, slots)


def _choose(
    options: Sequence[Option], slots: Sequence[Slot], used: set[str], situation: Situation
) -> list[Option] | None:
    """Choose an option a slot: with as many of the set's own images as can be, then as like as can be."""
    n_kept = np.array([option.n_kept for option in options], dtype=float)
    most = _programme(n_kept, options, slots, used, situation).solve()
    if most is None:
        return None
    programme = _programme(-np.array([each.cost for each in options]), options, slots, used, situation)
    programme.limit(range(len(options)), float(n_kept @ most), np.inf, n_kept.tolist())
    best = programme.solve()
    assert best is not None  # `most` is within every limit
    return [option for option, taken in zip(options, best, strict=True) if taken]


def _programme(
    gains: np.ndarray,
    options: Sequence[Option],
    slots: Sequence[Slot],
    used: set[str],
    situation: Situation,
) -> Programme:
    """Set up the limits: every slot filled, no image twice, no class above its cap."""
    programme = Programme(gains, np.ones(len(options)))
    programme.limit(range(len(options)), len(slots), len(slots))
    by_image: dict[str, list[int]] = {}
    by_place: dict[int, list[int]] = {}
    for i, option in enumerate(options):
        for image in option.images:
            by_image.setdefault(image, []).append(i)
        if option.slot is not None:
            by_place.setdefault(option.slot, []).append(i)
    for indices in (*by_image.values(), *by_place.values()):
        programme.limit(indices, 0, 1)
    cap = situation.settings.eligible.max_per_class
    if cap is not None:
        names = pd.concat([situation.ordinary.rows["class_name"], situation.catch.rows["class_name"]])
        taken = Counter(str(names[image]) for image in used)
        by_class: dict[str, Counter[int]] = {}
        for image, indices in by_image.items():
            by_class.setdefault(str(names[image]), Counter()).update(indices)
        for name, weights in by_class.items():
            programme.limit(
                weights.keys(), 0, max(0, cap - taken[name]), [float(n) for n in weights.values()]
            )
    return programme


def _placed(chosen: Sequence[Option], slots: Sequence[Slot]) -> list[Slot]:
    """Put each option where it belongs: its own place, that of an image it keeps, or any that is free."""
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


def _too_few(slots: Sequence[Slot], others: pd.DataFrame, situation: Situation) -> str:
    candidates = situation.catch if slots[0].catch else situation.ordinary
    counts = ", ".join(
        f"{int((others['group'] == group).sum())} {group} ({candidates.costliest(group)})"
        for group in situation.settings.groups
    )
    return (
        f"{len(slots)} trials need new images, and those eligible that the set did not have are too few or "
        f"don't match: {counts}; label more images, or build a smaller set"
    )
