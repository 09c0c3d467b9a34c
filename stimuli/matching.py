"""Matching: tuples of images that are similar in their covariates, by optimal assignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from stimuli.eligibility import Candidates, strata
from stimuli.settings import MatchSettings, StimulusSettings
from tricky.core.errors import InputError

SIGNIFICANT_DIGITS = 6
"""Significant digits of scales: the last bits of a sum depend on the processor, but a set must not."""


@dataclass(frozen=True)
class Space:
    """Covariates, each in units of its standard deviation within groups.

    Attributes
    ----------
    covariates : tuple of str
    scale : ndarray, shape (n_covariates,)
        Root of the mean variance within groups; 1 for a covariate that is constant.
    """

    covariates: tuple[str, ...]
    scale: np.ndarray

    @classmethod
    def of(cls, rows: pd.DataFrame, settings: MatchSettings) -> Space:
        """Estimate the scale from all candidates."""
        names = list(settings.covariates)
        variance = rows.groupby("group")[names].var(ddof=1).mean() if names else pd.Series(dtype=float)
        scale = [float(f"{value**0.5:.{SIGNIFICANT_DIGITS}g}") or 1.0 for value in variance.fillna(0)]
        return cls(tuple(names), np.array(scale))

    def distances(self, rows: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
        """Return the Euclidean distance of every two images, in SDs, shape (n_rows, n_others)."""
        total = np.zeros((len(rows), len(others)))
        for name, scale in zip(self.covariates, self.scale, strict=True):
            difference = np.subtract.outer(
                rows[name].to_numpy(dtype=float) / scale, others[name].to_numpy(dtype=float) / scale
            )
            total += np.square(difference, out=difference)
        return np.sqrt(total, out=total)


def draw_tuples(candidates: Candidates, settings: StimulusSettings, n: int) -> list[tuple[str, ...]]:
    """Draw `n` tuples of one image of each group, matched as in the settings, by optimal assignment.

    Images of the scarcest group are drawn at random, so that they stay representative; each is assigned a
    partner from every other group, such that the sum of all distances is minimal. An image of the scarcest
    group without a possible partner (none has the same `exact` columns, or none is within the caliper) is
    replaced by the next one. For two groups no other order yields more tuples: the sets of images that can
    all have partners are the independent sets of a matroid.

    Parameters
    ----------
    candidates : Candidates
        In random order.

    Returns
    -------
    list of tuple of str
        `image_id` in the order of `settings.groups`; the tuples in random order.

    Raises
    ------
    InputError
        There are too few images of a group, or too few that have a partner.
    """
    for group in settings.groups:
        if candidates.count(group) < n:
            raise InputError(
                f"{candidates.count(group)} {group} images are eligible, {n} needed "
                f"({_asked(settings)}); {candidates.main_exclusion(group)}; "
                "ask for fewer in study.toml, or label more images"
            )
    rows = candidates.rows.assign(_stratum=strata(candidates.rows, settings))
    space = Space.of(rows, settings.match)
    by_group = {group: rows[rows["group"] == group] for group in settings.groups}
    scarce = min(settings.groups, key=lambda group: len(by_group[group]))
    others = [group for group in settings.groups if group != scarce]
    waiting = list(by_group[scarce].index)
    drawn, waiting = waiting[:n], waiting[n:]
    while True:
        references = by_group[scarce].loc[drawn]
        partners, alone = _partners(references, by_group, others, space, settings.match)
        if not alone:
            break
        if len(waiting) < len(alone):
            rest = by_group[scarce].loc[[*drawn, *waiting]]
            unmatched = _partners(rest, by_group, others, space, settings.match)[1]
            # Images replaced before can't have a partner in addition to these, so this is the maximum.
            raise InputError(
                f"{n} matched tuples needed ({_asked(settings)}), "
                f"{len(rest) - len(unmatched)} at most can be formed "
                f"of {len(by_group[scarce])} {scarce} images; "
                f"{_unmatched(rest.iloc[sorted(unmatched)], settings.match)}; "
                "match on less, allow a wider caliper, or ask for fewer in study.toml"
            )
        drawn = [image for place, image in enumerate(drawn) if place not in alone] + waiting[: len(alone)]
        waiting = waiting[len(alone) :]
    columns = {group: by_group[group].index[partners[group]] for group in others} | {scarce: pd.Index(drawn)}
    return list(zip(*(columns[group].tolist() for group in settings.groups), strict=True))


def _partners(
    references: pd.DataFrame,
    by_group: Mapping[str, pd.DataFrame],
    others: Sequence[str],
    space: Space,
    settings: MatchSettings,
) -> tuple[dict[str, np.ndarray], set[int]]:
    """Return the partners from every other group, and the indices of references without one."""
    found = {group: assign(references, by_group[group], space, settings.caliper_sd) for group in others}
    return found, {place for each in found.values() for place in np.flatnonzero(each < 0).tolist()}


def assign(
    references: pd.DataFrame, others: pd.DataFrame, space: Space, caliper_sd: float | None
) -> np.ndarray:
    """Assign a different partner to each reference: as many as possible, with the least sum of distances.

    Both tables have the column `_stratum`, which partners share.

    Returns
    -------
    ndarray of int, shape (n_references,)
        Index of the partner in `others`; −1 where there is none.
    """
    cost = space.distances(references, others)
    forbidden = references["_stratum"].to_numpy()[:, None] != others["_stratum"].to_numpy()[None, :]
    if caliper_sd is not None:
        forbidden |= cost > caliper_sd
    # Costlier than any assignment of allowed partners, so that as few as possible have none.
    cost[forbidden] = 1.0 + len(references) * cost.max(initial=0.0, where=~forbidden)
    rows, columns = linear_sum_assignment(cost)
    partners = np.full(len(references), -1)
    partners[rows] = np.where(forbidden[rows, columns], -1, columns)
    return partners


def _asked(settings: StimulusSettings) -> str:
    parts = [f"{settings.trials} trials"]
    if settings.practice_trials:
        parts.append(f"{settings.practice_trials} for practice")
    return " + ".join(parts)


def _unmatched(alone: pd.DataFrame, settings: MatchSettings) -> str:
    """Describe images without a partner, with the commonest value of what must be the same."""
    said = f"{len(alone)} have no partner"
    if settings.exact:
        name = settings.exact[0]
        counts = alone[name].value_counts()
        said += f", most of them with {name} = {counts.index[0]}"
    return said
