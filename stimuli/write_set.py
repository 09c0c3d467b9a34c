"""Write the folder of a set (tables, images, manifest), whole or not at all."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from stimuli.columns import FEATURE_COLUMNS, trial_item_columns
from stimuli.export_images import check_referable, export_image
from stimuli.inputs import Inputs
from stimuli.manifest import CONTENT, SetManifest, set_id_of
from stimuli.records import Item, StimulusSet, Trial, read_any_set
from stimuli.set_folder import NewSet
from stimuli.settings import StimulusSettings
from stimuli.trials import item_id_of
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of
from tricky.core.manifests import write_manifest
from tricky.core.names import find_file
from tricky.core.progress import Progress, no_progress
from tricky.core.write_tables import write_tsv


@dataclass(frozen=True)
class Contents:
    """The contents of a set, except its image files and their hashes.

    Attributes
    ----------
    rows : DataFrame, indexed by `image_id`
        One row per image of the set: `group`, labels, features, and columns of the lab's table.
    trials : sequence of Trial
    summary : mapping
        Entries of the manifest: `eligible`, `balance`, `feature_classifier`, `warnings` …
    tables : mapping of str to DataFrame
        Further tables, by file name.
    """

    rows: pd.DataFrame
    trials: Sequence[Trial]
    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]


def item_ids_of(rows: pd.DataFrame) -> dict[str, str]:
    """Return the item id of each image, by `image_id`."""
    return {
        image_id: item_id_of(image_id, digest)
        for image_id, digest in zip(rows.index, rows["sha256"], strict=True)
    }


def carried_columns(settings: StimulusSettings) -> list[str]:
    """Return the further columns of ``items.tsv``: those that rules are checked by, and the lab's."""
    named = ["stability", "image_sha256", *FEATURE_COLUMNS, *settings.match.covariates]
    named += [*settings.match.exact, *settings.carry]
    own = {each.name for each in fields(Item)}
    return [name for name in dict.fromkeys(named) if name not in own]


def write_set(
    contents: Contents,
    inputs: Inputs,
    settings: StimulusSettings,
    new: NewSet,
    progress: Progress = no_progress,
) -> StimulusSet:
    """Export the images, write the tables and the manifest, and move everything into place in one step.

    Raises
    ------
    InputError
        An image changed since the models saw it, can't be shown, or the folder contains another set.
    """
    folder = new.folder
    with new.written() as part:
        columns = [each.name for each in fields(Item)]
        more = [
            column
            for column in carried_columns(settings)
            if column == "image_sha256" or column in contents.rows
        ]
        items = _export(contents.rows, inputs, settings, part, folder, progress)
        rows = [[_cell(item[column]) for column in (*columns, *more)] for item in items]
        _write_read_only(part / "items.tsv", [*columns, *more], rows)
        _write_trials(part / "trials.tsv", contents.trials)
        for file, table in contents.tables.items():
            cells = [[_cell(value) for value in row] for row in table.itertuples(index=False)]
            _write_read_only(part / file, list(table.columns), cells)
        hashes = {file: sha256_of(part / file) for file in (*CONTENT, *contents.tables)}
        manifest = {
            "set_id": set_id_of(hashes),
            "name": new.name,
            "task": settings.task,
            "tables": hashes,
            **contents.summary,
            "lists": {key: sorted(names) for key, names in inputs.lists.items()},
            "matched": inputs.matched,
            "made_from": inputs.made_from,
            "settings": {"stimuli": settings.model_dump(mode="json")},
            "seed": new.seed,
            "versions": versions_of("numpy", "pandas", "scipy", "pillow", "scikit-learn", "imagehash"),
        }
        write_manifest(part / "stimulus_set.json", SetManifest, manifest)
    return read_any_set(folder)


def _export(
    rows: pd.DataFrame,
    inputs: Inputs,
    settings: StimulusSettings,
    part: Path,
    folder: Path,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Write each image; return the cells of the items in the order of their ids."""
    item_ids = item_ids_of(rows)
    originals = inputs.sources.originals
    without = inputs.sources.without_images
    if without and not settings.export.reference:
        raise InputError(
            f"{folder}: the study has no images to copy; refer to them only, with `--reference` or "
            "`reference = true` "
            "in its export settings, or name them in [images]"
        )
    if settings.export.reference and originals is None and not without:
        raise InputError(
            f"{inputs.sources.images.name}: has no image files to refer to; leave `reference` out of "
            "study.toml"
        )
    inputs.check_originals(list(item_ids))
    if not settings.export.reference:
        (part / "images").mkdir()

    def export(image_id: str) -> dict[str, Any]:
        item_id, file, digest = item_ids[image_id], "", ""
        if settings.export.reference and not without:
            original = find_file(originals, image_id)  # type: ignore[arg-type] - refused above
            check_referable(original)
            file, digest = Path(os.path.relpath(original, folder)).as_posix(), sha256_of(original)
        elif not settings.export.reference:
            file = f"images/{item_id}.png"
            try:
                export_image(inputs.sources.images.read(image_id), settings.export, part / file)
            except InputError as error:
                raise InputError(f"{image_id}: {error}") from None
            digest = sha256_of(part / file)
        row: dict[str, Any] = dict(zip(rows.columns, rows.loc[image_id], strict=True))
        own = {"item_id": item_id, "image_id": image_id, "file": file, "sha256": digest}
        return {**row, "image_sha256": row["sha256"], **own}

    items: list[dict[str, Any]] = []
    with ThreadPoolExecutor() as pool:
        for item in pool.map(export, sorted(item_ids, key=item_ids.__getitem__)):
            items.append(item)
            progress("Exporting images", len(items), len(item_ids))
    return items


def _write_trials(path: Path, trials: Sequence[Trial]) -> None:
    places = trial_item_columns(len(trials[0].item_ids))
    rows = [
        [
            trial.trial_id,
            trial.block.value,
            *trial.item_ids,
            trial.session,
            trial.catch,
            trial.repeats,
        ]
        for trial in trials
    ]
    _write_read_only(path, ["trial_id", "block", *places, "session", "catch", "repeats"], rows)


def _cell(value: Any) -> Any:
    """Return a value as a cell: numbers without trailing zeros, an empty class name as missing."""
    if isinstance(value, float) and not math.isnan(value):
        return f"{value:.9g}"
    return None if isinstance(value, str) and not value else value


def _write_read_only(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table that is not meant to be edited."""
    write_tsv(path, columns, rows)
    path.chmod(0o444)
