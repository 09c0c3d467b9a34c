"""Build a stimulus set: draw the images, pair them, export them once."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
from model_eval.images import ImageSource

from model_eval.artefacts import (
    InputError,
    Progress,
    no_progress,
    read_json,
    sha256_of,
    versions_of,
    write_json,
)
from model_eval.records import Difficulty, DifficultyTable, read_difficulty
from stimuli.records import MADE_BY, Block, Item, PairTrial, StimulusSet, read_stimulus_set
from stimuli.settings import StimulusSettings


@dataclass(frozen=True)
class ImagePair:
    """One trivial and one impossible image (their `image_id`), before they become items of a set."""

    block: Block
    trivial: str
    impossible: str

    @property
    def image_ids(self) -> tuple[str, str]:
        """Both images."""
        return self.trivial, self.impossible


def build_set(
    difficulty: Path,
    source: ImageSource,
    settings: StimulusSettings,
    *,
    name: str,
    folder: Path,
    seed: int,
    replace: bool = False,
    progress: Progress = no_progress,
) -> StimulusSet:
    """Build the stimulus set `name` from a difficulty table and leave it in `folder`.

    Trivial and impossible images are drawn at random, each used once, paired at random, and named so
    that a file's name or place tells nothing of its difficulty.  The same table, settings and seed give
    the same set.  The folder appears whole or not at all; building the same set again changes nothing.

    Parameters
    ----------
    difficulty : Path
        Folder of the difficulty table.
    source : ImageSource
        The images that the table speaks of.
    replace : bool
        Let a different set that stands in `folder` go.

    Raises
    ------
    InputError
        There are too few images of a difficulty, the images are not the table's, or `folder` holds another
        set, which observers may already have seen.
    """
    table = read_difficulty(difficulty)
    if table.manifest["images"] not in (None, source.name):
        raise InputError(
            f"{difficulty}: labels images of {table.manifest['images']}, study.toml has {source.name}; "
            "run `tricky evaluate` and `tricky label` again"
        )
    rng = np.random.default_rng([seed, *name.encode()])
    pairs = draw_pairs(table, settings, rng)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}.") as scratch:
        part = Path(scratch) / "set"
        item_ids = number_items(pairs, rng)
        items = export_items(item_ids, table.images, source, part, progress)
        tables = {"items.tsv": (Item, items), "trials.tsv": (PairTrial, number_trials(pairs, item_ids))}
        for file, (record, rows) in tables.items():
            write_tsv(part / file, [field.name for field in fields(record)], map(astuple, rows))
        hashes = {file: sha256_of(part / file) for file in tables}
        manifest = {
            "set_id": sha256_of("".join(hashes.values()))[:16],
            "name": name,
            "task": settings.task,
            "tables": hashes,
            "made_from": {"difficulty/difficulty.json": sha256_of(difficulty / "difficulty.json")},
            "settings": {"stimuli": settings.model_dump(mode="json")},
            "seed": seed,
            "versions": versions_of("numpy", "pillow"),
        }
        write_json(part / "stimulus_set.json", manifest)
        move_into_place(part, folder, replace=replace)
    return read_stimulus_set(folder)


def draw_pairs(
    table: DifficultyTable, settings: StimulusSettings, rng: np.random.Generator
) -> tuple[ImagePair, ...]:
    """Draw as many trivial and impossible images as the set needs and pair them, practice first.

    Rows are sorted by `image_id` before chance comes in, so that their order in the table means nothing.
    Images whose label is known to be wrong are left out.

    Raises
    ------
    InputError
        There are fewer images of a difficulty than pairs.
    """
    needed = settings.practice_trials + settings.trials
    eligible = table.images[~table.images["label_error"]].sort_values("image_id")
    drawn: dict[Difficulty, list[str]] = {}
    for difficulty in (Difficulty.TRIVIAL, Difficulty.IMPOSSIBLE):
        ids = eligible.loc[eligible["difficulty"] == difficulty, "image_id"].to_numpy(dtype=object)
        if len(ids) < needed:
            raise InputError(
                f"difficulty.parquet: {len(ids)} {difficulty} images, {needed} needed "
                f"({settings.trials} trials + {settings.practice_trials} for practice); "
                "ask for fewer in study.toml, or label more images"
            )
        drawn[difficulty] = list(rng.choice(ids, size=needed, replace=False))
    blocks = [Block.PRACTICE] * settings.practice_trials + [Block.MAIN] * settings.trials
    return tuple(
        ImagePair(block, trivial, impossible)
        for block, trivial, impossible in zip(
            blocks, drawn[Difficulty.TRIVIAL], drawn[Difficulty.IMPOSSIBLE], strict=True
        )
    )


def number_items(pairs: Sequence[ImagePair], rng: np.random.Generator) -> dict[str, str]:
    """Give each image an item id whose number tells nothing; in the order of the numbers."""
    image_ids = [image_id for pair in pairs for image_id in pair.image_ids]
    digits = max(3, len(str(len(image_ids))))
    shuffled = enumerate(rng.permutation(len(image_ids)), start=1)
    return {image_ids[which]: f"item-{number:0{digits}d}" for number, which in shuffled}


def number_trials(pairs: Sequence[ImagePair], item_ids: Mapping[str, str]) -> list[PairTrial]:
    """Make each pair a trial, its two items in the order of their numbers, which tells nothing."""
    digits = max(3, len(str(len(pairs))))
    return [
        PairTrial(
            f"trial-{number:0{digits}d}", pair.block, *sorted(item_ids[each] for each in pair.image_ids)
        )
        for number, pair in enumerate(pairs, start=1)
    ]


def export_items(
    item_ids: Mapping[str, str],
    images: pd.DataFrame,
    source: ImageSource,
    folder: Path,
    progress: Progress,
) -> list[Item]:
    """Write each image once, as PNG at its own resolution and without metadata; return the items."""
    (folder / "images").mkdir(parents=True)
    rows = images.set_index("image_id").loc[list(item_ids)].to_dict("index")
    items = []
    for image_id, item_id in item_ids.items():
        file = f"images/{item_id}.png"
        image = source.read(image_id)
        image.info.clear()
        image.save(folder / file, format="PNG")
        row = rows[image_id]
        items.append(
            Item(
                item_id=item_id,
                image_id=image_id,
                file=file,
                sha256=sha256_of(folder / file),
                label=int(row["label"]),
                class_name=row["class_name"],
                difficulty=row["difficulty"],
                n_correct=int(row["n_correct"]),
                n_models=int(row["n_models"]),
            )
        )
        progress("Export images", len(items), len(item_ids))
    return items


def write_tsv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table with Unix line ends, quoting only what must be."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def move_into_place(part: Path, folder: Path, *, replace: bool) -> None:
    """Make the finished set `part` stand in `folder`, unless another set stands there.

    The same set is written anew, which mends a damaged one and brings its origins up to date.

    Raises
    ------
    InputError
        `folder` holds something else, and `replace` is off.
    """
    if folder.exists():
        if not replace and _set_id(folder) != _set_id(part):
            raise InputError(
                f"{folder}: holds another stimulus set, which observers may have seen; give the new one "
                f"a name of its own in study.toml ([stimuli.NAME]), or let the old go: `{MADE_BY} --replace`"
            )
        folder.rename(part.with_name("old"))
    part.rename(folder)


def _set_id(folder: Path) -> str | None:
    manifest = folder / "stimulus_set.json"
    return read_json(manifest, MADE_BY)["set_id"] if manifest.is_file() else None
