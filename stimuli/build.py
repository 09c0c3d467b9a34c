"""Build a stimulus set: who may enter, who is drawn, with whom, in which trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model_eval.images.open import InspectedSource
from stimuli.balance import balance_table, giveaway_auc, unbalanced
from stimuli.columns import FEATURES
from stimuli.eligibility import Candidates, candidates_of, cap_classes
from stimuli.features import measured
from stimuli.inputs import Material, gather, generator_of_set
from stimuli.matching import Space, draw_tuples
from stimuli.records import Block, StimulusSet
from stimuli.settings import MatchSettings, StimulusSettings
from stimuli.tasks import structure_of
from stimuli.trials import Slot, deal, trials_of
from stimuli.write_set import Contents, item_ids_of, write_set
from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress
from tricky.core.randomness import generator


def build_set(
    difficulty: Path,
    source: InspectedSource,
    settings: StimulusSettings,
    *,
    name: str,
    folder: Path,
    seed: int,
    root: Path | None = None,
    originals: Path | None = None,
    catalogue: pd.DataFrame | None = None,
    cache: Path | None = None,
    replace: bool = False,
    progress: Progress = no_progress,
) -> StimulusSet[Any]:
    """Build the stimulus set `name` from a difficulty table and leave it in `folder`.

    Images that break a rule are turned away and counted. Of the others, one image of the scarcest group is
    drawn by chance for each trial, and partners from the other groups are assigned to it, as like as the
    covariates of the study ask. Trials of practice and main block never share an image. Items are named after
    their content, so neither name nor order tells the difficulty. The same table, settings and seed give the
    same set. The folder appears whole or not at all; building the same set again changes nothing.

    Parameters
    ----------
    difficulty : Path
        Folder of the difficulty table.
    source : InspectedSource
        The images that the table speaks of.
    root : Path, optional
        Folder that the paths in `settings` are relative to (by default, that above `difficulty`).
    originals : Path, optional
        Folder of the source's files, for a source that has files.
    catalogue : DataFrame, optional
        `image_id` and `sha256` of the source's images, where they are known.
    cache : Path, optional
        Where measured features are remembered from one build to the next.
    replace : bool
        Let a different set that stands in `folder` go.

    Raises
    ------
    InputError
        There are too few images of a group, or too few that can be matched; the images are not the table's;
        or `folder` holds another set, which observers may already have seen.
    """
    material = gather(
        difficulty,
        source,
        settings,
        name=name,
        root=difficulty.parent if root is None else root,
        originals=originals,
        catalogue=catalogue,
        cache=cache,
        progress=progress,
    )
    rng = generator_of_set(seed, name)
    eligible = candidates_of(material, settings, rng, progress=progress)
    ordinary, catch = part_catch(eligible, material, settings)
    slots = draw_slots(cap_classes(ordinary, settings), catch, settings, rng)
    folds = generator(seed, "stimuli", name, "folds")
    contents = contents_of(slots, eligible, material, settings, folds, progress=progress)
    return write_set(
        contents, material, settings, name=name, folder=folder, seed=seed, replace=replace, progress=progress
    )


def part_catch(
    eligible: Candidates, material: Material, settings: StimulusSettings
) -> tuple[Candidates, Candidates]:
    """Part ordinary candidates from those that the lab listed as unmistakable, which serve for no more."""
    listed = eligible.rows.index.isin(material.lists.get("catch_images", ()))
    if listed.sum() == 0 and settings.catch_trials:
        raise InputError(
            f"{settings.catch_images}: none of its {len(material.lists['catch_images'])} images is eligible; "
            "list images of the set's groups"
        )
    return (
        replaced(eligible, rows=eligible.rows[~listed]),
        replaced(eligible, rows=eligible.rows[listed]),
    )


def draw_slots(
    ordinary: Candidates, catch: Candidates, settings: StimulusSettings, rng: np.random.Generator
) -> list[Slot]:
    """Draw the images of every trial: catch trials first, then practice and main block together."""
    structure = structure_of(settings.task)
    n_practice, n_main, n_catch = (
        structure.n_tuples(n, len(settings.groups))
        for n in (settings.practice_trials, settings.trials, settings.catch_trials)
    )
    unmistakable: list[tuple[str, ...]] = []
    # They check attention, not ability: that they are unmistakable matters, not that they are matched.
    plain = settings.model_copy(update={"match": MatchSettings()})
    if n_catch:
        try:
            unmistakable = draw_tuples(cap_classes(catch, plain), plain, n_catch)
        except InputError as error:
            raise InputError(f"{settings.catch_images}: {error}") from None
    taken = Counter(str(catch.rows.loc[image, "class_name"]) for images in unmistakable for image in images)
    tuples = draw_tuples(cap_classes(ordinary, settings, taken), settings, n_practice + n_main)
    practice = structure.fill(tuples[:n_practice], settings.practice_trials, settings, rng)
    main = structure.fill(tuples[n_practice:], settings.trials, settings, rng)
    unmistakable = structure.fill(unmistakable, settings.catch_trials, plain, rng)
    slots = [Slot(Block.MAIN, images) for images in main]
    slots += [Slot(Block.MAIN, images, catch=True) for images in unmistakable]
    group_of_image = ordinary.rows["group"].to_dict() | catch.rows["group"].to_dict()
    kinds = [structure.kind([group_of_image[image] for image in slot.images]) for slot in slots]
    return [
        *(Slot(Block.PRACTICE, images) for images in practice),
        *deal(slots, kinds, settings.sessions, settings.repeat_trials),
    ]


def contents_of(
    slots: Sequence[Slot],
    eligible: Candidates,
    material: Material,
    settings: StimulusSettings,
    rng: np.random.Generator,
    *,
    progress: Progress = no_progress,
) -> Contents:
    """Describe a finished set: its items with all that is measured on them, its trials, and its summary."""
    image_ids = sorted({image for slot in slots for image in slot.images})
    rows = eligible.rows.loc[image_ids]
    features = measured(
        dict(zip(image_ids, rows["sha256"], strict=True)),
        material.source,
        originals=material.originals,
        cache=material.cache,
        hashes=settings.eligible.min_hash_distance > 0,
        progress=progress,
    )
    rows = rows[[name for name in rows.columns if name not in features]].join(features)
    if rows["phash"].isna().all():
        rows = rows.drop(columns="phash")
    main = [image for slot in slots if slot.block is Block.MAIN and not slot.catch for image in slot.images]
    covariates = tuple(
        name for name in dict.fromkeys((*settings.match.covariates, *FEATURES)) if rows[name].notna().any()
    )
    space = Space.of(eligible.rows, settings.match)
    balance = balance_table(eligible.rows, rows.loc[main], settings.groups, covariates)
    summary = {
        "eligible": {
            "labelled": len(material.rows),
            "groups": {group: eligible.count(group) for group in settings.groups},
            "turned_away": list(eligible.turned_away),
        },
        "scale_sd": dict(zip(space.covariates, space.scale.tolist(), strict=True)),
        "histogram": _histogram(material.rows, eligible.rows, rows),
        "balance": balance,
        "giveaway": giveaway_auc(rows.loc[main], covariates, rng),
        "warnings": unbalanced(balance, covariates),
    }
    return Contents(rows, trials_of(slots, item_ids_of(rows)), summary, {})


def _histogram(
    labelled: pd.DataFrame, eligible: pd.DataFrame, used: pd.DataFrame
) -> dict[str, dict[str, int]]:
    """Count images by number of correct models: all that are labelled, those eligible, those used."""
    parts = {"labelled": labelled, "eligible": eligible, "used": used}
    return {
        name: {str(k): int(n) for k, n in rows["n_correct"].value_counts().sort_index().items()}
        for name, rows in parts.items()
    }
