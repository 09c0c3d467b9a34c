"""A successor of a stimulus set under the labels of another pool, with as few changes as possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from stimuli.build import contents_of, draw_slots, split_catch
from stimuli.eligibility import Candidates, candidates_of, cap_classes, group_of
from stimuli.inputs import Sources, generator_of_set, read_inputs
from stimuli.records import StimulusSet, read_any_set
from stimuli.refill import RefillPool, refill_slots
from stimuli.settings import StimulusSettings
from stimuli.trials import slots_of
from stimuli.write_set import Contents, NewSet, item_ids_of, write_set
from tricky.core.progress import Progress, no_progress
from tricky.core.randomness import generator


def refresh_set(
    parent: Path, sources: Sources, new: NewSet, *, full: bool = False, progress: Progress = no_progress
) -> StimulusSet:
    """Build the successor of a set from newer labels.

    The successor has the parent's settings. An image is kept if the new labels and the rules still allow it;
    a trial is kept if all its images are, and belong to the same groups as before. Other trials are refilled
    so that as many images as possible are kept, and then so that new images are as similar as possible to
    those that they replace and to their partners. Items and trials that are kept have the same ids, because
    ids are hashes of content. The parent is not changed.

    Parameters
    ----------
    parent : Path
        Folder of the set that observers have seen.
    sources : Sources
        The new labels, and the images.
    new : NewSet
        The successor.
    full : bool
        Draw all images again, and only report the difference.

    Raises
    ------
    InputError
        The parent is damaged, or there are too few images to replace those that are dropped.
    """
    old = read_any_set(parent)
    old.refuse_imported("a successor")
    settings = old.settings
    inputs = read_inputs(sources, settings, old.name, progress)
    rng = generator_of_set(new.seed, new.name)
    had = old_images(old, settings)
    fixed = [] if full else list(had.index)
    eligible = candidates_of(inputs, settings, rng, fixed=fixed, progress=progress)
    # A different picture under the same name is a different image: neither kept, nor added under its old
    # name.
    hashes = eligible.rows["sha256"].reindex(had.index)
    other_picture = had.index[hashes.notna() & (hashes != had["image_sha256"])]
    candidates = Candidates(eligible.rows.drop(other_picture), eligible.excluded, eligible.reasons)
    ordinary, catch = split_catch(candidates, inputs, settings)
    if full:
        slots = draw_slots(cap_classes(ordinary, settings), catch, settings, rng)
    else:
        parents_slots = slots_of(old.trials, {item.item_id: item.image_id for item in old.items.values()})
        slots = refill_slots(parents_slots, RefillPool(had, ordinary, catch, settings))
    folds = generator(new.seed, "stimuli", new.name, "folds")
    contents = contents_of(slots, candidates, inputs, settings, folds, progress=progress)
    reasons = dropped_because(had, contents.rows, inputs.rows, candidates, full=full)
    reasons |= dict.fromkeys(other_picture, "another picture under this name")
    changes = changes_of(had, contents.rows, inputs.rows, reasons)
    contents = replace(
        contents,
        summary=_since(old, contents, changes, full=full) | dict(contents.summary),
        tables={"changes.tsv": changes.drop(columns="group")},
    )
    return write_set(contents, inputs, settings, new, progress)


def _since(old: StimulusSet, contents: Contents, changes: pd.DataFrame, *, full: bool) -> dict[str, Any]:
    """Return the entries of the manifest about the parent and what changed since."""
    trials_before = {trial.trial_id for trial in old.trials}
    return {
        "parent": {
            "name": old.name,
            "set_id": old.set_id,
            "balance": [row.model_dump(mode="json") for row in old.manifest.balance],
        },
        "refresh": {
            "full": full,
            **summary_of(changes),
            "trials_kept": sum(trial.trial_id in trials_before for trial in contents.trials),
        },
    }


def old_images(old: StimulusSet, settings: StimulusSettings) -> pd.DataFrame:
    """Return the parent's items by `image_id`, with the `group` that they had."""
    rows = pd.DataFrame([vars(item) | dict(old.more[name]) for name, item in old.items.items()])
    for covariate in settings.match.covariates:
        rows[covariate] = pd.to_numeric(rows[covariate], errors="coerce")
    return rows.set_index("image_id").assign(group=lambda each: group_of(each, settings))


def dropped_because(
    had: pd.DataFrame, has: pd.DataFrame, labelled: pd.DataFrame, candidates: Candidates, *, full: bool
) -> dict[str, str]:
    """Return why each dropped image was dropped, by `image_id`."""
    reasons = {}
    for image_id, old in had[~had.index.isin(has.index)].iterrows():
        name = str(image_id)
        if name not in labelled.index:
            reasons[name] = "no longer labelled"
        elif name in candidates.reasons:
            reasons[name] = candidates.reasons[name]
        elif labelled.loc[name, "difficulty"] != old["difficulty"]:
            reasons[name] = f"now {labelled.loc[name, 'difficulty']}"
        elif name not in candidates.rows.index:
            reasons[name] = "now outside the range of its group"
        else:
            reasons[name] = "drawn again" if full else "no partner"
    return reasons


def changes_of(
    had: pd.DataFrame, has: pd.DataFrame, labelled: pd.DataFrame, reasons: Mapping[str, str]
) -> pd.DataFrame:
    """Return what happened to every image of either set.

    Returns
    -------
    DataFrame
        One row per item, sorted by `item_id`: `image_id`, `change` (``kept``, ``dropped``, ``added``),
        `reason` if it was dropped, `difficulty`, `n_correct` and `n_models` before and after (missing where
        there is no such label), and `group`: that of the parent, or else of the successor.
    """
    item_ids = item_ids_of(has) | dict(zip(had.index, had["item_id"], strict=True))
    before = had.to_dict("index")
    after = labelled[labelled.index.isin(list(item_ids))].to_dict("index")
    rows = []
    for image_id in sorted(item_ids, key=item_ids.__getitem__):
        change = "added" if image_id not in before else "kept" if image_id in has.index else "dropped"
        row: dict[str, Any] = {"item_id": item_ids[image_id], "image_id": image_id, "change": change}
        row["reason"] = reasons.get(image_id)
        for label in ("difficulty", "n_correct", "n_models"):
            row[f"{label}_before"] = before.get(image_id, {}).get(label)
            row[f"{label}_after"] = after.get(image_id, {}).get(label)
        row["group"] = has.loc[image_id, "group"] if change == "added" else before[image_id]["group"]
        rows.append(row)
    counts = {
        f"{label}_{when}": "Int64" for label in ("n_correct", "n_models") for when in ("before", "after")
    }
    return pd.DataFrame(rows).astype(counts)


def summary_of(changes: pd.DataFrame) -> dict[str, Any]:
    """Count images kept, dropped, added (by group), dropped (by reason), and kept with another share."""
    counted: dict[str, Any] = {}
    for change in ("kept", "dropped", "added"):
        groups = Counter(changes.loc[changes["change"] == change, "group"])
        counted[change] = {str(group): groups[group] for group in sorted(groups)}
    kept = changes[changes["change"] == "kept"]
    before = kept["n_correct_before"] * kept["n_models_after"]
    after = kept["n_correct_after"] * kept["n_models_before"]
    reasons = Counter(changes["reason"].dropna())
    return {
        **counted,
        "reasons": {str(reason): reasons[reason] for reason in sorted(reasons)},
        "kept_with_other_share_correct": int((before != after).sum()),
    }
