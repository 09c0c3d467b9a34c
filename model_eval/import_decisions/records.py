"""What the readers of all formats return: the answers of one model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tricky.core.errors import InputError
from tricky.core.foreign_tables import ForeignTable

MISSING = -1
"""In `ModelAnswers.correct`: the source does not say."""


@dataclass(frozen=True)
class ModelAnswers:
    """The answers of one model, as its source has them.

    Attributes
    ----------
    name : str
        Of the model, as the source has it.
    path : Path
        The file.
    image_ids : pyarrow.StringArray, length n_answers, or None
        None: the images of a list, in its order.
    prediction : pyarrow.StringArray, length n_answers, or None
        The predicted class: name or index, as text; null where the model gave no answer.
    correct : ndarray of int8, shape (n_answers,), or None
        1, 0 or `MISSING`.
    label : pyarrow.StringArray, length n_answers, or None
        The true class: name or index, as text.
    probability : ndarray of float32, shape (n_answers,), or None
        Of the predicted class; NaN where it is unknown.
    """

    name: str
    path: Path
    image_ids: Any
    prediction: Any = None
    correct: np.ndarray | None = None
    label: Any = None
    probability: np.ndarray | None = None


@dataclass(frozen=True)
class Reading:
    """What readers need to know beyond the files.

    Attributes
    ----------
    columns : dict of str to str
        Role → column of the source, for the columns that are found by name or that the user named.
    epoch : int or None
        Of several epochs, the one to import; None: the last.
    models : tuple of str
        Names of the models in the order of an array.
    n_images : int or None
        How many images an array has, where it is known.
    rows : str
        What the rows of an array are: ``models``, ``images``, or empty.
    binary : str
        What whole numbers are that are only 0 and 1: ``index`` (classes), ``correct`` (whether a model is
        right), or empty where this would have to be guessed.
    """

    columns: dict[str, str]
    epoch: int | None = None
    models: tuple[str, ...] = ()
    n_images: int | None = None
    rows: str = ""
    binary: str = "correct"


_TRUTHS = {"true": 1, "1": 1, "1.0": 1, "false": 0, "0": 0, "0.0": 0}


def truths(table: ForeignTable, column: str) -> np.ndarray:
    """Return a column of truths as int8: ``true`` and ``false`` in any case, 1 and 0; `MISSING` where null.

    Raises
    ------
    InputError
        A cell is something else.
    """
    import pyarrow as pa

    encoded = table.column(column).dictionary_encode()
    values = np.empty(len(encoded.dictionary) + 1, dtype=np.int8)
    for place, text in enumerate(encoded.dictionary.to_pylist()):
        found = _TRUTHS.get(text.strip().lower())
        if found is None:
            raise InputError(f"{table.path}, column {column}: {text!r}, expected true or false, or 1 or 0")
        values[place] = found
    values[-1] = MISSING
    codes = encoded.indices.fill_null(len(values) - 1).cast(pa.int32())
    return values[codes.to_numpy(zero_copy_only=False)]


def probabilities(table: ForeignTable, column: str) -> np.ndarray:
    """Return a column of probabilities as float32, NaN where null.

    Raises
    ------
    InputError
        A cell is no number from 0 to 1.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    expected = f"{table.path}, column {column}: expected numbers from 0 to 1"
    try:
        numbers = pc.cast(table.column(column), pa.float32())
    except pa.ArrowInvalid as error:
        raise InputError(f"{expected} ({str(error).splitlines()[0]})") from None
    values = numbers.to_numpy(zero_copy_only=False)
    outside = (values < 0) | (values > 1 + 1e-6)
    if outside.any():
        raise InputError(f"{expected}, found {values[outside][0]:g}")
    return values
