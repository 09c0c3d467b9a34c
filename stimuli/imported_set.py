"""The stimulus set of imported sessions: the images that they name, as items, and the trials that they had.

Such a set is not shown again, so it has no practice, no balance and no images of its own: where the study has
an image, the set refers to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from stimuli.columns import trial_item_columns
from stimuli.manifest import ImportedRecord, SetManifest, set_id_of
from stimuli.records import Block, Item, StimulusSet, Trial, read_any_set
from stimuli.set_folder import NewSet
from stimuli.settings import StimulusSettings
from stimuli.trials import item_id_of, trial_id_of
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of, write_text
from tricky.core.manifests import write_manifest
from tricky.core.write_tables import tsv_line

NO_LABEL = -1
"""Number of a class that the study's labels do not have."""


@dataclass(frozen=True)
class ImportedImage:
    """An image that imported sessions name.

    Attributes
    ----------
    image_id : str
        As the sessions name it.
    class_name : str
        The true class; empty where nobody says it.
    label : int
        Its number in the study's labels, or `NO_LABEL`.
    difficulty : str
        Empty where the study has not labelled the image.
    n_correct, n_models : int
        0 where there is no difficulty.
    file : Path or None
        The image, where the study has it.
    """

    image_id: str
    class_name: str = ""
    label: int = NO_LABEL
    difficulty: str = ""
    n_correct: int = 0
    n_models: int = 0
    file: Path | None = None


@dataclass(frozen=True)
class ImportedShowing:
    """What a trial of an imported session showed.

    Attributes
    ----------
    images : tuple of str
        Their ids, from left to right.
    condition : str or None
    repeat : bool
        Whether the session had shown the same images, in the same condition, before.
    """

    images: tuple[str, ...]
    condition: str | None = None
    repeat: bool = False


@dataclass(frozen=True)
class ImportedSet:
    """A set that was made of imported sessions, before it is written.

    Attributes
    ----------
    made : StimulusSet
        As it will be read from its folder.
    trials : dict of ImportedShowing to Trial
        By what was shown.
    tables : dict of str to str
        Name of each table → its text.
    content : dict
        Of the manifest.
    """

    made: StimulusSet
    trials: Mapping[ImportedShowing, Trial]
    tables: Mapping[str, str]
    content: Mapping[str, Any]

    def part_of(self, other: StimulusSet) -> bool:
        """Return whether another set has all these images, with the same labels, and all these trials."""
        theirs = {trial.trial_id: trial for trial in other.trials}
        return (
            all(other.items.get(each) == item for each, item in self.made.items.items())
            and all(theirs.get(trial.trial_id) == trial for trial in self.made.trials)
            and other.manifest.settings.stimuli.model_copy(update={"trials": self.made.settings.trials})
            == self.made.settings
            and other.imported
            and other.manifest.imported.classes == self.made.manifest.imported.classes  # type: ignore[union-attr] - both were imported
        )

    def write(self, new: NewSet) -> StimulusSet:
        """Write the set, whole or not at all, and read it back.

        Raises
        ------
        InputError
            The folder contains another set, and ``new.replace`` is False.
        """
        with new.written() as part:
            for name, text in self.tables.items():
                write_text(part / name, text)
                (part / name).chmod(0o444)
            write_manifest(part / "stimulus_set.json", SetManifest, self.content)
        return read_any_set(new.folder)


def imported_set(
    images: Sequence[ImportedImage],
    shown: Sequence[ImportedShowing],
    settings: StimulusSettings,
    record: ImportedRecord,
    new: NewSet,
    made_from: Mapping[str, str],
) -> ImportedSet:
    """Make the set of imported sessions.

    Parameters
    ----------
    images : sequence of ImportedImage
        Each once.
    shown : sequence of ImportedShowing
        What the sessions showed; the same may be there several times.
    settings : StimulusSettings
        Task, groups and questions.
    record : ImportedRecord
        Where the sessions come from.
    new : NewSet
        Name and folder of the set.
    made_from : mapping of str to str
        File of the study that labels are from → SHA-256.

    Raises
    ------
    InputError
        Two images or two trials would have the same id.
    """
    items = {each.item_id: each for each in (_item_of(image, new.folder) for image in images)}
    item_ids = {item.image_id: item.item_id for item in items.values()}
    trials = {each: _trial_of(each, item_ids) for each in dict.fromkeys(shown)}
    by_id = {trial.trial_id: trial for _, trial in sorted(trials.items(), key=lambda each: each[1].trial_id)}
    if len(items) < len(images) or len(by_id) < len(set(trials.values())):
        raise InputError("two images or trials get the same id; rename an image in the files")
    settings = settings.model_copy(update={"trials": len(by_id)})
    tables = {"items.tsv": _items_text(list(items.values())), "trials.tsv": _trials_text([*by_id.values()])}
    hashes = {name: sha256_of(text) for name, text in tables.items()}
    content = {
        "set_id": set_id_of(hashes),
        "name": new.name,
        "task": settings.task,
        "tables": hashes,
        "imported": record.model_dump(mode="json"),
        "made_from": dict(made_from),
        "settings": {"stimuli": settings.model_dump(mode="json")},
        "seed": new.seed,
        "versions": versions_of(),
    }
    manifest = SetManifest.model_validate_json(json.dumps(content))
    made = StimulusSet(new.folder, manifest, items, tuple(by_id.values()))
    return ImportedSet(made, trials, tables, content)


def _item_of(image: ImportedImage, folder: Path) -> Item:
    digest = "" if image.file is None else sha256_of(image.file)
    return Item(
        item_id_of(image.image_id, digest),
        image.image_id,
        "" if image.file is None else Path(os.path.relpath(image.file, folder)).as_posix(),
        digest,
        image.label,
        image.class_name,
        image.difficulty,
        image.n_correct,
        image.n_models,
    )


def _trial_of(shown: ImportedShowing, item_ids: Mapping[str, str]) -> Trial:
    items = tuple(sorted(item_ids[each] for each in shown.images))
    first = trial_id_of(items, condition=shown.condition)
    trial_id = trial_id_of(items, repeat=True, condition=shown.condition) if shown.repeat else first
    repeats = first if shown.repeat else None
    return Trial(trial_id, Block.MAIN, items, repeats=repeats, condition=shown.condition)


def _items_text(items: Sequence[Item]) -> str:
    columns = [each.name for each in fields(Item)]
    ordered = sorted(items, key=lambda item: item.item_id)
    rows = [[None if (cell := getattr(item, name)) == "" else cell for name in columns] for item in ordered]
    return "".join(map(tsv_line, [columns, *rows]))


def _trials_text(trials: Sequence[Trial]) -> str:
    places = trial_item_columns(len(trials[0].item_ids))
    header = ["trial_id", "block", *places, "session", "catch", "repeats", "condition"]
    rows = [
        (
            trial.trial_id,
            trial.block.value,
            *trial.item_ids,
            trial.session,
            trial.catch,
            trial.repeats,
            trial.condition,
        )
        for trial in trials
    ]
    return "".join(map(tsv_line, [header, *rows]))
