"""Dichotomous data difficulty: which images (almost) every model gets right, and which (almost) none.

After Meding, Schulze Buschoff, Geirhos & Wichmann (2022), "Trivial or impossible: dichotomous data
difficulty masks model differences (on ImageNet and beyond)", ICLR.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from model_eval.columns import DIFFICULTY_DTYPES, LEAVE_ONE_OUT, POOL_SIZE
from model_eval.label.criterion import NOT_LABELLED, difficulty_of, least_models, stability
from model_eval.label.modal_answers import modal_answers
from model_eval.label.near_ties import count_near_ties
from model_eval.label.published_counts import read_counts
from model_eval.label.reassessed import Reason, read_reassessed, why_impossible
from model_eval.label.subpools import leave_one_out, shares_by_size
from model_eval.manifests import DifficultyManifest
from model_eval.records import (
    Decisions,
    Difficulty,
    DifficultyTable,
    read_decisions,
    read_difficulty,
    read_pool,
)
from model_eval.settings import LabelSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of
from tricky.core.manifests import write_manifest
from tricky.core.matching import match_entries
from tricky.core.parquet import write_parquet
from tricky.core.tables import read_entries
from tricky.core.write_tables import write_csv


class Share(NamedTuple):
    """Images of one difficulty: how many, and which share of all that have one (0 … 1)."""

    n: int
    share: float


def label_decisions(
    decisions_folder: Path,
    folder: Path,
    settings: LabelSettings,
    *,
    root: Path | None = None,
    seed: int = 1,
) -> DifficultyTable:
    """Label the images of ``decisions/`` and write ``difficulty/``.

    Every image counts the models that saw it.  What becomes of the labels in parts of the pool is written
    beside them: `pool_size.csv`, in random sub-pools of every size, and `leave_one_out.csv`, without each
    model and each family.

    Parameters
    ----------
    decisions_folder, folder : Path
        ``decisions/`` and ``difficulty/``.
    settings : LabelSettings
    root : Path, optional
        What the files in `settings` are relative to; by default the folder that `folder` is in.
    seed : int
        Of the sub-pools.

    Raises
    ------
    InputError
        The evaluation isn't finished or its files changed; a model failed and isn't left out; the tolerance
        is too large for the pool; a file that the settings name can't be used.
    """
    manifest_path = decisions_folder / "pool.json"
    pool = read_pool(decisions_folder)
    decisions = _without(read_decisions(decisions_folder), settings.leave_out, manifest_path)
    correct, seen = decisions.correct, decisions.seen
    n_models = len(decisions.models)
    least_models(n_models, settings.tolerance, settings.min_models_share)  # refuses too large a tolerance

    rule = (settings.tolerance, settings.min_models_share)
    by_size = shares_by_size(correct, seen, *rule, np.random.default_rng(seed))
    left_out, in_families = leave_one_out(correct, seen, decisions.models, decisions.families, *rule)
    table = decisions.images[["image_id", "label", "class_name"]].assign(
        n_models=seen.sum(axis=0),
        n_correct=correct.sum(axis=0),
        stability_families=in_families,
        **modal_answers(decisions.predictions, decisions.labels)._asdict(),
    )
    return _write(
        table,
        folder,
        settings,
        made_from=manifest_path,
        root=root or folder.parent,
        n_models=n_models,
        tables={POOL_SIZE: by_size, LEAVE_ONE_OUT: left_out},
        about={
            "models": list(decisions.models),
            "seed": seed,
            "images": pool.images.source,
            "not_counted": {kind: each.model_dump() for kind, each in pool.images.not_counted.items()},
            "near_ties": count_near_ties(decisions_folder, decisions, settings.tolerance),
        },
    )


def label_counts(
    csv_path: Path,
    folder: Path,
    settings: LabelSettings,
    n_models: int | None = None,
    *,
    root: Path | None = None,
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
    root : Path, optional
        As for `label_decisions`.

    Raises
    ------
    InputError
        The table lacks a column, or a value is impossible; the tolerance is too large for the pool; models
        are to be left out, which counts can't tell; a file that the settings name can't be used.
    """
    if settings.leave_out:
        raise InputError(
            f"{csv_path}: counts don't tell which models were right; take `leave_out` out of [label]"
        )
    unknown = {"modal_prediction": -1, "modal_share": np.nan, "modal_error": -1, "modal_error_share": np.nan}
    table = read_counts(csv_path, n_models).assign(stability_families=np.nan, **unknown)
    return _write(
        table,
        folder,
        settings,
        made_from=csv_path,
        root=root or folder.parent,
        n_models=int(table["n_models"].max()),
        tables={},
        about={"models": None, "seed": None, "images": None, "not_counted": {}, "near_ties": None},
    )


def summary(table: DifficultyTable) -> dict[Difficulty, Share]:
    """Return number and share of the images of each difficulty, from trivial to impossible."""
    counts, n_images = _counts(table.images), int(table.images["difficulty"].notna().sum())
    return {kind: Share(n := counts[kind.value], n / n_images) for kind in Difficulty}


def _without(decisions: Decisions, leave_out: tuple[str, ...], where: Path) -> Decisions:
    """Return the decisions that count; a model that failed may be missing only if the lab says so."""
    known = [*decisions.models, *decisions.failures]
    match_entries(leave_out, known, where="[label] leave_out", what="model of the pool")
    for name, reason in decisions.failures.items():
        if name not in leave_out:
            raise InputError(
                f"{where}: {name} failed ({reason}); run `tricky evaluate` again, or label without it: "
                f'add "{name}" to `leave_out` in [label]'
            )
    kept = [index for index, name in enumerate(decisions.models) if name not in leave_out]
    if not kept:
        raise InputError(f"{where}: no model is left to label by; shorten `leave_out` in [label]")
    if len(kept) == len(decisions.models):  # nothing to copy
        return replace(decisions, failures={})
    return Decisions(
        models=tuple(decisions.models[index] for index in kept),
        families=tuple(decisions.families[index] for index in kept),
        images=decisions.images,
        predictions=decisions.predictions[kept],
        failures={},
    )


