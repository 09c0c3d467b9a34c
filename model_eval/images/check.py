"""What is known of a set of images before any model runs: which can be shown, and what is changed for it."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from PIL import Image

from model_eval.columns import IMAGE_COLUMNS
from model_eval.images.decode import DECODING, conversions
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.parquet import write_parquet
from tricky.core.progress import Progress

N_NAMED = 5
"""Number of bad files that an error message names before it counts the rest."""


@dataclass(frozen=True)
class Inspection:
    """What a look at every image of a set found.

    Attributes
    ----------
    images : DataFrame
        Those that can be shown: `IMAGE_COLUMNS`, sorted by `image_id`.
    problems : dict of str to str
        The others by `image_id`, and what is wrong with each.
    conversions : dict of str to str
        By `image_id`, what decoding changes in such a way that it may be seen.
    passed_over : dict of str to int
        Files that don't count as images, by suffix.
    """

    images: pd.DataFrame
    problems: dict[str, str] = field(default_factory=dict)
    conversions: dict[str, str] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)

    def usable(self, settings: ImageSettings, where: str) -> pd.DataFrame:
        """Return the images that a study goes on with.

        Raises
        ------
        InputError
            Some can't be shown and the study says to stop then; or fewer than two classes are left.
        """
        if self.problems and settings.on_bad_image == "stop":
            named = ", ".join(f"{key} ({why})" for key, why in list(self.problems.items())[:N_NAMED])
            more = f", and {len(self.problems) - N_NAMED} more" if len(self.problems) > N_NAMED else ""
            raise InputError(
                f"{where}: {len(self.problems)} of {len(self.images) + len(self.problems)} images can't be "
                f"read: {named}{more}; repair or remove them, or leave them out with "
                '`on_bad_image = "skip"` in [images]; `tricky images check` lists them all'
            )
        if (n_classes := self.images["class_name"].nunique()) < 2:
            raise InputError(f"{where}: images of {n_classes} classes, at least 2 needed")
        return self.images


class _Look(NamedTuple):
    """What one file's content is."""

    sha256: str
    format: str = ""
    conversions: str = ""
    problem: str = ""


def inspect_files(
    folder: Path,
    class_of: Mapping[str, str],
    progress: Progress,
    *,
    passed_over: Mapping[str, int] | None = None,
    unreachable: Mapping[str, str] | None = None,
    memory: Path | None = None,
) -> Inspection:
    """Read every image file, and decode those whose content wasn't seen before.

    Parameters
    ----------
    folder : Path
    class_of : mapping of str to str
        Name of the class of each image by `image_id`, its path below `folder`.
    progress : Progress
    passed_over : mapping, optional
        As in `Inspection`.
    unreachable : mapping, optional
        Problems that are known already: folders that can't be looked into, links that lead nowhere.
    memory : Path, optional
        A file that remembers by hash what was found; it saves time and changes no result.
    """
    known = _recall(memory)

    def look(image_id: str) -> _Look:
        try:
            content = (folder / image_id).read_bytes()
        except OSError as error:
            return _Look("", problem=error.strerror or one_line(error))
        sha256 = sha256_of(content)
        if sha256 in known:
            return known[sha256]
        try:
            kind, changes = conversions(content)
        except Exception as error:  # decoders of broken files raise whatever their parsers stumble over
            return _Look(sha256, problem=one_line(error))
        return _Look(sha256, kind, "; ".join(changes))

    ids = sorted(class_of)
    looks: dict[str, _Look] = {}
    with ThreadPoolExecutor() as threads:
        for image_id, found in zip(ids, threads.map(look, ids), strict=True):
            looks[image_id] = found
            progress("Checking images", len(looks), len(ids))
    if memory is not None and not known.keys() >= {each.sha256 for each in looks.values() if each.sha256}:
        _remember(memory, known, looks)

    good = [image_id for image_id in ids if not looks[image_id].problem and _printable(image_id) == image_id]
    problems = {key: looks[key].problem or "its name is not UTF-8" for key in set(ids).difference(good)}
    problems = {_printable(key): why for key, why in sorted({**problems, **(unreachable or {})}.items())}
    changes = {image_id: _changes(looks[image_id], Path(image_id).suffix) for image_id in good}
    return Inspection(
        catalogue_of(good, good, [class_of[each] for each in good], [looks[each].sha256 for each in good]),
        problems,
        {image_id: changed for image_id, changed in changes.items() if changed},
        dict(passed_over or {}),
    )


def catalogue_of(
    image_ids: Sequence[str], paths: Sequence[str], class_of_each: Sequence[str], sha256: Sequence[str]
) -> pd.DataFrame:
    """Return a catalogue in `IMAGE_COLUMNS`: labels are indices into the class names sorted as text."""
    columns = {"image_id": image_ids, "path": paths, "class_name": class_of_each, "sha256": sha256}
    table = pd.DataFrame(columns).astype("str")
    label_of = {name: index for index, name in enumerate(sorted(set(class_of_each)))}
    table["label"] = table["class_name"].map(label_of).astype("int32")
    return table[list(IMAGE_COLUMNS)]


def one_line(error: Exception) -> str:
    """Return what an error says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _changes(found: _Look, suffix: str) -> str:
    """Say what decoding changes, and whether the name tells another format than the content."""
    promised = Image.registered_extensions().get(suffix.lower(), found.format)
    same = {promised, found.format} <= {"JPEG", "MPO"} or promised == found.format
    return "; ".join(filter(None, ("" if same else f"in truth {found.format}", found.conversions)))


def _printable(name: str) -> str:
    """Return a name with its bytes written out where they aren't UTF-8 (Python holds them as surrogates)."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _versions() -> str:
    return f"{DECODING} {importlib.metadata.version('pillow')}"


def _recall(memory: Path | None) -> dict[str, _Look]:
    """Return what is remembered, by hash; nothing where it was found by other rules or another Pillow."""
    if memory is None:
        return {}
    try:
        table = pd.read_parquet(memory)
    except (OSError, ValueError):  # not there yet, or broken: then all is looked at again
        return {}
    if table.attrs.get("tricky") != _versions():
        return {}
    return {row[0]: _Look(*row) for row in table[list(_Look._fields)].itertuples(index=False)}


def _remember(memory: Path, known: Mapping[str, _Look], looks: Mapping[str, _Look]) -> None:
    found = {**known, **{each.sha256: each for each in looks.values() if each.sha256}}
    table = pd.DataFrame(sorted(found.values()), columns=list(_Look._fields))
    table.attrs["tricky"] = _versions()
    write_parquet(memory, table)
