"""What a stimulus set is drawn from: labels, their images, and the lab's own table and lists."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from model_eval.difficulty import read_difficulty
from model_eval.images.check import Inspection
from model_eval.images.image_source import InspectedSource
from model_eval.images.no_images import NoImages
from stimuli.lab_lists import read_lists, read_own_table
from stimuli.settings import StimulusSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.matching import Matches, match_entries
from tricky.core.names import find_file
from tricky.core.progress import Progress, no_progress


@dataclass(frozen=True)
class Sources:
    """Where the labels and the images of a stimulus set come from.

    Attributes
    ----------
    difficulty : Path
        Folder of the difficulty table.
    images : InspectedSource
        The images that it labels.
    root : Path
        The study's folder; paths in the settings are relative to it.
    originals : Path or None
        Folder of image files, in which an `image_id` is a path; None for images that are not files.
    catalogue : DataFrame or None
        `image_id` and `sha256` of the images, where they are known already; None: the images are listed.
    cache : Path or None
        File that keeps measured features from one build to the next.
    made_from : mapping of str to str or None
        What the labels were made from, file → SHA-256, where `difficulty` itself is temporary.
    """

    difficulty: Path
    images: InspectedSource
    root: Path
    originals: Path | None = None
    catalogue: pd.DataFrame | None = None
    cache: Path | None = None
    made_from: Mapping[str, str] | None = None

    @property
    def without_images(self) -> bool:
        """Whether the study has no images, so that nothing can be measured, copied or shown."""
        return isinstance(self.images, NoImages)


@dataclass(frozen=True)
class Inputs:
    """Everything that a stimulus set is drawn from, besides its settings and its seed.

    Attributes
    ----------
    rows : DataFrame, indexed and sorted by `image_id`
        The difficulty table; `sha256` of each image's content (missing where there is no such image, empty
        where the study has no images at all); the columns of the lab's table.
    sources : Sources
    lists : dict of str to frozenset of str
        `allow_images`, `deny_images`, `catch_images`, `allow_classes`, `deny_classes`: the images and
        classes that the lab lists, named as in the labels.
    matched : dict of str to dict
        Name of each list, of the lab's table, and of a published table of counts → how many entries match.
    made_from : dict of str to str
        File relative to the study → SHA-256.
    """

    rows: pd.DataFrame
    sources: Sources
    lists: dict[str, frozenset[str]]
    matched: dict[str, dict[str, int]]
    made_from: dict[str, str]

    def check_originals(self, image_ids: list[str]) -> None:
        """Check that image files are still those that the models saw.

        Raises
        ------
        InputError
            One has changed.
        """
        if self.sources.originals is None:
            return
        for image_id in image_ids:
            path = find_file(self.sources.originals, image_id)
            if sha256_of(path) != self.rows.loc[image_id, "sha256"]:
                raise InputError(f"{path}: changed since the models saw it; run `tricky evaluate` again")


def read_inputs(
    sources: Sources, settings: StimulusSettings, name: str, progress: Progress = no_progress
) -> Inputs:
    """Read and join what a set is drawn from.

    Names of images and classes are compared in Unicode's composed form.

    Parameters
    ----------
    sources : Sources
    settings : StimulusSettings
    name : str
        Name of the set in the study file, for messages.

    Raises
    ------
    InputError
        The labels are of other images; a file is missing or empty; an entry of a list matches nothing; a
        column is missing; or there is a rule about classes, and images without a class.
    """
    table = read_difficulty(sources.difficulty)
    published = table.manifest.images is None
    if not published and table.manifest.images != sources.images.name:
        raise InputError(
            f"{sources.difficulty}: labels images of {table.manifest.images}, study.toml has "
            f"{sources.images.name}; run `tricky evaluate` and `tricky label` again"
        )
    root = sources.root
    rows, of_labels = _labelled(table.images, _catalogue(sources, table.images, progress), sources)
    matched = {"counts": of_labels.counts()} if published else {}
    own, of_table = read_own_table(settings, rows, name=name, root=root)

    def inspect() -> Inspection:
        return Inspection(rows.reset_index()) if sources.without_images else sources.images.inspect(progress)

    lists = read_lists(settings, rows, inspect, name=name, root=root)
    made_from = _labels_made_from(sources)
    for path in (*lists.files, *settings.table):
        made_from[path.as_posix()] = sha256_of(root / path)
    return Inputs(rows.join(own), sources, lists.names, matched | of_table | lists.matched, made_from)


def _catalogue(sources: Sources, labelled: pd.DataFrame, progress: Progress) -> pd.DataFrame:
    """Return `image_id` and `sha256` of the images; the hash is empty where the study has none."""
    if sources.without_images:
        return labelled[["image_id"]].assign(sha256="")
    return sources.images.catalogue(progress) if sources.catalogue is None else sources.catalogue


def _labels_made_from(sources: Sources) -> dict[str, str]:
    if sources.made_from:
        return dict(sources.made_from)
    manifest = sources.difficulty / "difficulty.json"
    return {Path(os.path.relpath(manifest, sources.root)).as_posix(): sha256_of(manifest)}


def _labelled(
    images: pd.DataFrame, catalogue: pd.DataFrame, sources: Sources
) -> tuple[pd.DataFrame, Matches]:
    """Return the labelled images, named as the images are, with the hash of each."""
    hashes = catalogue.set_index("image_id")["sha256"]
    image_ids: list[str] = images["image_id"].tolist()
    where, what = str(sources.difficulty), f"image of {sources.images.name}"
    found = match_entries(image_ids, hashes.index, where=where, what=what, partial=True)
    names = [found.found.get(each, each) for each in image_ids]
    rows = images.assign(image_id=names).set_index("image_id").sort_index()
    rows["sha256"] = hashes.reindex(rows.index)
    return rows, found


def generator_of_set(seed: int, name: str) -> np.random.Generator:
    """Return the random generator of a set, from the study's seed and the name of the set."""
    return np.random.default_rng([seed, *name.encode()])
