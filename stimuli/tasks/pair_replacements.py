"""Which pairs could replace those of a set under newer labels: options of the task ``2afc``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stimuli.refill_options import Option, Refill, least

if TYPE_CHECKING:
    import pandas as pd

N_NEW_PARTNERS = 50
"""Candidates considered as partners of each new image, in addition to as many as there are slots."""


def options(refill: Refill, n_candidates: int | None) -> list[Option]:
    """List pairs of one image of each group: old with old, old with new, new with new."""
    first, second = refill.settings.groups
    options = []
    for group, opposite in ((first, second), (second, first)):
        for image in refill.own.index[refill.own["group"] == group]:
            options += _with_new_partner(refill, image, opposite, n_candidates)
            if group == first:
                options += _with_old_partner(refill, image, second)
    return options + _new_pairs(refill, n_candidates)


def _with_new_partner(refill: Refill, image: str, opposite: str, n_candidates: int | None) -> list[Option]:
    """Pair an image of the set with new ones, similar to it and to the partner that it lost."""
    new = refill.others[refill.others["group"] == opposite]
    cost = _pair_cost(refill, refill.own.loc[[image]], new)
    pair = next(slot.images for slot in refill.slots if image in slot.images)
    partner = pair[1 - pair.index(image)]
    if partner not in refill.own.index:
        cost = cost + refill.dissimilarity(new, partner)
    image_first = opposite == refill.settings.groups[1]
    return [
        Option(_in_order(image, new.index[i], image_first), 1, float(cost[i]))
        for i in least(cost, n_candidates)
    ]


def _with_old_partner(refill: Refill, image: str, second: str) -> list[Option]:
    """Pair an image of the set with others of the set."""
    old = refill.own[refill.own["group"] == second]
    cost = _pair_cost(refill, refill.own.loc[[image]], old)
    return [Option((image, old.index[i]), 2, float(cost[i])) for i in least(cost, None)]


def _new_pairs(refill: Refill, n_candidates: int | None) -> list[Option]:
    """Pair new images with each other, beginning with the scarcer group."""
    first = refill.settings.groups[0]
    by_group = {group: refill.others[refill.others["group"] == group] for group in refill.settings.groups}
    scarce, ample = sorted(refill.settings.groups, key=lambda group: len(by_group[group]))
    options = []
    for image in by_group[scarce].index[:n_candidates]:
        cost = _pair_cost(refill, by_group[scarce].loc[[image]], by_group[ample])
        for i in least(cost, len(refill.slots) + N_NEW_PARTNERS):
            pair = _in_order(image, by_group[ample].index[i], scarce == first)
            options.append(Option(pair, 0, float(cost[i])))
    return options


def _pair_cost(refill: Refill, image: pd.DataFrame, candidates: pd.DataFrame) -> np.ndarray:
    """Return the cost of showing an image with each candidate; infinite where the settings forbid it."""
    match = refill.settings.match
    distance = refill.space.distances(image, candidates)[0]
    forbidden = np.zeros(len(candidates), dtype=bool)
    if not refill.catch:
        forbidden |= candidates["_stratum"].to_numpy() != image["_stratum"].iloc[0]
        if match.caliper_sd is not None:
            forbidden |= distance > match.caliper_sd
    matched = match.how == "pairs" and not refill.catch
    return np.where(forbidden, np.inf, distance if matched else 0.0)


def _in_order(image: str, partner: str, image_first: bool) -> tuple[str, str]:
    return (image, partner) if image_first else (partner, image)
