"""The published files of Meding et al. (2022): read, and checked for what they should be.

They are the folder ``data/`` of github.com/wichmann-lab/trivial-or-impossible:

- ``Rebuttal_mean_decisions_correct.npy``: for each validation image of ImageNet, in the order of class
  folders and then of file names, the share of the eleven models that were right.
- ``label_errors.npy``: 1 where Northcutt et al. (2021) found a label error, in the same order.
- ``indices.npy``: the place in that order of each image of experiment 2, after six for practice.
- ``order.npy``: 0 impossible, 1 in-between, 2 trivial, for each image of experiment 2.
- ``experiment_two_results.ods``: a sheet for each observer, a row for each image, a column for each question.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tricky.core.array_files import read_array
from tricky.core.errors import InputError
from tricky.core.files import read_bytes

N_MODELS = 11
N_PRACTICE = 6
KINDS = ("impossible", "in-between", "trivial")
REMOVED = (43, 221, 253)
"""Images of experiment 2 that the paper left out: drawn as in-between, although all or no models got them."""
QUESTIONS = ("categories", "main", "odd")
FROM = "the folder data/ of github.com/wichmann-lab/trivial-or-impossible"


@dataclass(frozen=True)
class Published:
    """The published data.

    Attributes
    ----------
    n_correct : ndarray of int, shape (n_images,)
        Models that were right, of `N_MODELS`.
    label_error : ndarray of bool, shape (n_images,)
    ratings : DataFrame
        One row an observer and image of experiment 2: `observer`, `item` (its place among them), `image` (its
        place among all), `difficulty`, `n_correct`, `label_error`, and an answer to each of `QUESTIONS`,
        from 0.
    """

    n_correct: np.ndarray
    label_error: np.ndarray
    ratings: pd.DataFrame


def read_published(folder: Path) -> Published:
    """Read the folder.

    Raises
    ------
    InputError
        The folder or a file is missing, is not as it was published, or files do not fit together.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; download {FROM}")
    path = folder / "Rebuttal_mean_decisions_correct.npy"
    n_correct = N_MODELS * _numbers(path).ravel()
    if (
        not np.allclose(n_correct, n_correct.round(), atol=1e-6)
        or n_correct.min() < 0
        or n_correct.max() > 11
    ):
        raise InputError(
            f"{path}: expected the shares of {N_MODELS} models that were right; download it again"
        )
    errors_path = folder / "label_errors.npy"
    errors = _numbers(errors_path).ravel()
    if errors.shape != n_correct.shape or not np.isin(errors, (0, 1)).all():
        raise InputError(f"{errors_path}: expected 0 or 1 for each of {len(n_correct)} images")
    n_correct, errors = n_correct.round().astype(int), errors.astype(bool)
    return Published(n_correct, errors, _ratings(folder, n_correct, errors))


def _ratings(folder: Path, n_correct: np.ndarray, label_error: np.ndarray) -> pd.DataFrame:
    order = _numbers(folder / "order.npy").ravel()
    if not np.isin(order, (0, 1, 2)).all():
        raise InputError(f"{folder / 'order.npy'}: expected 0, 1 or 2 for each image of experiment 2")
    indices = _whole_numbers(folder / "indices.npy")[N_PRACTICE:]
    if len(indices) != len(order) or len(indices) == 0 or indices.max() >= len(n_correct):
        raise InputError(
            f"{folder / 'indices.npy'}: {len(indices)} places after {N_PRACTICE} for practice, expected "
            f"{len(order)} below {len(n_correct)}, as order.npy and the shares have them"
        )
    extreme = np.where(order == 0, 0, N_MODELS)
    if (n_correct[indices] != extreme)[order != 1].any():
        raise InputError(
            f"{folder}: indices.npy, order.npy and the shares of correct models do not fit together"
        )
    answers = _sheets(folder / "experiment_two_results.ods", len(order))
    items = pd.DataFrame(
        {
            "item": np.arange(len(order)),
            "image": indices,
            "difficulty": np.array(KINDS)[order.astype(int)],
            "n_correct": n_correct[indices],
            "label_error": label_error[indices],
        }
    )
    rated = [items.assign(observer=name, **sheet) for name, sheet in answers.items()]
    return pd.concat(rated, ignore_index=True)


def _sheets(path: Path, n_items: int) -> dict[str, dict[str, np.ndarray]]:
    content = io.BytesIO(read_bytes(path))
    expected = (
        f"expected a sheet for each observer, with {len(QUESTIONS)} columns and {n_items} rows of numbers"
    )
    try:
        sheets = pd.read_excel(content, engine="odf", sheet_name=None, header=None)
    except ImportError:
        raise InputError("reading .ods files needs odfpy: pip install 'tricky-images[import]'") from None
    except Exception as error:  # a damaged archive of XML may raise anything
        raise InputError(f"{path}: not readable as a workbook ({error}); download it again") from None
    answers = {}
    for name, sheet in sheets.items():
        cells = sheet.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
        if cells.shape != (n_items, len(QUESTIONS)) or not (cells >= 0).all():
            raise InputError(
                f"{path}, sheet {name}: {cells.shape[0]} rows, {cells.shape[1]} columns; {expected}"
            )
        answers[str(name)] = dict(zip(QUESTIONS, cells.astype(int).T, strict=True))
    return answers


def _numbers(path: Path) -> np.ndarray:
    array = read_array(path, f"download {FROM}")
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all() or array.size == 0:
        raise InputError(f"{path}: {array.dtype} of shape {array.shape}, expected numbers")
    return array


class _OnlyNumbers(pickle.Unpickler):
    """Reads a pickle of numpy numbers; any other class or function in it is an error and is not run."""

    ALLOWED = frozenset(["_reconstruct", "ndarray", "dtype", "scalar"])

    def find_class(self, module: str, name: str) -> object:
        if (
            module not in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray")
            or name not in self.ALLOWED
        ):
            raise pickle.UnpicklingError(f"contains {module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _whole_numbers(path: Path) -> np.ndarray:
    """Return an array that numpy saved as Python objects, which must all be whole numbers."""
    stream = io.BytesIO(read_bytes(path))
    try:
        np.lib.format.read_magic(stream)
        np.lib.format.read_array_header_1_0(stream)
        found = np.array(_OnlyNumbers(stream).load().tolist())
    except Exception as error:  # damaged bytes fail wherever the reader stumbles over them
        raise InputError(f"{path}: not readable as whole numbers ({error}); download {FROM}") from None
    if found.dtype.kind != "i" or found.ndim != 1 or (found < 0).any():
        raise InputError(f"{path}: {found.dtype} of shape {found.shape}, expected whole numbers")
    return found
