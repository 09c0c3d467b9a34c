"""What a set is drawn from: labels, their images, and the lab's own table and lists."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from model_eval.images.open import ImageSource, InspectedSource
from model_eval.records import read_difficulty
from stimuli.lab_lists import read_lists, read_own_table
from stimuli.settings import StimulusSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.matching import Matches, match_entries
from tricky.core.names import find_file
from tricky.core.progress import Progress, no_progress


@dataclass(frozen=True)
class Material:
    """Everything that the drawing of a set depends on, besides its settings and its seed.

    Attributes
    ----------
    rows : DataFrame, indexed and sorted by `image_id`
        The difficulty table; `sha256` of each image's content (missing where the source has no such image);
        the columns of the lab's table.
    source : ImageSource
    lists : dict of str to frozenset of str
        `allow_images`, `deny_images`, `catch_images`, `allow_classes`, `deny_classes`: the images and
        classes that the lab lists, as the labels call them.
    matched : dict of str to dict
        Name of each list, of the lab's table, and of a published table of counts → how many entries match.
    made_from : dict of str to str
        File relative to the study → SHA-256.
    root : Path
        The study's folder.
    originals : Path or None
        Folder of image files that an `image_id` is a path in; None for a source without files.
    cache : Path or None
        Where measured features are remembered.
    """

    rows: pd.DataFrame
    source: ImageSource
    lists: dict[str, frozenset[str]]
    matched: dict[str, dict[str, int]]
    made_from: dict[str, str]
    root: Path
    originals: Path | None = None
    cache: Path | None = None

    def check_originals(self, image_ids: list[str]) -> None:
        """Refuse images whose files are no longer those that the models saw."""
        if self.originals is None:
            return
        for image_id in image_ids:
            path = find_file(self.originals, image_id)
            if sha256_of(path) != self.rows.loc[image_id, "sha256"]:
                raise InputError(f"{path}: changed since the models saw it; run `tricky evaluate` again")


def gather(
    difficulty: Path,
    source: InspectedSource,
    settings: StimulusSettings,
    *,
    name: str,
    root: Path,
    originals: Path | None = None,
    catalogue: pd.DataFrame | None = None,
    cache: Path | None = None,
    made_from: dict[str, str] | None = None,
    progress: Progress = no_progress,
) -> Material:
    """Read and join what a set is drawn from.

    Names of images and classes are compared in Unicode's composed form.

    Parameters
    ----------
    difficulty : Path
        Folder of the difficulty table.
    source : InspectedSource
        The images that it labels.
    name : str
        The set's name in the study file, for messages.
    root : Path
        Folder that the paths in `settings` are relative to.
    catalogue : DataFrame, optional
        `image_id` and `sha256`, where they are known already; else the source lists its images.
    made_from : dict of str to str, optional
        What the labels were made from, where `difficulty` itself will not stay.

    Raises
    ------
    InputError
        The labels are of other images; a file is missing or empty; an entry of a list matches nothing; a
        column isn't there; or there is a rule about classes, and images without a class.
    """
    table = read_difficulty(difficulty)
    published = table.manifest.images is None
    if not published and table.manifest.images != source.name:
        raise InputError(
            f"{difficulty}: labels images of {table.manifest.images}, study.toml has {source.name}; "
            "run `tricky evaluate` and `tricky label` again"
        )
    manifest = difficulty / "difficulty.json"
    made_from = dict(made_from) if made_from else {_from(root, manifest): sha256_of(manifest)}
    known = source.catalogue(progress) if catalogue is None else catalogue
    rows, of_labels = _labelled(table.images, known, difficulty, source.name)
    matched = {"counts": of_labels.counts()} if published else {}
    own, of_table = read_own_table(settings, rows, name=name, root=root)

    lists = read_lists(settings, rows, lambda: source.inspect(progress), name=name, root=root)
    for path in (*lists.files, *([] if settings.table is None else [settings.table])):
        made_from[path.as_posix()] = sha256_of(root / path)
    matched |= of_table | lists.matched
    return Material(rows.join(own), source, lists.names, matched, made_from, root, originals, cache)


def _labelled(
    images: pd.DataFrame, catalogue: pd.DataFrame, difficulty: Path, source: str
) -> tuple[pd.DataFrame, Matches]:
    """Return the labelled images by the names that the images have, with the hash of each."""
    hashes = catalogue.set_index("image_id")["sha256"]
    image_ids: list[str] = images["image_id"].tolist()
    what = f"image of {source}"
    found = match_entries(image_ids, hashes.index, where=str(difficulty), what=what, partial=True)
    names = [found.found.get(each, each) for each in image_ids]
    rows = images.assign(image_id=names).set_index("image_id").sort_index()
    rows["sha256"] = hashes.reindex(rows.index)
    return rows, found


def _from(root: Path, path: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def generator_of_set(seed: int, name: str) -> np.random.Generator:
    """Return the random generator that a set is drawn with, from the study's seed and the set's name."""
    return np.random.default_rng([seed, *name.encode()])
