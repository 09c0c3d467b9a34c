"""Decisions of the models of a study, epoch by epoch where they were trained under conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from model_eval.decisions import Decisions, read_decisions, read_pool
from model_eval.difficulty import read_difficulty
from model_eval.epoch_decisions import EpochDecisions, read_conditions
from model_eval.recipe_settings import BASE
from model_eval.training_manifests import ConditionsManifest
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.manifests import read_manifest
from tricky.core.matching import match_entries
from tricky.core.tables import read_table


@dataclass(frozen=True)
class ComparedModels:
    """Models that are compared, and their decisions.

    Attributes
    ----------
    folder : str
        ``conditions`` or ``decisions``: the stage that they come from.
    models : tuple of str
    conditions : tuple of str or None
        The condition of each model; None for a pool.
    differences : mapping of str to dict
        What each condition changes in comparison with the base network.
    images : DataFrame, n_images rows
        Those that all models were evaluated on.
    correct : ndarray of bool, shape (n_models, n_images)
        After each model's last epoch.
    by_epoch : ndarray of bool, shape (n_models, n_epochs, n_images), or None
        Over the epochs that all models have; None for a pool.
    label_error : ndarray of bool, shape (n_images,)
        Images whose label is known to be wrong.
    source : str
        The image source.
    made_from : dict of str to str
        Path relative to the study → SHA-256 of each manifest that was read.
    """

    folder: str
    models: tuple[str, ...]
    conditions: tuple[str, ...] | None
    differences: Mapping[str, dict[str, Any]]
    images: pd.DataFrame
    correct: np.ndarray
    by_epoch: np.ndarray | None
    label_error: np.ndarray
    source: str
    made_from: dict[str, str]

    @property
    def base(self) -> int | None:
        """Row of the base network; None for a pool."""
        return None if self.conditions is None else self.conditions.index(BASE)

    @property
    def holds_for(self) -> Literal["images", "images and models"]:
        """What results are generalised to: conditions are fixed, a pool is a sample of models."""
        return "images" if self.conditions is not None else "images and models"


def gather_models(root: Path, leave_out: Sequence[str] = ()) -> ComparedModels:
    """Read the models of ``conditions/``, or, where nothing was trained under conditions, of ``decisions/``.

    Parameters
    ----------
    root : Path
        The study's folder.
    leave_out : sequence of str
        Models of a pool that are left out.

    Raises
    ------
    InputError
        Neither is there, a file changed since, the base network is not trained yet, or there is only one
        model.
    """
    models = _gather(root, leave_out)
    if len(models.models) < 2:
        raise InputError(
            f"{models.folder}/ holds {len(models.models)} model(s) so far; it takes two to compare"
        )
    return models


def _gather(root: Path, leave_out: Sequence[str]) -> ComparedModels:
    if (root / "conditions" / "conditions.json").is_file():
        return _from_conditions(root, read_conditions(root / "conditions"))
    if not (root / "decisions" / "pool.json").is_file():
        raise InputError(
            f"{root}: no models to compare; run `tricky train` with a recipe, or `tricky evaluate`"
        )
    return _from_pool(root, read_decisions(root / "decisions"), leave_out)


def read_superclasses(path: Path, class_names: pd.Series) -> tuple[dict[str, str], dict[str, int]]:
    """Read which superclass each class belongs to, from a CSV file with `class_name` and `superclass`.

    Parameters
    ----------
    path : Path
        It may have more classes than the images.
    class_names : Series of str
        Of the images.

    Returns
    -------
    superclass_of : dict of str to str
        Class name → superclass, of the images' classes.
    counts : dict of str to int
        How many classes the file has, and how many of them are classes of the images.

    Raises
    ------
    InputError
        The file can't be read, lacks a column, gives a class two rows, or lacks a class of the images.
    """
    table = read_table(path, ["class_name", "superclass"])
    entries, superclasses = table.names("class_name", unique=True), table.names("superclass")
    known = class_names.unique().tolist()
    where = f"{path} (--superclasses)"
    found = match_entries(entries, known, where=where, what="class", lines=table.lines, partial=True)
    if missing := [name for name in known if name not in found.names]:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise InputError(f"{path}: no superclass for class {missing[0]!r}{more}; each class needs one")
    by_entry = dict(zip(entries, superclasses, strict=True))
    return {name: by_entry[entry] for entry, name in found.found.items()}, found.counts()


def _from_conditions(root: Path, decisions: EpochDecisions) -> ComparedModels:
    conditions = tuple(model.condition for model in decisions.models)
    if BASE not in conditions:
        raise InputError(
            f"{root / 'conditions'}: the base network is not trained yet; run `tricky train` again"
        )
    manifest_path = root / "conditions" / "conditions.json"
    source = read_manifest(manifest_path, ConditionsManifest, "tricky train").images.source
    return ComparedModels(
        folder="conditions",
        models=tuple(model.name for model in decisions.models),
        conditions=conditions,
        differences=decisions.conditions,
        images=decisions.images,
        correct=decisions.correct_at_end,
        by_epoch=decisions.correct,
        **_label_errors(root, decisions.images, source, manifest_path),
    )


def _from_pool(root: Path, decisions: Decisions, leave_out: Sequence[str]) -> ComparedModels:
    """Return the models of a pool and the images that all of them were evaluated on."""
    models = [*decisions.models, *decisions.failures]
    match_entries(leave_out, models, where="[label] leave_out", what="model of the pool")
    counted = [row for row, name in enumerate(decisions.models) if name not in leave_out]
    common = np.flatnonzero(decisions.seen[counted].all(axis=0))
    if not counted or len(common) == 0:
        raise InputError(
            f"{root / 'decisions'}: no image that all models saw; name the models that saw others in "
            "`leave_out` of [label]"
        )
    images = decisions.images.iloc[common].reset_index(drop=True)
    manifest_path = root / "decisions" / "pool.json"
    source = read_pool(root / "decisions").images.source
    return ComparedModels(
        folder="decisions",
        models=tuple(decisions.models[row] for row in counted),
        conditions=None,
        differences={},
        images=images,
        correct=decisions.correct[counted][:, common],
        by_epoch=None,
        **_label_errors(root, images, source, manifest_path),
    )


def _label_errors(root: Path, images: pd.DataFrame, source: str, manifest_path: Path) -> dict[str, Any]:
    """Return which images have a wrong label, if the study has labelled the same images."""
    made_from = {manifest_path.relative_to(root).as_posix(): sha256_of(manifest_path)}
    label_error = np.zeros(len(images), dtype=bool)
    labels_path = root / "difficulty" / "difficulty.json"
    if labels_path.is_file() and (table := read_difficulty(labels_path.parent)).manifest.images == source:
        wrong = table.images.loc[table.images["label_error"], "image_id"]
        label_error = images["image_id"].isin(wrong).to_numpy()
        made_from[labels_path.relative_to(root).as_posix()] = sha256_of(labels_path)
    return {"label_error": label_error, "source": source, "made_from": made_from}
