"""Image files whose classes stand in a list beside them: a table of one's own, or ImageNet's ground truth."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pandas as pd

from model_eval.images.check import N_NAMED
from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.images.open import IMAGE_SUFFIXES, ImageFiles
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError

_NUMBER = re.compile(r"ILSVRC2012_val_(\d{8})$")


class ImageManifest(ImageFiles):
    """Images that a CSV file lists: `path` (relative to the file, with ``/``), `label`, [`class_name`].

    Classes are called by `class_name`, or by `label` where there is no such column.
    """

    def __init__(self, settings: ImageSettings, path: Path) -> None:
        super().__init__(settings, f"csv:{path.name}", path.parent)
        self._path = path

    def class_of_each(self) -> dict[str, str]:
        """Return each path with its class.

        Raises
        ------
        InputError
            The file isn't there or isn't such a table; files are missing.
        """
        table = _read_csv(self._path)
        for column in ("path", "label"):
            if column not in table:
                raise InputError(
                    f"{self._path}: no column `{column}`; its columns are {', '.join(table.columns)}"
                )
        named_by = "class_name" if "class_name" in table else "label"
        for line, row in enumerate(table.to_dict("records"), start=2):
            path = PurePosixPath(row["path"])
            if not row["path"] or path.is_absolute() or ".." in path.parts or str(path) != row["path"]:
                raise InputError(
                    f"{self._path}, line {line}: path is {row['path']!r}; expected one below "
                    f"{self._path.parent}, written like a/b.png"
                )
            if not row[named_by]:
                raise InputError(f"{self._path}, line {line}: {named_by} is empty; name the image's class")
        for row in table[table["path"].duplicated()].itertuples():
            raise InputError(f"{self._path}: {row.path} stands in more than one row; leave one")
        names = table.groupby("label")[named_by].unique()
        for label, found in names[names.str.len() > 1].items():
            raise InputError(
                f"{self._path}: label {label} is called {found[0]!r} and {found[1]!r}; give it one name"
            )
        missing = [path for path in table["path"] if not (self._folder / path).is_file()]
        if missing:
            more = f", and {len(missing) - N_NAMED} more" if len(missing) > N_NAMED else ""
            raise InputError(
                f"{self._path}: {len(missing)} of {len(table)} files are not there: "
                f"{', '.join(missing[:N_NAMED])}{more}; paths are relative to {self._path.parent}"
            )
        return _two_classes(dict(zip(table["path"], table[named_by], strict=True)), self._path)


class ImageNetValidation(ImageFiles):
    """ImageNet's validation images as they are published: one flat folder, classes in a file of ground truth.

    Classes are called by WordNet id.
    """

    def __init__(self, settings: ImageSettings, folder: Path, root: Path) -> None:
        super().__init__(settings, "imagenet-val", folder)
        self._labels = root / (settings.labels or "")
        self._synsets = None if settings.synsets is None else root / settings.synsets

    def class_of_each(self) -> dict[str, str]:
        """Return each image with its WordNet id.

        Raises
        ------
        InputError
            The ground truth isn't there or of no known form, or an image has none.
        """
        class_of_number = read_ground_truth(self._labels, self._synsets)
        class_of = {}
        for path in self._folder.iterdir():
            found = _NUMBER.search(path.stem)
            if found and path.suffix.lower() in IMAGE_SUFFIXES:
                name = class_of_number.get(int(found[1]))
                if name is None:
                    raise InputError(f"{self._labels}: no class for {path.name}; is it the validation set's?")
                class_of[path.name] = name
        if not class_of:
            raise InputError(
                f"{self._folder}: no ILSVRC2012_val_….JPEG lies in it; "
                'for class folders, set `source = "folder"`'
            )
        return _two_classes(class_of, self._folder)


def read_ground_truth(path: Path, synsets: Path | None = None) -> dict[int, str]:
    """Read the classes of ImageNet's validation images.

    Parameters
    ----------
    path : Path
        One line an image, in one of the forms in which the classes are passed on: a WordNet id for each
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
        A file is missing or of another form.  Bare numbers without `synsets` are refused: the development
        kit doesn't number classes in the order of their ids, and a wrong guess would look like bad models.
    """
    lines = _lines(path)
    ids = wordnet_ids()
    if lines[0].replace(" ", "").lower() == "imageid,predictionstring":
        lines = [line.partition(",")[0] + " " + line.partition(",")[2].split()[0] for line in lines[1:]]
    cells = [line.split() for line in lines]
    if all(len(each) == 1 for each in cells):
        cells = [[f"ILSVRC2012_val_{number:08d}", each[0]] for number, each in enumerate(cells, start=1)]
        if all(each[1].isdecimal() for each in cells):
            if synsets is None:
                raise InputError(
                    f"{path}: numbers of the development kit, which are not in the order of WordNet ids; "
                    "set `synsets` in [images] to its meta.mat"
                )
            known = _read_synsets(synsets)
            cells = [[name, known.get(int(number), number)] for name, number in cells]
    class_of = {}
    for line, each in enumerate(cells, start=1):
        found = _NUMBER.search(each[0].partition(".")[0])
        name = each[1] if len(each) == 2 else ""
        if name.isdecimal() and int(name) < len(ids):
            name = ids[int(name)]
        if not found or name not in _ids():
            raise InputError(
                f"{path}, image {line}: {' '.join(each)!r} tells no validation image and one of ImageNet's "
                "1,000 classes; expected `ILSVRC2012_val_00000001.JPEG n01751748`"
            )
        class_of[int(found[1])] = name
    return class_of


def _read_synsets(path: Path) -> dict[int, str]:
    """Return number → WordNet id, as the development kit counts."""
    if path.suffix != ".mat":
        cells = [line.split() for line in _lines(path)]
        return {int(each[0]): each[1] for each in cells if len(each) >= 2 and each[0].isdecimal()}
    from scipy.io import loadmat

    try:
        rows = loadmat(path, squeeze_me=True)["synsets"]
        return {int(row["ILSVRC2012_ID"]): str(row["WNID"]) for row in rows}
    except OSError as error:
        raise InputError(f"{path}: can't be opened ({error.strerror})") from None
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not the development kit's meta.mat ({error})") from None


def _ids() -> frozenset[str]:
    return frozenset(wordnet_ids())


def _lines(path: Path) -> list[str]:
    try:
        lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except OSError as error:
        raise InputError(f"{path}: can't be opened ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not text in UTF-8") from None
    if not lines:
        raise InputError(f"{path}: empty")
    return lines


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig", index_col=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as CSV in UTF-8 ({str(error).strip()})") from None
    except OSError as error:
        raise InputError(f"{path}: can't be opened ({error.strerror})") from None


def _two_classes(class_of: dict[str, str], where: Path) -> dict[str, str]:
    if len(set(class_of.values())) < 2:
        raise InputError(f"{where}: images of fewer than 2 classes; at least 2 are needed")
    return class_of