def _write(
    table: pd.DataFrame,
    folder: Path,
    settings: LabelSettings,
    *,
    made_from: Path,
    root: Path,
    n_models: int,
    tables: Mapping[str, pd.DataFrame],
    about: Mapping[str, Any],
) -> DifficultyTable:
    """Add what follows from the counts, and write the tables and their manifest."""
    lists = _read_lists(table, settings, root)
    counts = (table["n_correct"].to_numpy(), table["n_models"].to_numpy(), settings.tolerance)
    least = least_models(n_models, settings.tolerance, settings.min_models_share)
    difficulty = difficulty_of(*counts, least)
    table = table.assign(
        difficulty=pd.Series(difficulty).mask(difficulty == NOT_LABELLED),
        label_error=lists.label_error,
        stability=stability(*counts, least),
        reason=None,
    )
    if table["difficulty"].isna().all():
        raise InputError(
            f"{made_from}: no image was seen by {least} of {n_models} models; lower `min_models_share` in "
            "[label]"
        )
    impossible = difficulty == Difficulty.IMPOSSIBLE
    if lists.origins:
        wrong = lists.label_error[impossible]
        table.loc[impossible, "reason"] = why_impossible(table[impossible], wrong, lists.right)
    images = table[list(DIFFICULTY_DTYPES)].astype(DIFFICULTY_DTYPES)
    images = images.sort_values("image_id", ignore_index=True)
    path = folder / "difficulty.parquet"
    write_parquet(path, images)
    for name in (POOL_SIZE, LEAVE_ONE_OUT):
        if name in tables:
            write_csv(folder / name, tables[name].round(12))
        else:  # of an earlier pool: it would stand beside labels that it has nothing to do with
            (folder / name).unlink(missing_ok=True)
    labelled = images[images["difficulty"].notna()]
    sound = labelled[~labelled["label_error"]]
    reasons = images["reason"].value_counts()
    manifest: dict[str, Any] = {
        "made_from": {_relative(made_from, folder.parent): sha256_of(made_from), **lists.origins},
        "settings": {"label": settings.model_dump(mode="json")},
        "seed": about["seed"],
        "versions": versions_of("numpy", "pandas", "scipy"),
        "sha256": sha256_of(path),
        "tables": {name: sha256_of(folder / name) for name in tables},
        "counts": _counts(labelled),
        "n_images": len(labelled),
        "n_not_labelled": len(images) - len(labelled),
        "without_label_errors": None
        if settings.label_errors is None
        else {"counts": _counts(sound), "n_images": len(sound)},
        "impossible": {reason.value: int(reasons[reason]) for reason in Reason if reason in reasons},
        "mean_stability": _mean(labelled["stability"]),
        "mean_stability_families": _mean(labelled["stability_families"]),
        "n_models": n_models,
        "models": about["models"],
        "tolerance": settings.tolerance,
        "images": about["images"],
        "not_counted": about["not_counted"],
        "near_ties": about["near_ties"],
        "matched": lists.matched,
    }
    write_manifest(folder / "difficulty.json", DifficultyManifest, manifest)
    return read_difficulty(folder)


class _Lists(NamedTuple):
    """What the files that the settings name say of the images.

    Attributes
    ----------
    label_error : ndarray of bool, shape (n_images,)
        Images whose label is known to be wrong.
    right : dict or None
        As in `Reassessed`; None where nobody looked again.
    origins : dict of str to str
        File relative to the study → SHA-256.
    matched : dict of str to dict
        Name of the list → how many of its entries match.
    """

    label_error: np.ndarray
    right: dict[str, frozenset[str]] | None
    origins: dict[str, str]
    matched: dict[str, dict[str, int]]


def _read_lists(table: pd.DataFrame, settings: LabelSettings, root: Path) -> _Lists:
    label_error, right = np.zeros(len(table), dtype=bool), None
    origins: dict[str, str] = {}
    matched: dict[str, dict[str, int]] = {}
    if settings.label_errors is not None:
        path = root / settings.label_errors
        entries, lines = read_entries(path)
        where = f"{path} ([label] label_errors)"
        known = table["image_id"].tolist()
        found = match_entries(entries, known, where=where, what="image", lines=lines, partial=True)
        label_error = table["image_id"].isin(found.names).to_numpy()
        origins[_relative(path, root)] = sha256_of(path)
        matched["label_errors"] = found.counts()
    if settings.reassessed is not None:
        path = root / settings.reassessed
        reassessed = read_reassessed(path, table)
        right = reassessed.right
        origins[_relative(path, root)] = sha256_of(path)
        matched |= reassessed.matched
    return _Lists(label_error, right, origins, matched)


def _counts(images: pd.DataFrame) -> dict[str, int]:
    found = images["difficulty"].value_counts()
    return {kind.value: int(found.get(kind.value, 0)) for kind in Difficulty}


def _mean(values: pd.Series) -> float | None:
    return None if values.isna().all() else float(values.mean())


def _relative(path: Path, root: Path) -> str:
    """Return a path relative to the study, or only its name where it lies outside."""
    path, root = path.resolve(), root.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
