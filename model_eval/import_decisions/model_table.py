"""One table for each model, named after it: ImageNet-X's ``model_predictions``, and others like them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from model_eval.import_decisions.records import ModelAnswers, Reading, probabilities, truths
from tricky.core.errors import InputError
from tricky.core.foreign_tables import ForeignTable, read_tables_ahead, suffix_of


def read_model_tables(paths: Sequence[Path], reading: Reading) -> Iterator[tuple[ModelAnswers, str]]:
    """Yield the answers of each model, with the hash of its file.

    Raises
    ------
    InputError
        A file is damaged or lacks a column.
    """
    for table in read_tables_ahead(paths):
        yield answers_of(table, model_of(table.path), reading), table.sha256


def model_of(path: Path) -> str:
    """Return the model that a file is named after."""
    return path.name[: len(path.name) - len(suffix_of(path))]


def answers_of(table: ForeignTable, model: str, reading: Reading) -> ModelAnswers:
    """Return one model's answers from the rows of a table.

    Raises
    ------
    InputError
        The table lacks a column, or a cell is no value of its column.
    """
    for column in reading.columns.values():
        if column not in table.columns:
            raise InputError(
                f"{table.path}: no column {column!r}; its columns are {', '.join(table.columns)}"
            )
    given = reading.columns
    return ModelAnswers(
        name=model,
        path=table.path,
        image_ids=table.column(given["image"]),
        prediction=table.column(given["prediction"]) if "prediction" in given else None,
        correct=truths(table, given["correct"]) if "correct" in given else None,
        label=table.column(given["label"]) if "label" in given else None,
        probability=probabilities(table, given["probability"]) if "probability" in given else None,
    )
