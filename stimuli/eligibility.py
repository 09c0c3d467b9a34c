"""Which images may enter a set, and who was turned away by which rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from stimuli.columns import FEATURES, RULE
from stimuli.features import measured
from stimuli.inputs import Material
from stimuli.integer_program import Programme
from stimuli.near_duplicates import apart, hash_bits
from stimuli.settings import StimulusSettings
from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress

NO_GROUP = "in no group of the set"
CLASS_CAP = "max_per_class"


@dataclass(frozen=True)
class Candidates:
    """Images that may enter, and the count of those that may not.

    Attributes
    ----------
    rows : DataFrame, indexed by `image_id`, in an order drawn by chance
        The columns of `Material.rows`, `group`, and where they were needed the measured features.
    turned_away : tuple of dict
        In the order in which the rules were applied: `rule`, and group → number of images. An image counts
        under the first rule that it breaks.
    why : dict of str to str
        The rule that turned away each of the images that a set has already.
    """

    rows: pd.DataFrame
    turned_away: tuple[dict[str, Any], ...]
    why: dict[str, str] = field(default_factory=dict)

    def count(self, group: str) -> int:
        """Return the number of candidates of a group."""
        return int((self.rows["group"] == group).sum())

    def costliest(self, group: str) -> str:
        """Say which rule turned away most images of a group."""
        rules = [each for each in self.turned_away if each.get(group, 0)]
        if not rules:
            return "no rule turned any away"
        worst = max(rules, key=lambda each: each[group])
        return f"the rule that cost most: {worst['rule']}, {worst[group]} images"


class Sieve:
    """Applies one rule after another and counts whom each turns away."""

    def __init__(self, rows: pd.DataFrame, groups: Sequence[str], watched: Sequence[str] = ()) -> None:
        self.rows = rows
        self.groups = groups
        self.turned_away: list[dict[str, Any]] = []
        self.why: dict[str, str] = {}
        self._watched = frozenset(watched)

    def let_through(self, rule: str, passes: pd.Series | np.ndarray) -> None:
        """Keep the rows that pass; a rule that turns nobody away leaves no trace."""
        passes = np.asarray(passes, dtype=bool)
        gone = self.rows.loc[~passes, "group"].value_counts()
        if len(gone):
            counts = {group: int(gone[group]) for group in self.groups if group in gone}
            self.turned_away.append({RULE: rule, **counts})
            self.why |= dict.fromkeys(self._watched & set(self.rows.index[~passes]), rule)
        self.rows = self.rows[passes]


def group_of(rows: pd.DataFrame, settings: StimulusSettings) -> pd.Series:
    """Return the group of each image, None for those in no group of the set.

    Raises
    ------
    InputError
        An image belongs to two groups.
    """
    group = pd.Series(None, index=rows.index, dtype=object)
    for name in settings.groups:
        if name in settings.ranges:
            low, high = settings.ranges[name]
            inside = rows["n_correct"].between(low, high)
        else:
            inside = rows["difficulty"] == name
        if (both := inside & group.notna()).any():
            other = group[both].iloc[0]
            raise InputError(
                f"{int(both.sum())} images belong to both {other!r} and {name!r}; make the groups of the set "
                "in study.toml disjoint"
            )
        group[inside] = name
    return group


def candidates_of(
    material: Material,
    settings: StimulusSettings,
    rng: np.random.Generator,
    *,
    fixed: Sequence[str] = (),
    progress: Progress = no_progress,
) -> Candidates:
    """Return the images that may enter a set, in an order drawn by chance.

    Rules that need only tables come first, so that as few images as possible are measured.

    Parameters
    ----------
    fixed : sequence of str
        Images that a set has already: of near-duplicates these are the ones that stay.

    Raises
    ------
    InputError
        A covariate holds no numbers, or an image belongs to two groups.
    """
    rules = settings.eligible
    rows = material.rows.assign(group=group_of(material.rows, settings))
    sieve = Sieve(rows[rows["group"].notna()], settings.groups, fixed)
    sieve.let_through("not among the images", sieve.rows["sha256"].notna())
    sieve.let_through("seen by too few models", sieve.rows["difficulty"].notna())
    sieve.let_through("label error", ~sieve.rows["label_error"].astype(bool))
    if rules.min_stability > 0:
        sieve.let_through("min_stability", sieve.rows["stability"] >= rules.min_stability)
    if "allow_images" in material.lists:
        sieve.let_through("allow_images", sieve.rows.index.isin(material.lists["allow_images"]))
    if "deny_images" in material.lists:
        sieve.let_through("deny_images", ~sieve.rows.index.isin(material.lists["deny_images"]))
    if "allow_classes" in material.lists:
        sieve.let_through("allow_classes", sieve.rows["class_name"].isin(material.lists["allow_classes"]))
    if "deny_classes" in material.lists:
        sieve.let_through("deny_classes", ~sieve.rows["class_name"].isin(material.lists["deny_classes"]))
    for name in settings.match.exact:
        sieve.let_through(f"no value of {name}", sieve.rows[name].notna())
    if _needs_features(settings):
        sieve.rows = sieve.rows.join(_features(material, sieve.rows, settings, progress))
        short, long = _sides(sieve.rows)
        sieve.let_through("min_side_px", short >= rules.min_side_px)
        if rules.max_aspect_ratio is not None:
            short, long = _sides(sieve.rows)
            sieve.let_through("max_aspect_ratio", long <= rules.max_aspect_ratio * short)
    for name in settings.match.covariates:
        values = sieve.rows[name]
        if not pd.api.types.is_numeric_dtype(values):
            raise InputError(f"covariate {name}: not a column of numbers; match on it with `exact`")
        if len(values) and values.isna().all():
            raise InputError(
                f"covariate {name}: has no value for any of {len(values)} images; leave it out in study.toml"
            )
        sieve.let_through(f"no value of {name}", values.notna())
    sieve.rows = _shuffled(sieve.rows, rng, fixed)
    n_fixed = int(sieve.rows.index.isin(fixed).sum())
    sieve.let_through("same file as another", _first_of_its_kind(sieve.rows, n_fixed))
    if rules.min_hash_distance:
        n_fixed = int(sieve.rows.index.isin(fixed).sum())
        near = apart(hash_bits(sieve.rows["phash"].tolist()), rules.min_hash_distance, n_fixed)
        sieve.let_through("min_hash_distance", near)
    return Candidates(sieve.rows, tuple(sieve.turned_away), sieve.why)


def _first_of_its_kind(rows: pd.DataFrame, n_fixed: int) -> np.ndarray:
    first = ~rows["sha256"].duplicated().to_numpy()
    first[:n_fixed] = True
    return first


def _shuffled(rows: pd.DataFrame, rng: np.random.Generator, fixed: Sequence[str]) -> pd.DataFrame:
    """Order by chance: what is fixed first, then the scarcest group, so that duplicates cost it least."""
    sizes = rows.groupby("group")["group"].transform("size").to_numpy(dtype=float)
    sizes[rows.index.isin(fixed)] = 0
    # Uniform doubles come straight from the generator's bits: numpy promises no stable stream beyond them.
    return rows.iloc[np.lexsort((rng.random(len(rows)), sizes))]


def _needs_features(settings: StimulusSettings) -> bool:
    rules = settings.eligible
    return bool(
        rules.min_side_px > 1
        or rules.max_aspect_ratio is not None
        or rules.min_hash_distance
        or set(settings.match.covariates) & set(FEATURES)
    )


def _features(
    material: Material, rows: pd.DataFrame, settings: StimulusSettings, progress: Progress
) -> pd.DataFrame:
    return measured(
        dict(zip(rows.index, rows["sha256"], strict=True)),
        material.source,
        originals=material.originals,
        cache=material.cache,
        hashes=settings.eligible.min_hash_distance > 0,
        progress=progress,
    )


def _sides(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    sides = rows[["width_px", "height_px"]]
    return sides.min(axis=1), sides.max(axis=1)


def cap_classes(
    candidates: Candidates, settings: StimulusSettings, taken: Mapping[str, int] | None = None
) -> Candidates:
    """Leave at most `max_per_class` candidates of a class, shared out so that most tuples can be formed.

    How many of each class stay in each group is an integer programme: the number of tuples of one image a
    group (within the strata of an exact match) is made as large as can be, then the number of images. Which
    ones stay, chance has decided already.

    Parameters
    ----------
    taken : mapping of str to int, optional
        Class → images that a set has already.
    """
    cap = settings.eligible.max_per_class
    if cap is None or candidates.rows.empty:
        return candidates
    rows = candidates.rows
    cells = pd.DataFrame(
        {"group": rows["group"], "class": rows["class_name"], "stratum": strata(rows, settings)}
    )
    sizes = cells.value_counts(sort=False).sort_index().reset_index(name="n")
    n_cells, n_strata = len(sizes), sizes["stratum"].max() + 1
    # Unknowns: images of each cell, then tuples of each stratum, each worth more than all images together.
    gains = np.concatenate([np.ones(n_cells), np.full(n_strata, 1.0 + len(rows))])
    programme = Programme(gains, np.concatenate([sizes["n"], np.full(n_strata, len(rows))]))
    for name, of_class in sizes.groupby("class"):
        programme.limit(of_class.index, 0, max(0, cap - (taken or {}).get(str(name), 0)))
    for group in settings.groups:
        for stratum in range(n_strata):
            inside = sizes.index[(sizes["group"] == group) & (sizes["stratum"] == stratum)]
            weights = [*np.ones(len(inside)), -1.0]
            programme.limit([*inside, n_cells + stratum], 0, np.inf, weights)
    solved = programme.solve()
    assert solved is not None  # none of each is within every limit
    keys = sizes[["group", "class", "stratum"]].itertuples(index=False, name=None)
    quota = dict(zip(keys, solved.tolist(), strict=False))
    place = cells.groupby(["group", "class", "stratum"]).cumcount().to_numpy()
    most = np.array([quota[key] for key in cells.itertuples(index=False, name=None)])
    sieve = Sieve(rows, settings.groups)
    sieve.let_through(CLASS_CAP, place < most)
    return Candidates(sieve.rows, (*candidates.turned_away, *sieve.turned_away))


def strata(rows: pd.DataFrame, settings: StimulusSettings) -> np.ndarray:
    """Return for each image the number of its stratum: what partners must share; shape (n_images,)."""
    if not settings.match.exact:
        return np.zeros(len(rows), dtype=int)
    return rows.groupby(list(settings.match.exact), observed=True).ngroup().to_numpy()
