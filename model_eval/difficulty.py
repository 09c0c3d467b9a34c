"""Dichotomous data difficulty: which images (almost) every model gets right, and which (almost) none.

After Meding, Schulze Buschoff, Geirhos & Wichmann (2022), "Trivial or impossible: dichotomous data
difficulty masks model differences (on ImageNet and beyond)", ICLR.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from model_eval.artefacts import InputError, read_json, sha256_of, versions_of, write_json
from model_eval.counts import read_counts
from model_eval.records import (
    DIFFICULTY_COLUMNS,
    Difficulty,
    DifficultyTable,
    read_decisions,
    read_difficulty,
    write_parquet,
)
from model_eval.settings import LabelSettings


class Share(NamedTuple):
    """Images of one difficulty: how many, and which share of all (0 … 1)."""

    n: int
    share: float


def difficulty_of(n_correct: np.ndarray, n_models: np.ndarray | int, tolerance: int) -> np.ndarray:
    """Return the difficulty of images from the number of models that were right.

    Parameters
    ----------
    n_correct : ndarray of int, shape (n_images,)
    n_models : ndarray of int, shape (n_images,), or int
    tolerance : int
        Models that may dissent; 0 is the strict definition.

    Returns
    -------
    ndarray of str, shape (n_images,)
        Values of `Difficulty`: trivial where all models but `tolerance` were right, impossible where no
        more than `tolerance` were.

    Raises
    ------
    InputError
        The tolerance is so large that an image could be both.
    """
    _check_tolerance(n_models, tolerance)
    return np.select(
        [n_correct >= np.asarray(n_models) - tolerance, n_correct <= tolerance],
        [Difficulty.TRIVIAL.value, Difficulty.IMPOSSIBLE.value],
        Difficulty.IN_BETWEEN.value,
    )


def stability(n_correct: np.ndarray, n_models: np.ndarray | int, tolerance: int) -> np.ndarray:
    """Return the probability that a resampled pool gives an image the same difficulty.

    The number of models that are right among `n_models` drawn from this pool with replacement follows
    Binomial(n_models, n_correct / n_models), so the bootstrap needs no resampling.  Models are drawn as if
    they were independent: for a pool of close kin the value is too high.

    Parameters
    ----------
    n_correct, n_models, tolerance
        As for `difficulty_of`.

    Returns
    -------
    ndarray of float, shape (n_images,)
    """
    difficulty = difficulty_of(n_correct, n_models, tolerance)
    resampled = stats.binom(n_models, n_correct / np.asarray(n_models))
    p_trivial = resampled.sf(np.asarray(n_models) - tolerance - 1)
    p_impossible = resampled.cdf(tolerance)
    return np.select(
        [difficulty == Difficulty.TRIVIAL, difficulty == Difficulty.IMPOSSIBLE],
        [p_trivial, p_impossible],
        # Rounding may leave a hair below 0.
        np.clip(1 - p_trivial - p_impossible, 0, 1),
    )


def label_decisions(decisions_folder: Path, folder: Path, settings: LabelSettings) -> DifficultyTable:
    """Label the images of ``decisions/`` and write ``difficulty/``.

    `modal_prediction` is the class that most models named; of classes named as often, the one with the
    smallest index.

    Raises
    ------
    InputError
        The evaluation isn't finished or its files changed; the tolerance is too large for the pool.
    """
    decisions = read_decisions(decisions_folder)
    mode = stats.mode(decisions.predictions, axis=0)
    n_models = len(decisions.models)
    table = decisions.images[["image_id", "label", "class_name"]].assign(
        n_models=n_models,
        n_correct=decisions.correct.sum(axis=0),
        modal_prediction=mode.mode,
        modal_share=mode.count / n_models,
    )
    manifest_path = decisions_folder / "pool.json"
    return _write(table, folder, settings, manifest_path, source=_source_of(manifest_path))


def label_counts(
    csv_path: Path, folder: Path, settings: LabelSettings, n_models: int | None = None
) -> DifficultyTable:
    """Label a published table of counts, in place of decisions made here, and write ``difficulty/``.

    Parameters
    ----------
    csv_path : Path
        Columns as for `read_counts`.
    folder : Path
        ``difficulty/``.
    settings : LabelSettings
    n_models : int, optional
        Size of the pool, where the table has no such column.

    Raises
    ------
    InputError
        The table lacks a column, or a value is impossible; the tolerance is too large for the pool.
    """
    table = read_counts(csv_path, n_models).assign(modal_prediction=-1, modal_share=np.nan)
    return _write(table, folder, settings, csv_path, source=None)


def summary(table: DifficultyTable) -> dict[Difficulty, Share]:
    """Return number and share of the images of each difficulty, from trivial to impossible."""
    counts = table.images["difficulty"].value_counts()
    n_images = len(table.images)
    return {kind: Share(n := int(counts.get(kind.value, 0)), n / n_images) for kind in Difficulty}


def _check_tolerance(n_models: np.ndarray | int, tolerance: int) -> None:
    smallest = int(np.min(n_models))
    if 2 * tolerance >= smallest:
        raise InputError(
            f"a tolerance of {tolerance} is too large for {smallest} models: an image could be both trivial "
            f"and impossible; set `tolerance` in [label] to {(smallest - 1) // 2} or less"
        )


def _write(
    table: pd.DataFrame, folder: Path, settings: LabelSettings, made_from: Path, source: str | None
) -> DifficultyTable:
    """Add what follows from the counts, and write the table and its manifest."""
    n_correct, n_models = table["n_correct"].to_numpy(), table["n_models"].to_numpy()
    difficulty = difficulty_of(n_correct, n_models, settings.tolerance)
    images = (
        table.assign(
            difficulty=difficulty,
            label_error=False,
            stability=stability(n_correct, n_models, settings.tolerance),
        )
        .astype(
            {
                "label": "int32",
                "n_models": "int32",
                "n_correct": "int32",
                "difficulty": "str",
                "stability": "float32",
                "modal_prediction": "int32",
                "modal_share": "float32",
            }
        )
        .sort_values("image_id", ignore_index=True)[list(DIFFICULTY_COLUMNS)]
    )
    path = folder / "difficulty.parquet"
    write_parquet(path, images)
    manifest: dict[str, Any] = {
        "made_from": {_relative(made_from, folder.parent): sha256_of(made_from)},
        "settings": {"label": settings.model_dump()},
        "versions": versions_of("numpy", "pandas", "scipy"),
        "sha256": sha256_of(path),
        "counts": {kind.value: int((difficulty == kind).sum()) for kind in Difficulty},
        "n_images": len(images),
        "n_models": int(n_models.max()),
        "tolerance": settings.tolerance,
        "images": source,
    }
    write_json(folder / "difficulty.json", manifest)
    return read_difficulty(folder)


def _source_of(manifest_path: Path) -> str:
    return read_json(manifest_path, made_by="tricky evaluate")["images"]["source"]


def _relative(path: Path, root: Path) -> str:
    """Return a path relative to the study, or only its name where it lies outside."""
    path, root = path.resolve(), root.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
