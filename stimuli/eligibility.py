"""Which images are eligible for a set, and how many each rule excludes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from stimuli.columns import FEATURES, RULE
from stimuli.features import measured
from stimuli.inputs import Inputs
from stimuli.integer_program import IntegerProgram
from stimuli.near_duplicates import apart, hash_bits
from stimuli.settings import StimulusSettings
from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress

CLASS_CAP = "max_per_class"


@dataclass(frozen=True)
class Candidates:
    """Eligible images, and the number of those that were excluded.

    Attributes
    ----------
    rows : DataFrame, indexed by `image_id`, in random order
        The columns of `Inputs.rows`, `group`, and where they were needed the measured features.
    excluded : tuple of dict
        In the order in which the rules were applied: `rule`, and group → number of images. An image counts
        under the first rule that excludes it.
    reasons : dict of str to str
        Image of the set that is refreshed → the rule that excluded it.
    """

    rows: pd.DataFrame
    excluded: tuple[dict[str, Any], ...]
    reasons: dict[str, str] = field(default_factory=dict)

    def count(self, group: str) -> int:
        """Return the number of candidates of a group."""
        return int((self.rows["group"] == group).sum())

    def main_exclusion(self, group: str) -> str:
        """Return, in words, which rule excluded most images of a group."""
        rules = [each for each in self.excluded if each.get(group, 0)]
        if not rules:
            return "no rule excluded any"
        most = max(rules, key=lambda each: each[group])
        return f"most of them excluded by {most['rule']}: {most[group]} images"


class RuleFilter:
    """Applies one rule after another, and counts the images that each excludes.

    Parameters
    ----------
    rows : DataFrame, indexed by `image_id`
        The images, with their `group`.
    groups : sequence of str
    watched : sequence of str
        Images whose exclusion is remembered with its rule.
    """

    def __init__(self, rows: pd.DataFrame, groups: Sequence[str], watched: Sequence[str] = ()) -> None:
        self.rows = rows
        self.groups = groups
        self.excluded: list[dict[str, Any]] = []
        self.reasons: dict[str, str] = {}
        self._watched = frozenset(watched)

    def require(self, rule: str, passes: pd.Series | np.ndarray) -> None:
        """Keep the rows that pass a rule; a rule that excludes no image is not listed."""
        passes = np.asarray(passes, dtype=bool)
        gone = self.rows.loc[~passes, "group"].value_counts()
        if len(gone):
            counts = {group: int(gone[group]) for group in self.groups if group in gone}
            self.excluded.append({RULE: rule, **counts})
            self.reasons |= dict.fromkeys(self._watched & set(self.rows.index[~passes]), rule)
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
    inputs: Inputs,
    settings: StimulusSettings,
    rng: np.random.Generator,
    *,
    fixed: Sequence[str] = (),
    progress: Progress = no_progress,
) -> Candidates:
    """Return the images that are eligible for a set, in random order.

    Rules that need only tables come first, so that as few images as possible are measured.

    Parameters
    ----------
    fixed : sequence of str
        Images of the set that is refreshed: of near-duplicates, these are kept.

    Raises
    ------
    InputError
        A covariate holds no numbers, or an image belongs to two groups.
    """
    rules = settings.eligible
    rows = inputs.rows.assign(group=group_of(inputs.rows, settings))
    images = RuleFilter(rows[rows["group"].notna()], settings.groups, fixed)
    images.require("not among the images", images.rows["sha256"].notna())
    images.require("seen by too few models", images.rows["difficulty"].notna())
    images.require("label error", ~images.rows["label_error"].astype(bool))
    if rules.min_stability > 0:
        images.require("min_stability", images.rows["stability"] >= rules.min_stability)
    if "allow_images" in inputs.lists:
        images.require("allow_images", images.rows.index.isin(inputs.lists["allow_images"]))
    if "deny_images" in inputs.lists:
        images.require("deny_images", ~images.rows.index.isin(inputs.lists["deny_images"]))
    if "allow_classes" in inputs.lists:
        images.require("allow_classes", images.rows["class_name"].isin(inputs.lists["allow_classes"]))
    if "deny_classes" in inputs.lists:
        images.require("deny_classes", ~images.rows["class_name"].isin(inputs.lists["deny_classes"]))
    for name in settings.match.exact:
        images.require(f"no value of {name}", images.rows[name].notna())
    if _needs_features(settings):
        images.rows = images.rows.join(_features(inputs, images.rows, settings, progress))
        short, long = _sides(images.rows)
        images.require("min_side_px", short >= rules.min_side_px)
        if rules.max_aspect_ratio is not None:
            short, long = _sides(images.rows)
            images.require("max_aspect_ratio", long <= rules.max_aspect_ratio * short)
    for name in settings.match.covariates:
        values = images.rows[name]
        if not pd.api.types.is_numeric_dtype(values):
            raise InputError(f"covariate {name}: not a column of numbers; match on it with `exact`")
        if len(values) and values.isna().all():
            raise InputError(
                f"covariate {name}: has no value for any of {len(values)} images; leave it out in study.toml"
            )
        images.require(f"no value of {name}", values.notna())
    images.rows = _shuffled(images.rows, rng, fixed)
    n_fixed = int(images.rows.index.isin(fixed).sum())
    images.require("same file as another", _first_of_its_kind(images.rows, n_fixed))
    if rules.min_hash_distance:
        n_fixed = int(images.rows.index.isin(fixed).sum())
        near = apart(hash_bits(images.rows["phash"].tolist()), rules.min_hash_distance, n_fixed)
        images.require("min_hash_distance", near)
    return Candidates(images.rows, tuple(images.excluded), images.reasons)


def _first_of_its_kind(rows: pd.DataFrame, n_fixed: int) -> np.ndarray:
    first = ~(rows["sha256"].duplicated() & (rows["sha256"] != "")).to_numpy()  # empty: it is not known
    first[:n_fixed] = True
    return first


def _shuffled(rows: pd.DataFrame, rng: np.random.Generator, fixed: Sequence[str]) -> pd.DataFrame:
    """Order at random: fixed images first, then the scarcest group, so that it loses least to duplicates."""
    sizes = rows.groupby("group")["group"].transform("size").to_numpy(dtype=float)
    sizes[rows.index.isin(fixed)] = 0
    # Uniform doubles come straight from the generator's bits; numpy guarantees no other stream.
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
    inputs: Inputs, rows: pd.DataFrame, settings: StimulusSettings, progress: Progress
) -> pd.DataFrame:
    if inputs.sources.without_images:
        raise InputError(
            'the study has no images ([images] source = "none"), and size, near-duplicates and low-level '
            "features "
            "of images cannot be measured without them; take these rules and covariates out of study.toml"
        )
    return measured(
        dict(zip(rows.index, rows["sha256"], strict=True)),
        inputs.sources.images,
        originals=inputs.sources.originals,
        cache=inputs.sources.cache,
        hashes=settings.eligible.min_hash_distance > 0,
        progress=progress,
    )


def _sides(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    sides = rows[["width_px", "height_px"]]
    return sides.min(axis=1), sides.max(axis=1)


def cap_classes(
    candidates: Candidates, settings: StimulusSettings, taken: Mapping[str, int] | None = None
) -> Candidates:
    """Keep at most `max_per_class` candidates of a class, such that as many tuples as possible can be formed.

    How many of each class are kept in each group is an integer programme: it maximises the number of tuples
    of one image per group (within the strata of an exact match), then the number of images. The candidates
    are in random order, and the first ones are kept.

    Parameters
    ----------
    taken : mapping of str to int, optional
        Class → number of images that are already used.
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
    # Variables: images of each cell, then tuples of each stratum, each worth more than all images together.
    gains = np.concatenate([np.ones(n_cells), np.full(n_strata, 1.0 + len(rows))])
    program = IntegerProgram(gains, np.concatenate([sizes["n"], np.full(n_strata, len(rows))]))
    for name, of_class in sizes.groupby("class"):
        program.constrain(of_class.index, 0, max(0, cap - (taken or {}).get(str(name), 0)))
    for group in settings.groups:
        for stratum in range(n_strata):
            inside = sizes.index[(sizes["group"] == group) & (sizes["stratum"] == stratum)]
            weights = [*np.ones(len(inside)), -1.0]
            program.constrain([*inside, n_cells + stratum], 0, np.inf, weights)
    solved = program.solve()
    assert solved is not None  # zero of everything satisfies all constraints
    keys = sizes[["group", "class", "stratum"]].itertuples(index=False, name=None)
    quota = dict(zip(keys, solved.tolist(), strict=False))
    place = cells.groupby(["group", "class", "stratum"]).cumcount().to_numpy()
    most = np.array([quota[key] for key in cells.itertuples(index=False, name=None)])
    images = RuleFilter(rows, settings.groups)
    images.require(CLASS_CAP, place < most)
    return Candidates(images.rows, (*candidates.excluded, *images.excluded))


def strata(rows: pd.DataFrame, settings: StimulusSettings) -> np.ndarray:
    """Return the index of each image's stratum, which partners must share; shape (n_images,)."""
    if not settings.match.exact:
        return np.zeros(len(rows), dtype=int)
    return rows.groupby(list(settings.match.exact), observed=True).ngroup().to_numpy()
