"""Results of a model after each epoch, ``RESULTS_EP<epoch>.csv``, from the code of Meding et al. (2022).

The paper's scripts (github.com/wichmann-lab/trivial-or-impossible, ``scripts/main.py``) save for every epoch
the predicted and the true class of each image, in the order of the validation set, in the folder
``results/<condition>/NUM<number>/``.  The files themselves are not published; two columns in this order,
with or without a header, are assumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from model_eval.import_decisions.records import ModelAnswers, Reading
from tricky.core.errors import InputError
from tricky.core.foreign_tables import ForeignTable, read_foreign_table

FILE = re.compile(r"RESULTS_EP(\d+)\.(csv|tsv)(\.gz)?", re.IGNORECASE)
"""Name of a file, with its epoch."""


def read_epochs(paths: Sequence[Path], reading: Reading) -> Iterator[tuple[ModelAnswers, str]]:
    """Yield the answers of each model after one epoch, with the hash of the file.

    Raises
    ------
    InputError
        A file is damaged, or has other than two columns; the epoch is missing for a model.
    """
    for name, by_epoch in epochs_of(paths).items():
        epoch = max(by_epoch) if reading.epoch is None else reading.epoch
        if epoch not in by_epoch:
            raise InputError(
                f"{name}: no file of epoch {epoch}; there are {min(by_epoch)} to {max(by_epoch)}"
            )
        table = _read(by_epoch[epoch])
        predicted, true = (table.column(column) for column in table.columns)
        yield ModelAnswers(name, table.path, None, prediction=predicted, label=true), table.sha256


def epochs_of(paths: Sequence[Path]) -> dict[str, dict[int, Path]]:
    """Return the file of each epoch, by model; a model is named after its condition and number.

    Raises
    ------
    InputError
        A file has another name, or two files are of the same epoch of a model.
    """
    found: dict[str, dict[int, Path]] = {}
    for path in paths:
        match = FILE.fullmatch(path.name)
        if match is None:
            raise InputError(f"{path}: expected a name like RESULTS_EP90.csv, with the epoch")
        parent = path.resolve().parent
        number = re.fullmatch(r"NUM(\d+)", parent.name)
        name = f"{parent.parent.name}-{number[1]}" if number else parent.name
        before = found.setdefault(name, {}).setdefault(int(match[1]), path)
        if before is not path:
            raise InputError(f"{path}: is of the same model ({name}) and epoch as {before}")
    return found


def _read(path: Path) -> ForeignTable:
    table = read_foreign_table(path, header=False)
    if len(table.columns) != 2:
        raise InputError(
            f"{path}: {len(table.columns)} columns; expected 2, the predicted and the true class"
        )
    first = [table.column(column)[0].as_py() or "" for column in table.columns]
    is_header = not all(re.fullmatch(r"[0-9.]+", each) for each in first)
    return read_foreign_table(path) if is_header else table
