"""Arrays in ``.npy`` files: models × images, or the mean over models for each image."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from model_eval.import_decisions.records import MISSING, ModelAnswers, Reading
from tricky.core.errors import InputError
from tricky.core.files import read_bytes, sha256_of


def read_array(path: Path) -> np.ndarray:
    """Return the array of truths, numbers or text in an ``.npy`` file; no code in it is run.

    Raises
    ------
    InputError
        The file is missing or damaged, or holds something else.
    """
    content = read_bytes(path)
    try:
        array = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except Exception as error:  # whatever numpy stumbles over in a damaged header
        why = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: not readable as an array ({why}); save it with numpy.save") from None
    if array.dtype.kind not in "biufU" or 0 in array.shape:
        raise InputError(f"{path}: {described(array)}; expected truths, numbers or text")
    return array


def described(array: np.ndarray) -> str:
    """Return type and shape of an array, for people."""
    return f"an array of {array.dtype} of shape {array.shape}"


def is_binary(array: np.ndarray) -> bool:
    """Return whether all values are truths, 0, 1, or NaN."""
    if array.dtype.kind == "b":
        return True
    if array.dtype.kind == "U":
        return False
    return bool(((array == 0) | (array == 1) | np.isnan(array)).all())


def is_mean(array: np.ndarray) -> bool:
    """Return whether values are shares of models that are right: from 0 to 1, not all of them whole."""
    return bool(
        array.dtype.kind == "f" and not is_binary(array) and np.nanmin(array) >= 0 and np.nanmax(array) <= 1
    )


def read_arrays(paths: Sequence[Path], reading: Reading) -> Iterator[tuple[ModelAnswers, str]]:
    """Yield the answers of each model of arrays, with the hash of the file.

    Truths, and numbers that are only 0 and 1, say whether a model is right, unless `reading` says that they
    are classes; other whole numbers and text are predicted classes.  NaN and negative numbers mean that a
    model did not see an image.

    Raises
    ------
    InputError
        A file is damaged; its shape does not fit the numbers of images and models, or does not say which of
        its axes is which; values are neither truths nor classes.
    """
    first = 0
    for path in paths:
        array = by_model(read_array(path), path, reading)
        digest = sha256_of(path)
        names = reading.models[first : first + len(array)]
        if reading.models and len(names) < len(array):
            raise InputError(f"{path}: more models than the {len(reading.models)} that the list names")
        digits = len(str(len(array)))
        for row, values in enumerate(array):
            name = names[row] if names else path.stem + (f"-{row + 1:0{digits}d}" if len(array) > 1 else "")
            yield _answers(values, name, path, reading, truths=is_binary(array)), digest
        first += len(array)
    if first < len(reading.models):
        raise InputError(f"{paths[-1]}: {first} models, the list names {len(reading.models)}")


def by_model(array: np.ndarray, path: Path, reading: Reading) -> np.ndarray:
    """Return an array with models in rows and images in columns.

    Raises
    ------
    InputError
        Its shape does not fit, or does not say which axis is which.
    """
    if array.ndim == 1:
        array = array[np.newaxis]
        rows = "models"
    elif array.ndim == 2:
        rows = reading.rows or _rows_of(array, path, reading)
    else:
        raise InputError(f"{path}: {described(array)}; expected two axes, models and images")
    if rows == "images":
        array = array.T
    if reading.n_images is not None and array.shape[1] != reading.n_images:
        raise InputError(f"{path}: {array.shape[1]:,} images, the list of images has {reading.n_images:,}")
    return array


def _rows_of(array: np.ndarray, path: Path, reading: Reading) -> str:
    """Return what the rows are, from the number of images or that of models."""
    n_rows, n_columns = array.shape
    for known, this, other in (
        (reading.n_images, "images", "models"),
        (len(reading.models) or None, "models", "images"),
    ):
        if known is not None and (n_rows == known) != (n_columns == known):
            return this if n_rows == known else other
    raise InputError(
        f"{path}: {described(array)} could be models × images or images × models; say which with "
        "`--rows models` or `--rows images`, or `rows` in [import.decisions]"
    )


def _answers(values: np.ndarray, name: str, path: Path, reading: Reading, *, truths: bool) -> ModelAnswers:
    whole = values.dtype.kind in "iu"
    if truths and whole and not reading.binary:
        raise InputError(
            f"{path}: 0 and 1 could be classes or truths; say which with `--predictions index` or "
            "`--predictions "
            "correct`"
        )
    if truths and not (whole and reading.binary == "index"):
        missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
        correct = np.where(missing, MISSING, np.nan_to_num(values)).astype(np.int8)
        return ModelAnswers(name, path, None, correct=correct)
    if values.dtype.kind == "U":
        return ModelAnswers(name, path, None, prediction=pa.array(values.tolist(), pa.string()))
    missing = ~(values >= 0)  # NaN, too
    if (values[~missing] % 1 != 0).any():
        raise InputError(
            f"{path}: numbers that are no whole ones; expected truths or classes; means over models go with "
            "`--n-models`"
        )
    classes = np.where(missing, 0, values).astype(np.int64)
    return ModelAnswers(name, path, None, prediction=pa.array(classes, mask=missing).cast(pa.string()))
