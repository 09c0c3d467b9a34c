"""Fill up a set whose images are no longer all valid, so that as many as possible stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stimuli.eligibility import Candidates, strata
from stimuli.integer_program import Programme
from stimuli.matching import Space
from stimuli.records import PAIR_TASK, Block
from stimuli.settings import StimulusSettings
from stimuli.trials import Slot
from tricky.core.errors import InputError

SPARE = 50
"""Candidates looked at for each place beyond as many as there are places."""

OTHER_CLASS_SD = 1.0
"""How unlike an image of another class counts as a replacement, in standard deviations."""


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


@dataclass(frozen=True)
class _Option:
    """One way to fill a place: its images, how many of them the set had, how unlike they are, which place."""

    images: tuple[str, ...]
    n_kept: int
    cost: float
    place: int | None = None


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
    """Tell whether a slot can stay as it is: all images may enter, and are of the groups that it shows."""
    rows = _rows_for(slot, situation)
    if not all(image in rows.index for image in slot.images):
        return False
    groups = [str(rows.loc[image, "group"]) for image in slot.images]
    if situation.settings.task == PAIR_TASK:
        return sorted(groups) == sorted(situation.settings.groups)
    return groups == [situation.had.loc[slot.images[0], "group"]]


def _fill(slots: Sequence[Slot], used: set[str], situation: Situation) -> list[Slot]:
    """Fill up broken slots of one kind with what is left of their own images, and with new ones."""
    settings = situation.settings
    rows = _rows_for(slots[0], situation)
    rows = rows[~rows.index.isin(used)].assign(_stratum=lambda each: strata(each, settings))
    space = Space.of(pd.concat([situation.ordinary.rows, situation.catch.rows]), settings.match)
    own = [image for slot in slots for image in slot.images if image in rows.index]
    others = rows[~rows.index.isin(situation.had.index)]
    options_for = _pairs if settings.task == PAIR_TASK else _singles
    for n_near in (len(slots) + SPARE, None):
        options = options_for(slots, rows.loc[own], others, n_near, space, situation)
        chosen = _choose(options, slots, used, situation)
        # With few candidates in view fewer may stay than could: then look at all.
        if chosen is not None and sum(each.n_kept for each in chosen) == len(own):
            break
    if chosen is None:
        raise InputError(_too_few(slots, others, situation))
    return _placed(chosen, slots)


def _nearness(rows: pd.DataFrame, image: str, space: Space, had: pd.DataFrame) -> np.ndarray:
    """Return how unlike each row is to an image of the old set, in SDs; shape (n_rows,)."""
    old = had.loc[[image]]
    distance = np.nan_to_num(space.distances(old, rows)[0], nan=OTHER_CLASS_SD)
    return distance + OTHER_CLASS_SD * (rows["class_name"].to_numpy() != old["class_name"].iloc[0])


def _nearest(cost: np.ndarray, n: int | None) -> Iterable[int]:
    """Return the places of the `n` least finite costs; of equal ones the first, which chance put there."""
    order = np.argsort(cost, kind="stable")[:n]
    return (int(i) for i in order if np.isfinite(cost[i]))


def _pairs(
    slots: Sequence[Slot],
    own: pd.DataFrame,
    others: pd.DataFrame,
    n_near: int | None,
    space: Space,
    situation: Situation,
) -> list[_Option]:
    """List pairs of one image of each group: old with old, old with new, new with new."""
    settings, had = situation.settings, situation.had
    partner_of = {slot.images[i]: slot.images[1 - i] for slot in slots for i in (0, 1)}
    plain = slots[0].catch
    matched = settings.match.how == "pairs" and not plain
    first, second = settings.groups

    def unlikeness(image: pd.DataFrame, candidates: pd.DataFrame) -> np.ndarray:
        distance = space.distances(image, candidates)[0]
        caliper = settings.match.caliper_sd
        barred = np.zeros(len(candidates), dtype=bool)
        if not plain:
            barred |= candidates["_stratum"].to_numpy() != image["_stratum"].iloc[0]
            if caliper is not None:
                barred |= distance > caliper
        return np.where(barred, np.inf, distance if matched else 0.0)

    options = []
    for group, opposite in ((first, second), (second, first)):
        new = others[others["group"] == opposite]
        for image in own.index[own["group"] == group]:
            row = own.loc[[image]]
            cost = unlikeness(row, new)
            dropped = partner_of[image]
            if dropped not in own.index:
                cost = cost + _nearness(new, dropped, space, had)
            for i in _nearest(cost, n_near):
                options.append(_Option(_ordered(image, new.index[i], group == first), 1, float(cost[i])))
            if group == first:
                old = own[own["group"] == second]
                cost = unlikeness(row, old)
                options += [_Option((image, old.index[i]), 2, float(cost[i])) for i in _nearest(cost, None)]
    by_group = {group: others[others["group"] == group] for group in (first, second)}
    scarce, ample = sorted((first, second), key=lambda group: len(by_group[group]))
    for image in by_group[scarce].index[:n_near]:
        cost = unlikeness(by_group[scarce].loc[[image]], by_group[ample])
        for i in _nearest(cost, len(slots) + SPARE):
            partner = by_group[ample].index[i]
            options.append(_Option(_ordered(image, partner, scarce == first), 0, float(cost[i])))
    return options


def _ordered(image: str, partner: str, first: bool) -> tuple[str, str]:
    return (image, partner) if first else (partner, image)


def _singles(
    slots: Sequence[Slot],
    own: pd.DataFrame,
    others: pd.DataFrame,
    n_near: int | None,
    space: Space,
    situation: Situation,
) -> list[_Option]:
    """List for each slot the images of its group: those of the set that have moved there, and new ones."""
    options = []
    for place, slot in enumerate(slots):
        group = situation.had.loc[slot.images[0], "group"]
        for rows, n_kept, n in ((own, 1, None), (others, 0, n_near)):
            fitting = rows[rows["group"] == group]
            cost = _nearness(fitting, slot.images[0], space, situation.had)
            options += [
                _Option((fitting.index[i],), n_kept, float(cost[i]), place) for i in _nearest(cost, n)
            ]
    return options


def _choose(
    options: Sequence[_Option], slots: Sequence[Slot], used: set[str], situation: Situation
) -> list[_Option] | None:
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
    options: Sequence[_Option],
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
        if option.place is not None:
            by_place.setdefault(option.place, []).append(i)
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


def _placed(chosen: Sequence[_Option], slots: Sequence[Slot]) -> list[Slot]:
    """Put each option where it belongs: its own place, that of an image it keeps, or any that is free."""
    home = {image: place for place, slot in enumerate(slots) for image in slot.images}
    free = list(range(len(slots)))
    placed: dict[int, Slot] = {}
    homeless = []
    for option in chosen:
        homes = [option.place] if option.place is not None else [home.get(image) for image in option.images]
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
