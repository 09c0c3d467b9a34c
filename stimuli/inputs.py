"""What a set is drawn from: labels, the images they speak of, and the lab's own table and lists."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from model_eval.images.lists import read_image_list
from model_eval.images.open import ImageSource
from model_eval.records import read_difficulty
from stimuli.settings import StimulusSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
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
        `allow_images`, `deny_images`, `catch_images`: the image ids that the lab's files list.
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
    made_from: dict[str, str]
    root: Path
    originals: Path | None = None
    cache: Path | None = None

    def check_originals(self, image_ids: list[str]) -> None:
        """Refuse images whose files are no longer those that the models saw."""
        if self.originals is None:
            return
        for image_id in image_ids:
            path = self.originals / image_id
            if sha256_of(path) != self.rows.loc[image_id, "sha256"]:
                raise InputError(f"{path}: changed since the models saw it; run `tricky evaluate` again")


def gather(
    difficulty: Path,
    source: ImageSource,
    settings: StimulusSettings,
    *,
    root: Path,
    originals: Path | None = None,
    catalogue: pd.DataFrame | None = None,
    cache: Path | None = None,
    made_from: dict[str, str] | None = None,
    progress: Progress = no_progress,
) -> Material:
    """Read and join what a set is drawn from.

    Parameters
    ----------
    difficulty : Path
        Folder of the difficulty table.
    source : ImageSource
        The images that it speaks of.
    root : Path
        Folder that the paths in `settings` are relative to.
    catalogue : DataFrame, optional
        `image_id` and `sha256`, where they are known already; else the source lists its images anew.
    made_from : dict of str to str, optional
        What the labels were made from, where `difficulty` itself will not stay.

    Raises
    ------
    InputError
        The labels are of other images, or a file is missing, empty or names unknown columns.
    """
    table = read_difficulty(difficulty)
    if table.manifest["images"] not in (None, source.name):
        raise InputError(
            f"{difficulty}: labels images of {table.manifest['images']}, study.toml has {source.name}; "
            "run `tricky evaluate` and `tricky label` again"
        )
    manifest = difficulty / "difficulty.json"
    made_from = dict(made_from) if made_from else {_from(root, manifest): sha256_of(manifest)}
    if catalogue is None:
        catalogue = source.catalogue(progress)
    hashes = catalogue.set_index("image_id")["sha256"]
    rows = table.images.set_index("image_id").sort_index()
    rows["sha256"] = hashes.reindex(rows.index)
    if settings.table is not None:
        rows = rows.join(_read_table(root / settings.table, settings, rows))
        made_from[settings.table.as_posix()] = sha256_of(root / settings.table)
    lists = {}
    for name, path in (
        ("allow_images", settings.eligible.allow_images),
        ("deny_images", settings.eligible.deny_images),
        ("catch_images", settings.catch_images),
    ):
        if path is not None:
            lists[name] = read_image_list(root / path)
            made_from[path.as_posix()] = sha256_of(root / path)
    return Material(rows, source, lists, made_from, root, originals, cache)


def _from(root: Path, path: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _read_table(path: Path, settings: StimulusSettings, rows: pd.DataFrame) -> pd.DataFrame:
    """Read the lab's own columns, indexed by `image_id`."""
    try:
        table = pd.read_csv(path, dtype={"image_id": "str"})
    except FileNotFoundError:
        raise InputError(f"{path}: no such file, though study.toml names it") from None
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path}: not readable as CSV ({error})") from None
    if "image_id" not in table:
        raise InputError(f"{path}: lacks the column image_id; its columns are {', '.join(table.columns)}")
    if twice := table.loc[table["image_id"].duplicated(), "image_id"].tolist():
        raise InputError(f"{path}: {twice[0]} has more than one row; leave one")
    if missing := [name for name in settings.carry if name not in table]:
        raise InputError(f"{path}: lacks the column {missing[0]}, which study.toml wants to carry")
    if taken := [name for name in table.columns if name in rows.columns]:
        raise InputError(f"{path}: the column {taken[0]} stands in difficulty.parquet already; rename it")
    return table.set_index("image_id")


def generator_of_set(seed: int, name: str) -> np.random.Generator:
    """Return the random generator that a set is drawn with, from the study's seed and the set's name."""
    return np.random.default_rng([seed, *name.encode()])
