"""Dichotomous data difficulty: which images (almost) every model gets right, and which (almost) none.

After Meding, Schulze Buschoff, Geirhos & Wichmann (2022), "Trivial or impossible: dichotomous data
difficulty masks model differences (on ImageNet and beyond)", ICLR.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model_eval.columns import LEAVE_ONE_OUT, POOL_SIZE, Difficulty
from model_eval.decisions import Decisions, read_decisions, read_pool
from model_eval.difficulty import DifficultyTable
from model_eval.label.criterion import least_models
from model_eval.label.modal_answers import modal_answers
from model_eval.label.near_ties import count_near_ties
from model_eval.label.published_counts import read_counts
from model_eval.label.subpools import leave_one_out, shares_by_size
from model_eval.label.write_labels import ImageCounts, count_difficulties, write_labels
from model_eval.settings import LabelSettings
from tricky.core.errors import InputError
from tricky.core.matching import match_entries


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

    The criterion is applied to the models that saw an image.  Two tables show how labels depend on the pool:
    `pool_size.csv`, for random sub-pools of every size, and `leave_one_out.csv`, without each model and each
    family.

    Parameters
    ----------
    decisions_folder, folder : Path
        ``decisions/`` and ``difficulty/``.
    settings : LabelSettings
    root : Path, optional
        Folder that paths in `settings` are relative to; by default the parent of `folder`.
    seed : int
        Of the sub-pools.

    Raises
    ------
    InputError
        The evaluation is not finished or its files changed; a model failed and is not left out; the
        tolerance is too large for the pool; a file named in the settings cannot be used.
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
        **modal_answers(decisions.predictions, decisions.labels, decisions.complete)._asdict(),
    )
    counts = ImageCounts(
        images=table,
        n_models=n_models,
        made_from=manifest_path,
        tables={POOL_SIZE: by_size, LEAVE_ONE_OUT: left_out},
        provenance={
            "models": list(decisions.models),
            "seed": seed,
            "images": pool.images.source,
            "not_counted": {kind: each.model_dump() for kind, each in pool.images.not_counted.items()},
            "near_ties": None
            if decisions.near_ties is None
            else count_near_ties(correct, seen, decisions.near_ties, settings.tolerance),
        },
    )
    return write_labels(counts, folder, settings, root or folder.parent)


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
        The table lacks a column, or a value is impossible; the tolerance is too large for the pool;
        `leave_out` names models, which a table of counts cannot leave out; a file named in the settings
        cannot be used.
    """
    if settings.leave_out:
        raise InputError(
            f"{csv_path}: counts do not say which models were right; remove `leave_out` from [label]"
        )
    unknown = {"modal_prediction": -1, "modal_share": np.nan, "modal_error": -1, "modal_error_share": np.nan}
    table = read_counts(csv_path, n_models).assign(stability_families=np.nan, **unknown)
    counts = ImageCounts(
        images=table,
        n_models=int(table["n_models"].max()),
        made_from=csv_path,
        provenance={"models": None, "seed": None, "images": None, "not_counted": {}, "near_ties": None},
    )
    return write_labels(counts, folder, settings, root or folder.parent)


def summary(table: DifficultyTable) -> dict[Difficulty, Share]:
    """Return number and share of the images of each difficulty, from trivial to impossible."""
    counts, n_images = count_difficulties(table.images), int(table.images["difficulty"].notna().sum())
    return {kind: Share(n := counts[kind.value], n / n_images) for kind in Difficulty}


def _without(decisions: Decisions, leave_out: tuple[str, ...], where: Path) -> Decisions:
    """Return the decisions to label by; a model that failed must be named in `leave_out`."""
    known = [*decisions.models, *decisions.failures]
    match_entries(leave_out, known, where="[label] leave_out", what="model of the pool")
    for name, reason in decisions.failures.items():
        if name not in leave_out:
            raise InputError(
                f"{where}: {name} failed ({reason}); run `tricky evaluate` again, or label without it: add "
                f'"{name}" to `leave_out` in [label]'
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
        correct=decisions.correct[kept],
        seen=decisions.seen[kept],
        near_ties=None if decisions.near_ties is None else decisions.near_ties[kept],
        failures={},
    )
