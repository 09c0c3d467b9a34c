"""Studies side by side: this one, the published one, and others, in the same numbers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model_eval.artefacts import InputError, read_json, sha256_of
from stimuli.records import PAIR_TASK

RESULTS = Path("report") / "results.json"


def read_studies(folders: Sequence[Path], root: Path, level: float, task: str) -> dict[str, dict[str, Any]]:
    """Read what the reports of other studies found.

    Parameters
    ----------
    folders : sequence of path
        Each a study's folder; a relative one starts at `root`.
    root : path
        The folder of the study at hand.
    level : float
        Coverage of its intervals.
    task : str
        What its observers did.

    Returns
    -------
    dict of str to dict
        Path of each ``results.json``, relative to `root` → its content.

    Raises
    ------
    InputError
        A folder is this study's own or was named twice, holds no report, or one of another version, of
        another task or with intervals of another coverage.
    """
    found: dict[str, dict[str, Any]] = {}
    for folder in folders:
        path = (root / folder / RESULTS).resolve()
        name = Path(os.path.relpath(path, root.resolve())).as_posix()
        if name == RESULTS.as_posix() or name in found:
            raise InputError(f"{folder}: this study's own folder, or named twice; leave it out of `beside`")
        content = read_json(path, f"tricky -C {folder} analyse")
        try:
            if content["task"] != task:
                raise InputError(
                    f'{path}: of the task "{content["task"]}", this study of "{task}"; accuracy in one says '
                    "nothing of the other, so leave it out of `beside`"
                )
            row_of(content)
            found_level = content["population"]["level"]
        except (KeyError, TypeError) as error:
            raise InputError(
                f"{path}: lacks {error}; run `tricky -C {folder} analyse` again, with this version"
            ) from None
        if found_level != level:
            raise InputError(
                f"{path}: has intervals of {found_level:.0%}, this study of {level:.0%}; analyse both with "
                "the same [analyse] level"
            )
        found[name] = content
    return found


def hashes_of(names: Sequence[str], root: Path) -> dict[str, str]:
    """Return the SHA-256 of each file, by its path relative to `root`."""
    return {name: sha256_of(root / name) for name in names}


def studies_of(content: dict[str, Any], others: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a study: this one first, then the published one, then the others as they were named.

    Parameters
    ----------
    content : dict
        Of this study's ``results.json``.
    others : sequence of dict
        The same of others.

    Returns
    -------
    list of dict
        `study`, `kind` (``person`` or ``simulated``), `n_images`, `n_models`, the shares `trivial`,
        `in-between` and `impossible`, `n_observers`, `n_items`, `accuracy`, its interval `low` to `high` for
        new observers and new pairs, and `kappa`, the mean error consistency of two observers; None where
        it isn't known: no interval of the published accuracy follows from what was published, and its
        observers chose between two images.
    """
    published = _published(content["published"])
    if content["task"] != PAIR_TASK:  # what the published observers did
        published |= dict.fromkeys(("n_observers", "n_items", "accuracy", "kappa"))
    return [row_of(content), published, *(row_of(other) for other in others)]


def row_of(content: dict[str, Any]) -> dict[str, Any]:
    """Return the row of one study."""
    difficulty, population = content["difficulty"], content["population"]
    return {
        "study": content["title"],
        "kind": content["sessions"]["kind"],
        "n_images": difficulty["n_images"],
        "n_models": difficulty["n_models"],
        **{each: difficulty["shares"][each] for each in ("trivial", "in-between", "impossible")},
        "n_observers": population["n_observers"],
        "n_items": population["n_items"],
        "accuracy": population["estimate"],
        "low": population["low"],
        "high": population["high"],
        "kappa": content["consistency"]["observers"]["mean"],
    }


def _published(published: dict[str, Any]) -> dict[str, Any]:
    return {
        "study": "Meding et al. (2022)",
        "kind": "person",
        "n_images": 50_000,
        "n_models": published["n_models"],
        "trivial": published["trivial"],
        "in-between": 1 - published["trivial"] - published["impossible"],
        "impossible": published["impossible"],
        "n_observers": published["n_observers"],
        "n_items": published["n_trials"],
        "accuracy": published["accuracy"],
        "low": None,
        "high": None,
        "kappa": published["error_consistency"],
    }
