"""A successor of a set under the labels of another pool: as little changed as the labels demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from model_eval.images.open import InspectedSource
from stimuli.build import contents_of, draw_slots, part_catch
from stimuli.eligibility import Candidates, candidates_of, cap_classes, group_of
from stimuli.inputs import gather, generator_of_set
from stimuli.records import StimulusSet, read_any_set
from stimuli.refill import Situation, renew
from stimuli.settings import StimulusSettings
from stimuli.trials import slots_of
from stimuli.write_set import item_ids_of, write_set
from tricky.core.progress import Progress, no_progress
from tricky.core.randomness import generator


def refresh_set(
    parent: Path,
    difficulty: Path,
    source: InspectedSource,
    *,
    name: str,
    folder: Path,
    seed: int,
    root: Path,
    originals: Path | None = None,
    catalogue: pd.DataFrame | None = None,
    cache: Path | None = None,
    made_from: dict[str, str] | None = None,
    full: bool = False,
    replace: bool = False,
    progress: Progress = no_progress,
) -> StimulusSet[Any]:
    """Build the successor `name` of the set in `parent` from newer labels, and leave it in `folder`.

    The successor has the parent's settings. An image stays if the new labels and the rules of entry still let
    it; a trial stays if all its images do and are still of its groups. The rest is filled up so that as many
    images as possible stay, then so that what takes the place of a dropped image is as like it, and as
    like its partner, as can be. Items and trials that stay keep their ids, as these follow from content. The
    parent is not touched.

    Parameters
    ----------
    parent : Path
        Folder of the set that observers have seen.
    difficulty : Path
        Folder of the new labels.
    made_from : dict of str to str, optional
        What the labels were made from, where `difficulty` itself will not stay.
    full : bool
        Draw everything anew, and only tell the difference.
    root, originals, catalogue, cache, replace
        As for `stimuli.build.build_set`.

    Raises
    ------
    InputError
        The parent is no sound set, or there are too few images to replace what has to go.
    """
    old = read_any_set(parent)
    settings = old.settings
    material = gather(
        difficulty,
        source,
        settings,
        name=old.name,
        root=root,
        originals=originals,
        catalogue=catalogue,
        cache=cache,
        made_from=made_from,
        progress=progress,
    )
    rng = generator_of_set(seed, name)
    had = old_images(old, settings)
    fixed = [] if full else list(had.index)
    eligible = candidates_of(material, settings, rng, fixed=fixed, progress=progress)
    # Another picture under the same name is another image: neither kept nor, under its old name, put in anew.
    hashes = eligible.rows["sha256"].reindex(had.index)
    other_picture = had.index[hashes.notna() & (hashes != had["image_sha256"])]
    candidates = Candidates(eligible.rows.drop(other_picture), eligible.turned_away, eligible.why)
    ordinary, catch = part_catch(candidates, material, settings)
    if full:
        slots = draw_slots(cap_classes(ordinary, settings), catch, settings, rng)
    else:
        parents_slots = slots_of(old.trials, {item.item_id: item.image_id for item in old.items.values()})
        slots = renew(parents_slots, Situation(had, ordinary, catch, settings))
    folds = generator(seed, "stimuli", name, "folds")
    contents = contents_of(slots, candidates, material, settings, folds, progress=progress)
    reasons = dropped_because(had, contents.rows, material.rows, candidates, full=full)
    reasons |= dict.fromkeys(other_picture, "another picture under this name")
    changes = changes_of(had, contents.rows, material.rows, reasons)
    trials_before = {trial.trial_id for trial in old.trials}
    summary = {
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
        **contents.summary,
    }
    written = {"changes.tsv": changes.drop(columns="group")}
    contents = type(contents)(contents.rows, contents.trials, summary, written)
    return write_set(
        contents, material, settings, name=name, folder=folder, seed=seed, replace=replace, progress=progress
    )


def old_images(old: StimulusSet[Any], settings: StimulusSettings) -> pd.DataFrame:
    """Return the parent's items by `image_id`, with the `group` that they were shown as."""
    rows = pd.DataFrame([vars(item) | dict(old.more[name]) for name, item in old.items.items()])
    for covariate in settings.match.covariates:
        rows[covariate] = pd.to_numeric(rows[covariate], errors="coerce")
    return rows.set_index("image_id").assign(group=lambda each: group_of(each, settings))


def dropped_because(
    had: pd.DataFrame, has: pd.DataFrame, labelled: pd.DataFrame, candidates: Candidates, *, full: bool
) -> dict[str, str]:
    """Say of every image that went why it did."""
    reasons = {}
    for image_id, old in had[~had.index.isin(has.index)].iterrows():
        name = str(image_id)
        if name not in labelled.index:
            reasons[name] = "no longer labelled"
        elif name in candidates.why:
            reasons[name] = candidates.why[name]
        elif labelled.loc[name, "difficulty"] != old["difficulty"]:
            reasons[name] = f"now {labelled.loc[name, 'difficulty']}"
        elif name not in candidates.rows.index:
            reasons[name] = "now outside the range of its group"
        else:
            reasons[name] = "drawn anew" if full else "no partner"
    return reasons


def changes_of(
    had: pd.DataFrame, has: pd.DataFrame, labelled: pd.DataFrame, reasons: Mapping[str, str]
) -> pd.DataFrame:
    """Say of every image of either set what became of it.

    Returns
    -------
    DataFrame
        One row an item, by `item_id`: `image_id`, `change` (``kept``, ``dropped``, ``added``), `reason` of a
        dropped one, `difficulty`, `n_correct` and `n_models` before and after (missing where there is no such
        label), and `group`: the one it was shown as before, or is now.
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
    """Count what changed: kept, dropped and added by group, dropped by reason, and counts of models."""
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
