"""ImageNet's validation images as they are published: one flat folder, and a file with their classes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_eval.images.image_files import ImageFiles
from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.images.listing import Listing, list_flat_folder
from model_eval.images.uncounted_files import describe_not_counted
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.files import decode_text, read_bytes
from tricky.core.tables import parse_table, read_entries

_FILE = re.compile(r"ILSVRC2012_val_([0-9]{8})\.JPEG")
_NAME = re.compile(r"(?:.*/)?ILSVRC2012_val_([0-9]{8})(?:\.\w+)?")
_PLACE = re.compile(r"[0-9]{1,3}")
_KIT_NUMBER = re.compile(r"[0-9]{1,5}")


class ImageNetValidation(ImageFiles):
    """ImageNet's validation images: files called ``ILSVRC2012_val_00000001.JPEG`` in one folder.

    The names of classes are WordNet ids.
    """

    def __init__(self, settings: ImageSettings, folder: Path, root: Path) -> None:
        super().__init__(settings, "imagenet-val", folder)
        self._labels = root / (settings.labels or "")
        self._synsets = None if settings.synsets is None else root / settings.synsets

    def listing(self) -> Listing:
        """Return each image with its WordNet id.

        Raises
        ------
        InputError
            The ground truth is missing, has no known format or contradicts itself, or an image has none.
        """
        class_of_number = read_ground_truth(self._labels, self._synsets)
        found = list_flat_folder(self._folder, _FILE, follow_links=self.settings.follow_links)
        class_of = {}
        for image_id in found.class_of:
            name = class_of_number.get(int(image_id[len("ILSVRC2012_val_") : -len(".JPEG")]))
            if name is None:
                raise InputError(f"{self._labels}: no class for {image_id}; is it the validation set's?")
            class_of[image_id] = name
        others = "".join(f"; {line}" for line in describe_not_counted(found.not_counted))
        if not class_of:
            raise InputError(
                f"{self._folder}: no file ILSVRC2012_val_….JPEG in it; "
                f'for class folders, set `source = "folder"`{others}'
            )
        if len(set(class_of.values())) < 2:
            raise InputError(f"{self._folder}: images of fewer than 2 classes; at least 2 are needed{others}")
        return replace(found, class_of=class_of)


def read_ground_truth(path: Path, synsets: Path | None = None) -> dict[int, str]:
    """Read the classes of ImageNet's validation images.

    Parameters
    ----------
    path : Path
        One line for each image, in one of the formats that are in use: a WordNet id for each
        number in order; ``ILSVRC2012_val_00000001.JPEG 65``, with the place in the sorted WordNet ids, from
        0, or the id itself; Kaggle's ``LOC_val_solution.csv``; or the development kit's
        ``ILSVRC2012_validation_ground_truth.txt``, whose numbers from 1 mean what `synsets` says.
    synsets : Path, optional
        The development kit's ``meta.mat``, or text lines of number and WordNet id.

    Returns
    -------
    dict of int to str
        Number of the image → WordNet id.

    Raises
    ------
    InputError
        A file is missing, has another format, or gives an image two classes.  Numbers without `synsets` are
        refused: the development kit does not number classes in the order of their ids, and a wrong guess
        would look like bad models.
    """
    ids = wordnet_ids()
    known = frozenset(ids)
    class_of: dict[int, tuple[str, int]] = {}
    for line, image, text in _image_and_class(path, synsets):
        found = _NAME.fullmatch(image)
        name = ids[int(text)] if _PLACE.fullmatch(text) else text
        if not found or name not in known:
            said = f"{image} {text}".strip()[:80]
            raise InputError(
                f"{path}, line {line}: {said!r}, expected a validation image and one of ImageNet's 1,000 "
                "classes, as in `ILSVRC2012_val_00000001.JPEG n01751748`"
            )
        first, first_line = class_of.setdefault(int(found[1]), (name, line))
        if first != name:
            raise InputError(
                f"{path}, line {line}: {image} is {name}, but {first} in line {first_line}; keep one"
            )
    return {number: name for number, (name, _) in class_of.items()}


def _image_and_class(path: Path, synsets: Path | None) -> Iterable[tuple[int, str, str]]:
    """Yield line, name of the image, and text about its class, from any format of ground truth."""
    content = read_bytes(path)
    first = decode_text(content, path).lstrip().partition("\n")[0]
    if first.replace(" ", "").strip().lower() == "imageid,predictionstring":
        yield from _kaggle(content, path)
        return
    entries, lines = read_entries(path)
    cells = [entry.split() for entry in entries]
    if any(len(each) > 1 for each in cells):
        for line, each in zip(lines, cells, strict=True):
            yield line, each[0], " ".join(each[1:])
        return
    texts = [each[0] for each in cells]
    if all(text.isdecimal() for text in texts):
        if synsets is None:
            raise InputError(
                f"{path}: numbers of the development kit, which are not in the order of WordNet ids; "
                "set `synsets` in [images] to its meta.mat"
            )
        class_of = _read_synsets(synsets)
        for line, text in zip(lines, texts, strict=True):
            if text.lstrip("0") not in class_of:
                raise InputError(
                    f"{path}, line {line}: {synsets} has no class {text}; is it of the same kit?"
                )
        texts = [class_of[text.lstrip("0")] for text in texts]
    for number, (line, text) in enumerate(zip(lines, texts, strict=True), start=1):
        # A number alone is no place among the ids: only the kit has lines like that.
        yield line, f"ILSVRC2012_val_{number:08d}", text if not text.isdecimal() else f"class {text}"


def _kaggle(content: bytes, path: Path) -> Iterable[tuple[int, str, str]]:
    """Yield the content of ``LOC_val_solution.csv``: boxes of each image, as id x y width height."""
    table = parse_table(content, path, ["ImageId", "PredictionString"], separator=",")
    images, boxes = table.texts("ImageId"), table.texts("PredictionString")
    for row, (line, image, text) in enumerate(zip(table.lines, images, boxes, strict=True)):
        names = dict.fromkeys(text.split()[::5])
        if len(names) != 1:
            raise table.error(row, "PredictionString", "boxes of one class")
        yield line, image, next(iter(names))


def _read_synsets(path: Path) -> dict[str, str]:
    """Return number, in digits without leading zeros → WordNet id, as the development kit counts."""
    found: dict[str, str] = {}
    for place, number, name in _kit_numbers(path):
        if found.setdefault(number, name) != name:
            raise InputError(f"{path}{place}: class {number} is {name} and {found[number]}; keep one")
    return found


def _kit_numbers(path: Path) -> Iterable[tuple[str, str, str]]:
    if path.suffix.lower() == ".mat":
        for number, name in _read_mat(path):
            yield "", str(number), name
        return
    for entry, line in zip(*read_entries(path), strict=True):
        number, _, rest = entry.partition(" ")
        name = rest.split()[0] if rest.split() else ""
        if not _KIT_NUMBER.fullmatch(number) or not name:
            raise InputError(
                f"{path}, line {line}: {entry!r}, expected a number and a WordNet id: `1 n02119789`"
            )
        yield f", line {line}", number.lstrip("0"), name


def _read_mat(path: Path) -> list[tuple[int, str]]:
    """Return number and WordNet id of each row of ``meta.mat``."""
    import io

    from scipy.io import loadmat

    content = read_bytes(path)
    try:
        file: Any = io.BytesIO(content)  # which scipy reads, though its types know only names of files
        rows = loadmat(file, squeeze_me=True)["synsets"]
        return [(int(row["ILSVRC2012_ID"]), str(row["WNID"])) for row in rows]
    except Exception as error:  # the reader may raise any error for a broken file
        why = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: not the development kit's meta.mat ({why})") from None
