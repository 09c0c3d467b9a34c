"""Build a stimulus set: select eligible images, match them, and make trials of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace as replaced

import numpy as np
import pandas as pd

from stimuli.balance import balance_table, classify_by_features, unbalanced
from stimuli.columns import FEATURES
from stimuli.eligibility import Candidates, candidates_of, cap_classes
from stimuli.features import measured, unmeasured
from stimuli.inputs import Inputs, Sources, generator_of_set, read_inputs
from stimuli.matching import Space, draw_tuples
from stimuli.records import Block, StimulusSet
from stimuli.settings import MatchSettings, StimulusSettings
from stimuli.tasks import structure_of
from stimuli.trials import Slot, deal, trials_of
from stimuli.write_set import Contents, NewSet, item_ids_of, write_set
from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress
from tricky.core.randomness import generator


def build_set(
    sources: Sources, settings: StimulusSettings, new: NewSet, progress: Progress = no_progress
) -> StimulusSet:
    """Build a stimulus set from a difficulty table.

    Images that break a rule are excluded and counted. Of the others, images of the scarcest group are drawn
    at random, and partners from the other groups are assigned to each, as similar in the covariates of the
    settings as possible. Trials are made from these tuples as the task declares. Practice and main block
    never share an image. Items are named after their content, so neither names nor order reveal the
    difficulty. The same labels, settings and seed give the same set. The folder appears whole or not at all;
    building the same set again changes nothing.

    Raises
    ------
    InputError
        There are too few images of a group, or too few that can be matched; the images are not those that
        were labelled; or the folder contains another set, which observers may have seen.
    """
    inputs = read_inputs(sources, settings, new.name, progress)
    rng = generator_of_set(new.seed, new.name)
    eligible = candidates_of(inputs, settings, rng, progress=progress)
    ordinary, catch = split_catch(eligible, inputs, settings)
    slots = draw_slots(cap_classes(ordinary, settings), catch, settings, rng)
    folds = generator(new.seed, "stimuli", new.name, "folds")
    contents = contents_of(slots, eligible, inputs, settings, folds, progress=progress)
    return write_set(contents, inputs, settings, new, progress)


def split_catch(
    eligible: Candidates, inputs: Inputs, settings: StimulusSettings
) -> tuple[Candidates, Candidates]:
    """Split candidates into ordinary ones and those that the lab lists for catch trials.

    Raises
    ------
    InputError
        None of the images listed is eligible.
    """
    listed = eligible.rows.index.isin(inputs.lists.get("catch_images", ()))
    if listed.sum() == 0 and settings.catch_trials:
        raise InputError(
            f"{settings.catch_images}: none of its {len(inputs.lists['catch_images'])} images is eligible; "
            "list images of the set's groups"
        )
    return (
        replaced(eligible, rows=eligible.rows[~listed]),
        replaced(eligible, rows=eligible.rows[listed]),
    )


def draw_slots(
    ordinary: Candidates, catch: Candidates, settings: StimulusSettings, rng: np.random.Generator
) -> list[Slot]:
    """Draw the images of all trials: catch trials first, then practice and main block together.

    Raises
    ------
    InputError
        There are too few images of a group, or too few that can be matched.
    """
    structure = structure_of(settings.task)
    n_practice, n_main, n_catch = (
        structure.n_tuples(n, len(settings.groups))
        for n in (settings.practice_trials, settings.trials, settings.catch_trials)
    )
    unmistakable: list[tuple[str, ...]] = []
    # Catch trials check attention, not ability: their images must be unmistakable, but need not match.
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
    inputs: Inputs,
    settings: StimulusSettings,
    rng: np.random.Generator,
    *,
    progress: Progress = no_progress,
) -> Contents:
    """Return the contents of a set: its items with their measured features, its trials, and its summary."""
    image_ids = sorted({image for slot in slots for image in slot.images})
    rows = eligible.rows.loc[image_ids]
    features = (
        unmeasured(image_ids)
        if inputs.sources.without_images
        else measured(
            dict(zip(image_ids, rows["sha256"], strict=True)),
            inputs.sources.images,
            originals=inputs.sources.originals,
            cache=inputs.sources.cache,
            hashes=settings.eligible.min_hash_distance > 0,
            progress=progress,
        )
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
            "labelled": len(inputs.rows),
            "groups": {group: eligible.count(group) for group in settings.groups},
            "excluded": list(eligible.excluded),
        },
        "scale_sd": dict(zip(space.covariates, space.scale.tolist(), strict=True)),
        "histogram": _histogram(inputs.rows, eligible.rows, rows),
        "balance": balance,
        "feature_classifier": classify_by_features(rows.loc[main], covariates, rng),
        "warnings": unbalanced(balance, covariates),
    }
    return Contents(rows, trials_of(slots, item_ids_of(rows)), summary, {})


def _histogram(
    labelled: pd.DataFrame, eligible: pd.DataFrame, used: pd.DataFrame
) -> dict[str, dict[str, int]]:
    """Count images by number of correct models: all labelled ones, eligible ones, and those used."""
    parts = {"labelled": labelled, "eligible": eligible, "used": used}
    return {
        name: {str(k): int(n) for k, n in rows["n_correct"].value_counts().sort_index().items()}
        for name, rows in parts.items()
    }
