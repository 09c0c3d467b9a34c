"""Ways to refill the slots of a set whose images are no longer all valid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from stimuli.matching import Space
    from stimuli.settings import StimulusSettings
    from stimuli.trials import Slot

OTHER_CLASS_SD = 1.0
"""Dissimilarity of a replacement of another class, in standard deviations."""


@dataclass(frozen=True)
class Option:
    """One way to refill a slot.

    Attributes
    ----------
    images : tuple of str
        `image_id`, in the order of the groups.
    n_kept : int
        How many of them the set had.
    cost : float
        Their dissimilarity from each other and from what they replace, in standard deviations.
    slot : int or None
        Index of the slot; None: any.
    """

    images: tuple[str, ...]
    n_kept: int
    cost: float
    slot: int | None = None


@dataclass(frozen=True)
class Refill:
    """Slots of one kind to refill, and the images that can be used.

    Attributes
    ----------
    slots : sequence of Slot
        With the images that they had.
    had : DataFrame, indexed by `image_id`
        All images of the set as they were: `class_name`, `group`, covariates.
    own, others : DataFrame, indexed by `image_id`
        Valid images: those that the slots had, and those that were not in the set. Besides the columns of
        `had`, `_stratum`: partners share it.
    space : Space
        For distances between images.
    settings : StimulusSettings
    """

    slots: Sequence[Slot]
    had: pd.DataFrame
    own: pd.DataFrame
    others: pd.DataFrame
    space: Space
    settings: StimulusSettings

    @property
    def catch(self) -> bool:
        """Whether these are catch trials, whose images need not match."""
        return self.slots[0].catch

    def dissimilarity(self, rows: pd.DataFrame, image: str) -> np.ndarray:
        """Return how much each row differs from an image of the old set, in SDs; shape (n_rows,)."""
        old = self.had.loc[[image]]
        distance = np.nan_to_num(self.space.distances(old, rows)[0], nan=OTHER_CLASS_SD)
        return distance + OTHER_CLASS_SD * (rows["class_name"].to_numpy() != old["class_name"].iloc[0])


def least(cost: np.ndarray, n: int | None) -> Iterator[int]:
    """Yield the indices of the `n` least finite costs, in order; ties in the order given, which is random."""
    order = np.argsort(cost, kind="stable")[:n]
    return (int(i) for i in order if np.isfinite(cost[i]))
