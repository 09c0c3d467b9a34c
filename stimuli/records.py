"""A stimulus set as it stands on disk: the door of this room."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from tricky.core.errors import InputError
from tricky.core.files import check_hash, read_json

MADE_BY = "tricky stimuli build"
PAIR_TASK = "2afc"


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
        Made from the image, so that it is the same in every set; tells nothing of the difficulty.
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
class Trial:
    """What every trial has, whatever its task.

    Attributes
    ----------
    trial_id : str
        Made from the items, so that the same items are the same trial in every set.
    block : Block
    session : int
        Which of the set's lists it belongs to, from 1; 0 for practice, which every session begins with.
    catch : bool
        Whether its items are unmistakable: a check of attention, not of ability.
    repeats : str or None
        `trial_id` of the trial that is shown a second time here.
    """

    trial_id: str
    block: Block
    session: int = field(default=1, kw_only=True)
    catch: bool = field(default=False, kw_only=True)
    repeats: str | None = field(default=None, kw_only=True)

    @property
    def item_ids(self) -> tuple[str, ...]:
        """The items shown."""
        raise NotImplementedError


@dataclass(frozen=True)
class PairTrial(Trial):
    """Two items shown together; which side each takes is drawn for each observer."""

    item_a: str
    item_b: str

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Both items, in an order that tells nothing."""
        return self.item_a, self.item_b


@dataclass(frozen=True)
class ImageTrial(Trial):
    """One item shown alone."""

    item: str

    @property
    def item_ids(self) -> tuple[str, ...]:
        """The one item."""
        return (self.item,)


@dataclass(frozen=True)
class Question:
    """One question about each image of a rating task, with its answers in the order shown."""

    name: str
    text: str
    answers: tuple[str, ...]


AnyTrial = TypeVar("AnyTrial", bound=Trial, covariant=True)


@dataclass(frozen=True)
class StimulusSet(Generic[AnyTrial]):
    """Items and trials of one set, in the set's own order.

    Attributes
    ----------
    folder : Path
        Where it lies; `Item.file` is relative to it.
    set_id : str
        Hash of its content: the same id, the same images in the same trials.
    name, task : str
        Name within the study, and the task it is made for (``2afc``, ``single`` or ``rating``).
    items : dict of str to Item
        By `item_id`.
    trials : tuple of PairTrial, or of ImageTrial
        Practice first.
    more : mapping of str to mapping
        By `item_id`: further columns of ``items.tsv``, as text (covariates, licence, source …).
    manifest : mapping
        The content of ``stimulus_set.json``.
    """

    folder: Path
    set_id: str
    name: str
    task: str
    items: dict[str, Item]
    trials: tuple[AnyTrial, ...]
    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What observers are asked about each image of a rating task."""
        asked = self.manifest.get("settings", {}).get("stimuli", {}).get("questions", ())
        return tuple(Question(each["name"], each["text"], tuple(each["answers"])) for each in asked)

    @property
    def n_sessions(self) -> int:
        """Number of lists that the main block is cut into."""
        return max((trial.session for trial in self.trials), default=1)

    def harder_item(self, trial: PairTrial) -> str | None:
        """Return the `item_id` that fewer models got right, or None where both have as many.

        Shares, not counts, are compared: items labelled by pools of different size stay comparable.
        """
        a, b = self.items[trial.item_a], self.items[trial.item_b]
        share_a, share_b = a.n_correct * b.n_models, b.n_correct * a.n_models
        if share_a == share_b:
            return None
        return trial.item_a if share_a < share_b else trial.item_b


def read_any_set(folder: Path) -> StimulusSet[Any]:
    """Read a set made for any task, held against its hashes.

    Raises
    ------
    InputError
        The folder holds no finished set, or a table or an image is missing or changed.
    """
    stimulus_set = read_tables(folder)
    for item in stimulus_set.items.values():
        check_hash(folder / item.file, item.sha256, folder / "items.tsv", MADE_BY)
    return stimulus_set


def read_tables(folder: Path) -> StimulusSet[Any]:
    """Read a set made for any task, its tables held against their hashes, its images not looked at."""
    manifest_path = folder / "stimulus_set.json"
    manifest = read_json(manifest_path, MADE_BY)
    for name, digest in manifest["tables"].items():
        check_hash(folder / name, digest, manifest_path, MADE_BY)
    columns = [each.name for each in fields(Item)]
    items, more = {}, {}
    for row in _read_tsv(folder / "items.tsv", columns):
        own = {
            key: int(row[key]) if key in ("label", "n_correct", "n_models") else row[key] for key in columns
        }
        if row["item_id"] in items:
            raise InputError(f"{folder / 'items.tsv'}: {row['item_id']} stands twice; run `{MADE_BY}` again")
        items[row["item_id"]] = Item(**own)  # type: ignore[arg-type]
        more[row["item_id"]] = {key: value for key, value in row.items() if key not in columns}
    places = ("item_a", "item_b") if manifest["task"] == PAIR_TASK else ("item",)
    rows = _read_tsv(folder / "trials.tsv", ["trial_id", "block", *places])
    trials = tuple(_trial(row, places, items, folder / "trials.tsv") for row in rows)
    return StimulusSet(
        folder, manifest["set_id"], manifest["name"], manifest["task"], items, trials, more, manifest
    )


def _trial(
    row: Mapping[str, str], places: tuple[str, ...], items: Mapping[str, Item], path: Path
) -> PairTrial | ImageTrial:
    """Make a trial of a row; the columns that sets of plain trials may lack have defaults."""
    shown = [row[place] for place in places]
    if strangers := [item for item in shown if item not in items]:
        raise InputError(
            f"{path}: {row['trial_id']} names {strangers[0]}, which items.tsv lacks; run `{MADE_BY}` again"
        )
    repeats = row.get("repeats", "n/a")
    make = PairTrial if len(shown) == 2 else ImageTrial
    return make(
        row["trial_id"],
        Block(row["block"]),
        *shown,
        session=int(row.get("session", 1)),
        catch=row.get("catch") == "true",
        repeats=None if repeats == "n/a" else repeats,
    )


def _read_tsv(path: Path, columns: list[str]) -> list[dict[str, str]]:
    """Read a table that begins with `columns`; further ones may follow."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t")
        if list(reader.fieldnames or ())[: len(columns)] != columns:
            raise InputError(
                f"{path}: columns are {reader.fieldnames}, expected {columns}; run `{MADE_BY}` again"
            )
        return list(reader)
