"""A stimulus set as it stands on disk: the door of this room."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path

from model_eval.artefacts import InputError, check_hash, read_json

MADE_BY = "tricky stimuli build"


class Block(StrEnum):
    """The part of a session that a trial belongs to."""

    PRACTICE = "practice"
    MAIN = "main"


@dataclass(frozen=True)
class Item:
    """One image that observers see.

    Attributes
    ----------
    item_id : str
        Name within the set; tells nothing of the difficulty.
    image_id : str
        Name in the data set that the image comes from.
    file : str
        Path of the image relative to the set's folder, with ``/``.
    sha256 : str
        Hash of that file.
    label, class_name : int, str
        The true class.
    difficulty : str
        ``trivial``, ``in-between`` or ``impossible`` when the set was built.
    n_correct, n_models : int
        Number of models that were right, and that were asked.
    """

    item_id: str
    image_id: str
    file: str
    sha256: str
    label: int
    class_name: str
    difficulty: str
    n_correct: int
    n_models: int


@dataclass(frozen=True)
class PairTrial:
    """Two items shown together; which side each takes is drawn for each observer."""

    trial_id: str
    block: Block
    item_a: str
    item_b: str


@dataclass(frozen=True)
class StimulusSet:
    """Items and trials of one set, in the set's own order.

    Attributes
    ----------
    folder : Path
        Where it lies; `Item.file` is relative to it.
    set_id : str
        Hash of its content: the same id, the same images in the same trials.
    name, task : str
        Name within the study, and the task it is made for (``2afc``).
    items : dict of str to Item
        By `item_id`.
    trials : tuple of PairTrial
        Practice first.
    """

    folder: Path
    set_id: str
    name: str
    task: str
    items: dict[str, Item]
    trials: tuple[PairTrial, ...]

    def harder_item(self, trial: PairTrial) -> str | None:
        """Return the `item_id` that fewer models got right, or None where both have as many.

        Shares, not counts, are compared: items labelled by pools of different size stay comparable.
        """
        a, b = self.items[trial.item_a], self.items[trial.item_b]
        share_a, share_b = a.n_correct * b.n_models, b.n_correct * a.n_models
        if share_a == share_b:
            return None
        return trial.item_a if share_a < share_b else trial.item_b


def read_stimulus_set(folder: Path) -> StimulusSet:
    """Read a set, its tables and images held against the hashes in ``stimulus_set.json``.

    Raises
    ------
    InputError
        The folder holds no finished set, or a table or an image is missing or changed.
    """
    manifest_path = folder / "stimulus_set.json"
    manifest = read_json(manifest_path, MADE_BY)
    for name, digest in manifest["tables"].items():
        check_hash(folder / name, digest, manifest_path, MADE_BY)
    items = {
        row["item_id"]: Item(
            **row | {key: int(row[key]) for key in ("label", "n_correct", "n_models")}  # type: ignore[arg-type]
        )
        for row in _read_tsv(folder / "items.tsv", [field.name for field in fields(Item)])
    }
    trials = tuple(
        PairTrial(row["trial_id"], Block(row["block"]), row["item_a"], row["item_b"])
        for row in _read_tsv(folder / "trials.tsv", [field.name for field in fields(PairTrial)])
    )
    for item in items.values():
        check_hash(folder / item.file, item.sha256, folder / "items.tsv", MADE_BY)
    return StimulusSet(folder, manifest["set_id"], manifest["name"], manifest["task"], items, trials)


def _read_tsv(path: Path, columns: list[str]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t")
        if list(reader.fieldnames or ()) != columns:
            raise InputError(
                f"{path}: columns are {reader.fieldnames}, expected {columns}; run `{MADE_BY}` again"
            )
        return list(reader)
