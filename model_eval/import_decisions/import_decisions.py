"""Import decisions that others have published or measured, and write ``decisions/``."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model_eval.import_decisions.arrays import described, is_binary, is_mean, read_array
from model_eval.import_decisions.classes import find_classes
from model_eval.import_decisions.collect import Collected
from model_eval.import_decisions.epoch_results import FILE as EPOCH_FILE
from model_eval.import_decisions.formats import BY_NAME, Format, detect
from model_eval.import_decisions.images import (
    StudyImages,
    codes_of,
    labels_for,
    match_images,
    numbered,
    order_of,
    table_of,
)
from model_eval.import_decisions.records import ModelAnswers, Reading
from model_eval.import_decisions.write import Content, write_decisions
from model_eval.settings import ImageSettings, ImportDecisionsSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.foreign_tables import read_foreign_table, suffix_of
from tricky.core.names import plain
from tricky.core.progress import SILENT, Reporter
from tricky.core.tables import read_entries
from tricky.core.write_tables import write_csv


@dataclass(frozen=True)
class Target:
    """Where decisions are imported to.

    Attributes
    ----------
    root : Path
        The study's folder; paths in the settings are relative to it.
    folder : Path
        ``decisions/``.
    images : ImageSettings
        The study's.
    recorded : ImportDecisionsSettings
        What the study file itself says, without the options of this run: it is recorded as the settings, so
        that a later change of the file is noticed.
    replace : bool
        Whether decisions that are there may be replaced.
    """

    root: Path
    folder: Path
    images: ImageSettings
    recorded: ImportDecisionsSettings
    replace: bool = False


def import_decisions(
    sources: Sequence[Path],
    settings: ImportDecisionsSettings,
    target: Target,
    study: StudyImages | None,
    reporter: Reporter = SILENT,
) -> None:
    """Read the decisions of models, find out which are right, and write ``decisions/``.

    Parameters
    ----------
    sources : sequence of Path
        Files, or folders of files, of one format.
    settings : ImportDecisionsSettings
    target : Target
    study : StudyImages or None
        The study's images, which give labels and files; None where the study has none.
    reporter : Reporter

    Raises
    ------
    InputError
        There are decisions already; a file can't be read; the format, the meaning of a number, the order of
        images or the label of an image would have to be guessed; sources contradict each other.
    """
    require_replaceable(target)
    paths = files_of(sources, settings)
    found, reading = _format_of(paths, settings, study, target.root)
    collected = Collected()
    in_order = _Order(order_of(settings, study, target.root), settings, study is not None)
    _collect(collected, found, paths, reading, in_order, reporter)
    rows = None if study is None else _rows_in(study, collected.images.texts)
    labels = labels_for(collected, settings, study, rows, target.root)
    classes = find_classes(collected, labels, settings, target.root)
    images = table_of(collected.images.texts, study, rows, classes.names, classes.label)
    labelled = any(each is not None for each in labels.names)
    manifest: dict[str, Any] = {
        "made_from": _made_from(collected, settings, target.root),
        "settings": {
            "images": target.images.model_dump(mode="json"),
            "import": {"decisions": target.recorded.model_dump(mode="json")},
        },
        "images": {"source": target.images.source if study is None else study.name},
        "imported": {
            "format": found.name,
            "columns": reading.columns,
            "sources": [_relative(path, target.root) for path in collected.sha256],
            "labels": _relative(target.root / settings.labels, target.root)
            if settings.labels
            else (labels.origin if labelled else ""),
            "n_unknown_predictions": _n_unknown(collected),
            "n_without_answer": collected.n_without_answer,
        },
    }
    write_decisions(Content(collected, classes, images), target.folder, manifest, progress=reporter.progress)


def import_means(
    path: Path, n_models: int, settings: ImportDecisionsSettings, target: Target, study: StudyImages | None
) -> Path:
    """Write a table of counts from the mean over models for each image, which names no model.

    Parameters
    ----------
    path : Path
        An ``.npy`` array: the share of models that are right, for each image.
    n_models : int
    settings, target, study
        As for `import_decisions`.

    Returns
    -------
    Path
        The table, ``counts.csv`` in the study's folder, which ``tricky label --counts`` reads.

    Raises
    ------
    InputError
        The array holds something else, or is no mean over so many models; the table is there already.
    """
    array = read_array(path)
    if array.ndim != 1 or array.dtype.kind not in "fiu" or not (is_mean(array) or is_binary(array)):
        raise InputError(f"{path}: {described(array)}; expected one share from 0 to 1 for each image")
    counts = np.rint(array * n_models)
    off = ~(np.abs(array * n_models - counts) < 0.02)
    if off.any():
        place = int(off.argmax())
        raise InputError(
            f"{path}: {array[place]:g}, at place {place}, is no share of {n_models} models; correct "
            "`--n-models`"
        )
    images = order_of(settings, study, target.root) or numbered(len(array))
    if len(images) != len(array):
        raise InputError(f"{path}: {len(array):,} images, the list of images has {len(images):,}")
    table = pd.DataFrame({"image_id": images, "n_correct": counts.astype(int), "n_models": n_models})
    written = target.root / "counts.csv"
    if written.exists() and not target.replace:
        raise InputError(f"{written}: is there already; rename it, or replace it with `--replace`")
    write_csv(written, table)
    return written


def require_replaceable(target: Target) -> None:
    """Raise InputError where there are decisions, finished or not, that may not be replaced."""
    if not target.replace and target.folder.is_dir() and any(target.folder.iterdir()):
        raise InputError(
            f"{target.folder}: holds decisions already; import into a study of its own, or replace them: "
            "`tricky import decisions --replace`"
        )


def files_of(sources: Sequence[Path], settings: ImportDecisionsSettings) -> list[Path]:
    """Return the files to read: those named, and in folders those of the format, in natural order.

    Raises
    ------
    InputError
        A source is missing, a folder has no such file, or a file is named twice.
    """
    known = {suffix for each in BY_NAME.values() for suffix in each.suffixes}
    suffixes = BY_NAME[settings.format].suffixes if settings.format else tuple(known)
    found: list[Path] = []
    for source in sources:
        if source.is_dir():
            inside = [
                path for path in source.rglob("*") if path.is_file() and _counts(path, source, suffixes)
            ]
            if not inside:
                raise InputError(f"{source}: no file that ends in {', '.join(sorted(suffixes))}")
            found += sorted(inside, key=lambda path: _natural(path.as_posix()))
        elif source.is_file():
            found.append(source)
        else:
            raise InputError(f"{source}: no such file or folder; correct its name")
    resolved = [path.resolve() for path in found]
    for place, path in enumerate(resolved):
        if path in resolved[:place]:
            raise InputError(f"{found[place]}: named twice; name each file once")
    return found


def _counts(path: Path, folder: Path, suffixes: Sequence[str]) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.name.lower().endswith(tuple(suffixes))


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in re.split(r"(\d+)", text)]


def _format_of(
    paths: Sequence[Path], settings: ImportDecisionsSettings, study: StudyImages | None, root: Path
) -> tuple[Format, Reading]:
    """Return the format of the files, and what its reader needs to know.

    Raises
    ------
    InputError
        It is not known, or the first file lacks a column that it needs.
    """
    named = {role: name for role, name in settings.columns.model_dump().items() if name}
    if settings.format is not None:
        found = BY_NAME[settings.format]
    elif all(path.suffix.lower() == ".npy" for path in paths):
        found = BY_NAME["npy"]
    elif all(EPOCH_FILE.fullmatch(path.name) for path in paths):
        found = BY_NAME["epochs"]
    else:
        found = detect(paths[0], _columns_of(paths[0]), named)
    columns: dict[str, str] = {}
    if found.answer:
        there = _columns_of(paths[0])
        columns = found.columns_in(there, named)
        if not found.fits(columns):
            needed = [each for each in found.columns if each.needed and each.role not in columns]
            lacks = needed[0].role if needed else " or ".join(found.answer)
            raise InputError(
                f"{paths[0]}: no column of the {lacks}, which format `{found.name}` needs; its columns are "
                f"{', '.join(there)}; name it with `--column {lacks.partition(' ')[0]}=NAME`"
            )
    if unused := [role for role in named if role not in columns]:
        raise InputError(f"column {unused[0]}: format `{found.name}` reads no such column; leave it out")
    for key, of_format in (("models", "npy"), ("rows", "npy"), ("epoch", "epochs")):
        if getattr(settings, key) is not None and found.name != of_format:
            raise InputError(f"`{key}`: only with files of format `{of_format}`, these are `{found.name}`")
    if settings.predictions == "correct" and found.name != "npy":
        raise InputError(
            '`predictions = "correct"`: only of arrays; name the column with `--column correct=NAME`'
        )
    models: tuple[str, ...] = ()
    if settings.models is not None:
        models = tuple(read_entries(root / settings.models, "model")[0])
    order = order_of(settings, study, root)
    return found, Reading(
        columns=columns,
        epoch=settings.epoch,
        models=models,
        n_images=None if order is None else len(order),
        rows=settings.rows or "",
        binary=settings.predictions or ("" if settings.labels else "correct"),
    )


def _columns_of(path: Path) -> list[str]:
    if not suffix_of(path):
        raise InputError(f"{path}: not a table; say what it is with `--as` ({', '.join(BY_NAME)})")
    return read_foreign_table(path).columns


class _Order:
    """The images that answers are about, where files do not name them.

    Parameters
    ----------
    images : list of str or None
        In order; None where no list is known.
    settings : ImportDecisionsSettings
    has_images : bool
        Whether the study has images, which the answers must be about.
    """

    def __init__(self, images: list[str] | None, settings: ImportDecisionsSettings, has_images: bool) -> None:
        self._images, self._settings, self._has_images = images, settings, has_images
        self._numbers: np.ndarray | None = None

    def numbers(self, answers: ModelAnswers, collected: Collected) -> np.ndarray | None:
        """Return the numbers of the images in order; None for answers that name theirs.

        Raises
        ------
        InputError
            The order is not known, or a list was given for nothing.
        """
        if answers.image_ids is not None:
            if self._settings.images:
                raise InputError(f"{answers.path}: names its images; leave out `images`")
            return None
        if self._numbers is None:
            if self._images is None and self._has_images:
                raise InputError(
                    f"{answers.path}: does not name its images; give their order with `--images FILE`, one "
                    "image_id "
                    "a line, or `--images sorted` if it is that of the study's images sorted by image_id"
                )
            n_answers = len(answers.prediction if answers.correct is None else answers.correct)
            self._numbers = codes_of(self._images or numbered(n_answers), collected)
        return self._numbers


def _collect(
    collected: Collected,
    found: Format,
    paths: Sequence[Path],
    reading: Reading,
    order: _Order,
    reporter: Reporter,
) -> None:
    """Read all files."""
    for number, (answers, digest) in enumerate(found.read(paths, reading), start=1):
        collected.sha256[answers.path] = digest
        collected.add(answers, order.numbers(answers, collected))
        reporter.progress("Reading decisions", number, max(number, len(paths)))


def _rows_in(study: StudyImages, images: Sequence[str]) -> np.ndarray:
    """Return the row of each image in the study's catalogue.

    Raises
    ------
    InputError
        One is not among the study's images.
    """
    known: list[str] = study.catalogue["image_id"].tolist()
    try:
        names = match_images([plain(each) for each in images], known, study.name)
    except InputError as error:
        raise InputError(
            f'{error}; name the images in [images], or set `source = "none"` there if they are not here'
        ) from None
    place = {name: row for row, name in enumerate(known)}
    return np.array([place[name] for name in names], dtype=np.int64)


def _n_unknown(collected: Collected) -> int:
    n_unknown = 0
    for model in collected.models:
        if model.correct is not None:
            unknown = (
                model.correct == 0
                if model.prediction is None
                else (model.prediction < 0) & (model.correct == 0)
            )
            n_unknown += int(unknown.sum())
    return n_unknown


def _made_from(collected: Collected, settings: ImportDecisionsSettings, root: Path) -> dict[str, str]:
    found = {_relative(path, root): digest for path, digest in collected.sha256.items()}
    named = (settings.labels, settings.models, *map(Path, (settings.classes, settings.images)))
    for each in named:
        if each is not None and (root / each).is_file():
            found[_relative(root / each, root)] = sha256_of(root / each)
    return found


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()
