"""The formats of decisions that can be imported: each is declared here once, and documented from here.

`docs/importing.md` has a table of the columns of each; a test compares them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from model_eval.import_decisions.records import ModelAnswers, Reading
from tricky.core.errors import InputError

Reader = Callable[[Sequence[Path], Reading], Iterator[tuple[ModelAnswers, str]]]


@dataclass(frozen=True)
class Column:
    """A column of a format.

    Attributes
    ----------
    role : str
        One of the keys of ``[import.decisions.columns]``.
    names : tuple of str
        What it may be called, in small letters; the first that a table has is taken.
    meaning : str
    needed : bool
        Whether a table without it is of another format.
    """

    role: str
    names: tuple[str, ...]
    meaning: str
    needed: bool = False


@dataclass(frozen=True)
class Format:
    """A format of decisions.

    Attributes
    ----------
    name : str
        As ``--as`` has it.
    what : str
        What it is, for people.
    detected_by : str
        How it is recognised, for people.
    reader : str
        ``module:function``, imported when it is used.
    columns : tuple of Column
    answer : tuple of str
        Roles of which a table must have at least one.
    suffixes : tuple of str
        Of files that are read in a folder.
    """

    name: str
    what: str
    detected_by: str
    reader: str
    columns: tuple[Column, ...] = ()
    answer: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")

    def read(self, paths: Sequence[Path], reading: Reading) -> Iterator[tuple[ModelAnswers, str]]:
        """Yield the answers of each model, with the hash of the file that they are from."""
        module, _, function = self.reader.partition(":")
        reader: Reader = getattr(importlib.import_module(f"model_eval.import_decisions.{module}"), function)
        return reader(paths, reading)

    def columns_in(self, there: Sequence[str], named: Mapping[str, str]) -> dict[str, str]:
        """Return the column of each role that a table has: the one that the user names, else the usual one.

        Parameters
        ----------
        there : sequence of str
            The columns of a table.
        named : mapping of str to str
            Role → column.
        """
        by_small = {name.lower(): name for name in reversed(there) if name not in named.values()}
        found: dict[str, str] = {}
        for column in self.columns:
            usual = [by_small[each] for each in column.names if each in by_small]
            name = named.get(column.role) or (usual[0] if usual else None)
            if name is not None:
                found[column.role] = name
        return found

    def fits(self, found: Mapping[str, str]) -> bool:
        """Return whether columns that were found are enough for this format."""
        needed = all(column.role in found for column in self.columns if column.needed)
        return needed and any(role in found for role in self.answer)


IMAGE = Column(
    "image",
    ("image_id", "image", "file_name", "filename", "file", "path", "imagename", "image_name"),
    "name or path of the image",
    needed=True,
)
MODEL = Column("model", ("model", "model_name", "network"), "name of the model", needed=True)
PREDICTION = Column(
    "prediction",
    ("prediction", "predicted_class", "predicted", "predicted_label", "pred"),
    "predicted class: its name, or its index from 0",
)
CORRECT = Column("correct", ("correct", "is_correct"), "whether the model is right: true, false, 1 or 0")
LABEL = Column(
    "label", ("label", "true_class", "true_label", "target", "class_name"), "true class, as `prediction`"
)
PROBABILITY = Column(
    "probability",
    ("probability", "predicted_probability", "confidence", "prob"),
    "probability of the predicted class, 0 to 1",
)

FORMATS = (
    Format(
        name="long",
        what="one table with a row for each model and image",
        detected_by="columns of image, model, and prediction or correct",
        reader="long_table:read_long",
        columns=(IMAGE, MODEL, PREDICTION, CORRECT, LABEL, PROBABILITY),
        answer=("prediction", "correct"),
    ),
    Format(
        name="per-model",
        what="one table for each model, named after it, such as ImageNet-X's `model_predictions`",
        detected_by="columns of image, and prediction or correct, none of model",
        reader="model_table:read_model_tables",
        columns=(IMAGE, PREDICTION, CORRECT, LABEL, PROBABILITY),
        answer=("prediction", "correct"),
    ),
    Format(
        name="timm",
        what="what timm's `inference.py` writes for each model",
        detected_by="columns `filename`, and `prob` or `logit`, with `index` or `label`",
        reader="timm_results:read_timm",
        columns=(
            Column("image", ("filename",), "name of the image", needed=True),
            Column(
                "prediction",
                ("index", "index_0", "label", "label_0"),
                "predicted class, the first of several: its index (`--include-index`), else its name",
                needed=True,
            ),
            Column(
                "probability",
                ("prob", "prob_0"),
                "its probability (with `--output-type logit` it is unknown)",
            ),
        ),
        answer=("prediction",),
        suffixes=(".csv", ".parquet", ".json"),
    ),
    Format(
        name="epochs",
        what="`RESULTS_EP<epoch>.csv` of Meding et al. (2022), in a folder for each model",
        detected_by="names of the files",
        reader="epoch_results:read_epochs",
        columns=(
            Column("prediction", (), "first column: predicted class"),
            Column("label", (), "second column: true class"),
        ),
        suffixes=(".csv", ".csv.gz", ".tsv", ".tsv.gz"),
    ),
    Format(
        name="npy",
        what="`.npy` arrays: models × images, or the mean over models for each image",
        detected_by="names of the files",
        reader="arrays:read_arrays",
        suffixes=(".npy",),
    ),
    Format(
        name="model-vs-human",
        what="raw data of models in model-vs-human",
        detected_by="columns `subj`, `object_response`, `category` and `imagename`",
        reader="model_vs_human:read_model_vs_human",
        columns=(
            Column("model", ("subj",), "name of the model", needed=True),
            Column("image", ("imagename",), "name of the image", needed=True),
            Column("prediction", ("object_response",), "predicted class", needed=True),
            Column("label", ("category",), "true class", needed=True),
        ),
        answer=("prediction",),
    ),
)

BY_NAME = {each.name: each for each in FORMATS}

_OUTPUT = {"prob", "logit", "prob_0", "logit_0"}


def detect(path: Path, columns: Sequence[str], named: Mapping[str, str]) -> Format:
    """Return the format of a table, from its columns.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        Of the table.
    named : mapping of str to str
        Role → column, as the user names them.

    Raises
    ------
    InputError
        They fit no format, or several; the message names them.
    """
    small = {name.lower() for name in columns}
    if {"subj", "object_response", "category", "imagename"} <= small:
        return BY_NAME["model-vs-human"]
    candidates = [
        each
        for each in FORMATS
        if each.name in ("long", "per-model") and each.fits(each.columns_in(columns, named))
    ]
    if not candidates and "filename" in small and small & _OUTPUT:
        return BY_NAME["timm"]
    if candidates:  # a long table has all columns of a table per model
        return candidates[0]
    raise InputError(
        f"{path}: columns {', '.join(columns)} fit no format; say what they mean with `--column image=NAME` "
        f"(also {', '.join(_ROLES)}), or name the format with `--as` ({', '.join(BY_NAME)})"
    )


_ROLES = ("model", "prediction", "correct", "label", "probability")
