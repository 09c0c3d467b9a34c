"""A stimulus set on disk, as other packages read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from model_eval.columns import Difficulty
from stimuli.columns import trial_item_columns
from stimuli.manifest import SetManifest
from stimuli.settings import StimulusSettings
from tricky.core.errors import InputError
from tricky.core.files import check_hash
from tricky.core.manifests import read_manifest
from tricky.core.names import MISSING
from tricky.core.tables import read_table
from tricky.core.tasks import declaration
from tricky.core.typed_table import TextTable

MADE_BY = "tricky stimuli build"
IMPORTED_BY = "tricky import sessions"


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
        A hash of the image, so that it is the same in every set and says nothing of the difficulty.
    image_id : str
        Name in the data set that the image comes from.
    file : str
        Path of the image relative to the set's folder, with ``/``; empty where the study has no images.
    sha256 : str
        Hash of that file; empty without one.
    label, class_name : int, str
        The true class.
    difficulty : str
        ``trivial``, ``in-between`` or ``impossible`` when the set was built; empty for an image of an
        imported set that the study has not labelled.
    n_correct, n_models : int
        Number of models that were correct, and that were evaluated; 0 where there is no difficulty.
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

    @property
    def labelled(self) -> bool:
        """Whether the image has a difficulty."""
        return self.n_models > 0


@dataclass(frozen=True)
class Trial:
    """A trial of any task.

    Attributes
    ----------
    trial_id : str
        A hash of the items, so that the same items are the same trial in every set.
    block : Block
    item_ids : tuple of str
        The items shown together, in the order of their names, which says nothing of the difficulty. Their
        places on the screen are drawn for each observer.
    session : int
        Which of the set's lists it belongs to, from 1; 0 for practice, which every session begins with.
    catch : bool
        Whether its items are unmistakable, so that it checks attention rather than ability.
    repeats : str or None
        `trial_id` of the trial that this one repeats.
    condition : str or None
        Condition in which an imported session showed the images.
    """

    trial_id: str
    block: Block
    item_ids: tuple[str, ...]
    session: int = field(default=1, kw_only=True)
    catch: bool = field(default=False, kw_only=True)
    repeats: str | None = field(default=None, kw_only=True)
    condition: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class StimulusSet:
    """Items and trials of one set, in the set's own order.

    Attributes
    ----------
    folder : Path
        Folder of the set; `Item.file` is relative to it.
    manifest : SetManifest
        The content of ``stimulus_set.json``.
    items : dict of str to Item
        By `item_id`.
    trials : tuple of Trial
        Practice first.
    more : mapping of str to mapping
        By `item_id`: further columns of ``items.tsv`` as text (covariates, licence, source …).
    """

    folder: Path
    manifest: SetManifest
    items: dict[str, Item]
    trials: tuple[Trial, ...]
    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def set_id(self) -> str:
        """Hash of its content: sets with the same id have the same images in the same trials."""
        return self.manifest.set_id

    @property
    def name(self) -> str:
        """Its name within the study."""
        return self.manifest.name

    @property
    def task(self) -> str:
        """Name of the task that it is made for."""
        return self.manifest.task

    @property
    def settings(self) -> StimulusSettings:
        """The settings that it was built with."""
        return self.manifest.settings.stimuli

    def require_images(self, to: str) -> None:
        """Raise InputError if the set was built without images, which are needed `to` do something."""
        if not all(item.file for item in self.items.values()):
            raise InputError(
                f"{self.folder}: was built without images, which are needed to {to}; name them in [images], "
                "import "
                "or evaluate again, and build the set again"
            )

    @property
    def imported(self) -> bool:
        """Whether the set was made of imported sessions, so that it cannot be shown."""
        return self.manifest.imported is not None

    def refuse_imported(self, what: str) -> None:
        """Raise InputError if the set was imported; `what` says what needs a set that tricky built."""
        if self.imported:
            raise InputError(
                f"{self.folder}: made of imported sessions, and {what} needs a set that `{MADE_BY}` built; "
                f"`tricky analyse --stimuli {self.name}` reports on the imported sessions"
            )

    @property
    def n_sessions(self) -> int:
        """Number of lists that the main block is divided into."""
        return max((trial.session for trial in self.trials), default=1)


def read_any_set(folder: Path) -> StimulusSet:
    """Read a set and check its tables and images (if it has any) against their hashes.

    Raises
    ------
    InputError
        The folder contains no finished set, or a table or an image is missing or changed.
    """
    stimulus_set = read_tables(folder)
    for item in stimulus_set.items.values():
        if item.file:
            check_hash(folder / item.file, item.sha256, folder / "items.tsv", _made_by(stimulus_set.manifest))
    return stimulus_set


def read_set_manifest(folder: Path, made_by: str = MADE_BY) -> SetManifest:
    """Read ``stimulus_set.json``.

    Raises
    ------
    InputError
        The folder contains no finished set, or its manifest is damaged.
    """
    return read_manifest(folder / "stimulus_set.json", SetManifest, made_by)


def set_id_in(folder: Path) -> str | None:
    """Return the id of the set in a folder, or None where there is none.

    Raises
    ------
    InputError
        The set's manifest is damaged.
    """
    return read_set_manifest(folder).set_id if (folder / "stimulus_set.json").is_file() else None


def read_tables(folder: Path) -> StimulusSet:
    """Read a set and check its tables, but not its images, against their hashes.

    Raises
    ------
    InputError
        The folder contains no finished set, a table is missing or changed, or a cell is not of its column's
        type.
    """
    manifest = read_set_manifest(folder)
    for name, digest in manifest.tables.items():
        check_hash(folder / name, digest, folder / "stimulus_set.json", _made_by(manifest))
    items, more = _read_items(folder / "items.tsv", manifest)
    n_images: int = declaration(manifest.task, "stimuli").n_images
    trials = _read_trials(folder / "trials.tsv", items, n_images)
    return StimulusSet(folder, manifest, items, trials, more)


def _made_by(manifest: SetManifest) -> str:
    return MADE_BY if manifest.imported is None else IMPORTED_BY


def _read_items(path: Path, manifest: SetManifest) -> tuple[dict[str, Item], dict[str, dict[str, str]]]:
    """Return the items, and their further columns, by `item_id`.

    Only a set that refers to original files may contain paths outside its folder, and only one that was
    imported may lack images and difficulties.
    """
    reference = manifest.settings.stimuli.export.reference
    read_as = {**_READ_AS, **({} if manifest.imported is None else _READ_AS_IMPORTED)}
    own = [each.name for each in fields(Item)]
    table = read_table(path, own, own=True)
    read: dict[str, list[Any]] = {name: table.texts(name) for name in own if name not in read_as}
    read |= {name: reader(table, name) for name, reader in read_as.items()}
    further = {name: table.cells(name) for name in table.columns if name not in own}
    if "image_sha256" in further:  # missing where the study has no images
        further["image_sha256"] = [each or "" for each in table.optional_texts("image_sha256")]
    items, more = {}, {}
    for row, item_id in enumerate(table.texts("item_id", unique=True)):
        item = Item(**{name: read[name][row] for name in own})
        if item.n_correct > item.n_models:
            raise table.error(row, "n_correct", f"a number of models, at most {item.n_models}")
        if not (item.file or reference):
            raise table.error(row, "file", "a path in the set's folder")
        if PureWindowsPath(item.file).anchor or (".." in PurePosixPath(item.file).parts and not reference):
            raise table.error(row, "file", "a path in the set's folder")
        items[item_id] = item
        more[item_id] = {name: cells[row] for name, cells in further.items()}
    return items, more


_READ_AS: Mapping[str, Callable[[TextTable, str], list[Any]]] = {
    "file": lambda table, name: [each or "" for each in table.optional_texts(name)],
    "sha256": lambda table, name: [each or "" for each in table.optional_texts(name)],
    "image_id": lambda table, name: table.texts(name, unique=True),
    "label": lambda table, name: table.whole_numbers(name, least=-1),
    "class_name": lambda table, name: [each or "" for each in table.optional_texts(name)],
    "difficulty": lambda table, name: table.choices(name, Difficulty),
    "n_correct": lambda table, name: table.whole_numbers(name, least=0),
    "n_models": lambda table, name: table.whole_numbers(name, least=1),
}
"""Columns of items that are not plain text without missing values."""


def _or_empty(table: TextTable, name: str) -> list[str]:
    return [each or "" for each in table.optional_texts(name)]


def _difficulty_or_empty(table: TextTable, name: str) -> list[str]:
    return ["" if each in MISSING else each for each in table.choices(name, (*Difficulty, *MISSING))]


_READ_AS_IMPORTED: Mapping[str, Callable[[TextTable, str], list[Any]]] = {
    "file": _or_empty,
    "sha256": _or_empty,
    "difficulty": _difficulty_or_empty,
    "n_models": lambda table, name: table.whole_numbers(name, least=0),
}
"""The same for sets that were imported."""


def _read_trials(path: Path, items: Mapping[str, Item], n_images: int) -> tuple[Trial, ...]:
    """Return the trials; columns that a set of plain trials may lack have defaults."""
    places = trial_item_columns(n_images)
    table = read_table(path, ["trial_id", "block", *places], own=True)
    n_rows = len(table)
    names = table.texts("trial_id", unique=True)
    blocks = [Block(cell) for cell in table.choices("block", Block)]
    shown = [table.choices(place, items) for place in places]
    sessions = table.whole_numbers("session", least=0) if "session" in table else [1] * n_rows
    catch = table.truths("catch") if "catch" in table else [False] * n_rows
    repeats = table.optional_texts("repeats") if "repeats" in table else [None] * n_rows
    conditions = table.optional_texts("condition") if "condition" in table else [None] * n_rows
    for row, name in enumerate(repeats):
        if name is not None and name not in names:
            raise table.error(row, "repeats", "a trial of this table")
    return tuple(
        Trial(
            name,
            block,
            tuple(cells),
            session=session,
            catch=caught,
            repeats=repeated,
            condition=condition,
        )
        for name, block, session, caught, repeated, condition, *cells in zip(
            names, blocks, sessions, catch, repeats, conditions, *shown, strict=True
        )
    )
