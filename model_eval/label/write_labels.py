"""Label images by counts of correct models, and write ``difficulty/`` with its manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from model_eval.columns import DIFFICULTY_DTYPES, LEAVE_ONE_OUT, POOL_SIZE, Difficulty
from model_eval.difficulty import DifficultyTable, read_difficulty
from model_eval.label.criterion import NOT_LABELLED, difficulty_of, least_models, stability
from model_eval.label_evidence.evidence import Evidence, Reason
from model_eval.label_evidence.formats import Use, read_evidence, recognised
from model_eval.manifests import DifficultyManifest
from model_eval.settings import LabelSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of
from tricky.core.manifests import write_manifest
from tricky.core.matching import match_entries
from tricky.core.parquet import write_parquet
from tricky.core.tables import read_entries
from tricky.core.write_tables import write_csv


@dataclass(frozen=True)
class ImageCounts:
    """How many models were right on each image, and where the counts come from.

    Attributes
    ----------
    images : DataFrame, n_images rows
        `DIFFICULTY_DTYPES`, without the columns that labels add.
    n_models : int
        Size of the pool.
    made_from : Path
        File that the counts come from.
    tables : mapping of str to DataFrame
        `POOL_SIZE` and `LEAVE_ONE_OUT`; empty for published counts.
    provenance : mapping
        Further entries of the manifest: `models`, `seed`, `images`, `not_counted`, `near_ties`.
    """

    images: pd.DataFrame
    n_models: int
    made_from: Path
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)


def write_labels(counts: ImageCounts, folder: Path, settings: LabelSettings, root: Path) -> DifficultyTable:
    """Label images by their counts, and write the tables and their manifest.

    Parameters
    ----------
    counts : ImageCounts
    folder : Path
        ``difficulty/``.
    settings : LabelSettings
    root : Path
        Paths in the settings are relative to it.

    Raises
    ------
    InputError
        The tolerance is too large for the pool; too few models saw every image; a file named in the settings
        cannot be used.
    """
    lists = _read_lists(counts.images, settings, root)
    images = _labelled(counts, settings, lists)
    path = folder / "difficulty.parquet"
    write_parquet(path, images)
    for name in (POOL_SIZE, LEAVE_ONE_OUT):
        if name in counts.tables:
            write_csv(folder / name, counts.tables[name].round(12))
        else:  # written for an earlier pool
            (folder / name).unlink(missing_ok=True)
    labelled = images[images["difficulty"].notna()]
    without_errors = labelled[~labelled["label_error"]]
    reasons = images["reason"].value_counts()
    manifest: dict[str, Any] = {
        "made_from": {
            _relative(counts.made_from, folder.parent): sha256_of(counts.made_from),
            **lists.origins,
        },
        "settings": {"label": settings.model_dump(mode="json")},
        "seed": counts.provenance["seed"],
        "versions": versions_of("numpy", "pandas", "scipy"),
        "sha256": sha256_of(path),
        "tables": {name: sha256_of(folder / name) for name in counts.tables},
        "counts": count_difficulties(labelled),
        "n_images": len(labelled),
        "n_not_labelled": len(images) - len(labelled),
        "without_label_errors": None
        if settings.label_errors is None
        else {"counts": count_difficulties(without_errors), "n_images": len(without_errors)},
        "impossible": {reason.value: int(reasons[reason]) for reason in Reason if reason in reasons},
        "mean_stability": _mean(labelled["stability"]),
        "mean_stability_families": _mean(labelled["stability_families"]),
        "n_models": counts.n_models,
        "models": counts.provenance["models"],
        "tolerance": settings.tolerance,
        "images": counts.provenance["images"],
        "not_counted": counts.provenance["not_counted"],
        "near_ties": counts.provenance["near_ties"],
        "matched": lists.matched,
    }
    write_manifest(folder / "difficulty.json", DifficultyManifest, manifest)
    return read_difficulty(folder)


def _labelled(counts: ImageCounts, settings: LabelSettings, lists: _Lists) -> pd.DataFrame:
    """Return the rows of ``difficulty.parquet``."""
    table = counts.images
    arguments = (table["n_correct"].to_numpy(), table["n_models"].to_numpy(), settings.tolerance)
    least = least_models(counts.n_models, settings.tolerance, settings.min_models_share)
    difficulty = difficulty_of(*arguments, least)
    table = table.assign(
        difficulty=pd.Series(difficulty).mask(difficulty == NOT_LABELLED),
        label_error=lists.label_error,
        stability=stability(*arguments, least),
        reason=None,
    )
    if table["difficulty"].isna().all():
        raise InputError(
            f"{counts.made_from}: no image was seen by {least} of {counts.n_models} models; lower "
            "`min_models_share` in [label]"
        )
    impossible = difficulty == Difficulty.IMPOSSIBLE
    if lists.origins:
        wrong = lists.label_error[impossible]
        table.loc[impossible, "reason"] = why_impossible(table["image_id"][impossible], wrong, lists.reasons)
    images = table[list(DIFFICULTY_DTYPES)].astype(DIFFICULTY_DTYPES)
    return images.sort_values("image_id", ignore_index=True)


class _Lists(NamedTuple):
    """Content of the files named in the settings.

    Attributes
    ----------
    label_error : ndarray of bool, shape (n_images,)
        Images whose label is known to be wrong.
    reasons : dict of str to Reason
        As in `Evidence`; empty where no annotators reassessed the images.
    origins : dict of str to str
        Path relative to the study → SHA-256.
    matched : dict of str to dict
        Name of the list → how many of its entries match.
    """

    label_error: np.ndarray
    reasons: dict[str, Reason]
    origins: dict[str, str]
    matched: dict[str, dict[str, int]]


def _read_lists(table: pd.DataFrame, settings: LabelSettings, root: Path) -> _Lists:
    label_error = np.zeros(len(table), dtype=bool)
    reasons: dict[str, Reason] = {}
    origins: dict[str, str] = {}
    matched: dict[str, dict[str, int]] = {}
    if settings.label_errors is not None:
        path = root / settings.label_errors
        names, counts = _label_errors(path, table)
        label_error = table["image_id"].isin(names).to_numpy()
        origins[_relative(path, root)] = sha256_of(path)
        matched |= counts
    if settings.reassessed is not None:
        path = root / settings.reassessed
        evidence = read_evidence(path, table, Use.REASSESSED, f"{path} ([label] reassessed)")
        reasons = evidence.reasons
        origins[_relative(path, root)] = sha256_of(path)
        matched |= _counts("reassessed", evidence)
    return _Lists(label_error, reasons, origins, matched)


def _label_errors(path: Path, table: pd.DataFrame) -> tuple[frozenset[str], dict[str, dict[str, int]]]:
    """Return the images whose label is an error by a list or a published file, and how many entries match."""
    where = f"{path} ([label] label_errors)"
    if recognised(path):
        evidence = read_evidence(path, table, Use.LABEL_ERRORS, where)
        return evidence.errors, _counts("label_errors", evidence)
    entries, lines = read_entries(path)
    known = table["image_id"].tolist()
    found = match_entries(entries, known, where=where, what="image", lines=lines, partial=True)
    return found.names, {"label_errors": found.counts()}


def _counts(name: str, evidence: Evidence) -> dict[str, dict[str, int]]:
    classes = {f"{name} {what}": counts for what, counts in evidence.classes.items()}
    return {name: evidence.counts(), **classes}


def why_impossible(
    image_ids: Iterable[str], label_error: np.ndarray, reasons: Mapping[str, Reason]
) -> np.ndarray:
    """Return the `Reason` of each impossible image.

    Parameters
    ----------
    image_ids : iterable of str, length n_images
    label_error : ndarray of bool, shape (n_images,)
        Whether a list of label errors has the image: its label is wrong, whatever else is known.
    reasons : mapping of str to Reason
        As in `Evidence`.

    Returns
    -------
    ndarray of str, shape (n_images,)
    """
    found = [
        Reason.WRONG_LABEL if wrong else reasons.get(image_id, Reason.NOT_REASSESSED)
        for image_id, wrong in zip(image_ids, label_error, strict=True)
    ]
    return np.array(found, dtype=object)


def count_difficulties(images: pd.DataFrame) -> dict[str, int]:
    """Return the number of images of each difficulty."""
    found = images["difficulty"].value_counts()
    return {kind.value: int(found.get(kind.value, 0)) for kind in Difficulty}


def _mean(values: pd.Series) -> float | None:
    return None if values.isna().all() else float(values.mean())


def _relative(path: Path, root: Path) -> str:
    """Return a path relative to the study, or only its name if it is outside."""
    path, root = path.resolve(), root.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
