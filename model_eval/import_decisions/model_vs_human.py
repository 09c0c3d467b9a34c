"""Raw data of models in model-vs-human (Geirhos et al. 2021), a row a trial."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from model_eval.import_decisions.long_table import split_models
from model_eval.import_decisions.records import ModelAnswers, Reading
from tricky.core.errors import InputError
from tricky.core.foreign_tables import read_tables_ahead

NO_TIME = frozenset({"nan", "na", ""})
"""Response times of models, in small letters."""


def read_model_vs_human(paths: Sequence[Path], reading: Reading) -> Iterator[tuple[ModelAnswers, str]]:
    """Yield the answers of each model, with the hash of the file.

    Raises
    ------
    InputError
        A file is damaged, lacks a column, or holds the answers of a person.
    """
    for table in read_tables_ahead(paths):
        if "rt" in table.columns:
            times = table.column("rt").unique().to_pylist()
            if any((each or "").strip().lower() not in NO_TIME for each in times):
                raise InputError(
                    f"{table.path}: has response times, so it is of a person; import people with "
                    "`tricky import sessions`, and name only the files of models here"
                )
        for answers in split_models(table, reading):
            yield answers, table.sha256
