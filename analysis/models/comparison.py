"""What the models of a study decided, epoch by epoch where they were trained here, and every number on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from analysis.statistics.dichotomy import Dichotomy, measure_dichotomy
from analysis.statistics.subsets import SubsetConsistency, consistency_by_subset
from analysis.statistics.training_dynamics import (
    BesideBase,
    accuracy_by_epoch,
    beside_base,
    flip_share,
    forgetting_events,
    independent_histogram,
    right_for_good,
)
from model_eval.images.gaussian import divergence_to_neighbour
from model_eval.label.criterion import difficulty_of
from model_eval.manifests import ConditionsManifest
from model_eval.records import Decisions, Difficulty, read_decisions, read_difficulty, read_pool
from model_eval.train.epoch_decisions import BASE, EpochDecisions, read_conditions
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.manifests import read_manifest
from tricky.core.matching import match_entries
from tricky.core.randomness import generator
from tricky.core.tables import read_table

NOISE = "gaussian:"
"""What the name of images begins with that are Gaussian noise, their classes named by standard deviation."""
FORGOTTEN = ("0", "1", "2", "3+")
"""Numbers of forgetting events that are told apart."""


@dataclass(frozen=True)
class Compared:
    """The models that are compared, and what they decided.

    Attributes
    ----------
    folder : str
        ``conditions`` or ``decisions``: where this comes from.
    models : tuple of str
    conditions : tuple of str or None
        The condition of each model; None for a pool.
    differences : mapping of str to dict
        What each condition changes.
    images : DataFrame, n_images rows
        Those that all models were asked about.
    correct : ndarray of bool, shape (n_models, n_images)
        After each model's last epoch.
    by_epoch : ndarray of bool, shape (n_models, n_epochs, n_images), or None
        Over the epochs that all models have; None for a pool.
    label_error : ndarray of bool, shape (n_images,)
        Where the study's labels say so.
    source : str
        The images.
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
        """Row of the base network, where there is one."""
        return None if self.conditions is None else self.conditions.index(BASE)


@dataclass(frozen=True)
class Findings:
    """What a comparison found.

    Attributes
    ----------
    difficulty : ndarray of str, shape (n_images,)
        Under these models.
    independent : ndarray of float, shape (n_models + 1,)
        Images that 0, 1, … independent models of the same accuracies would get right.
    dichotomy : Dichotomy
    subsets : list of SubsetConsistency
    beside_base : list of BesideBase
        Empty for a pool.
    accuracy, flips : ndarray of float, shapes (n_models, n_epochs) and (n_models, n_epochs − 1), or None
    right_for_good, forgetting : DataFrame or None
        As `analysis.models.epoch_figures.learning` takes them.
    classes, superclasses : DataFrame or None
        As `shares_by_group` returns them.
    noise : DataFrame or None
        For classes of Gaussian noise, by name: `sd`, `divergence` (Kullback–Leibler, to the nearest
        class, in nats per pixel), `accuracy` (mean over models), `accuracy_low`, `accuracy_high` (range).
    """

    difficulty: np.ndarray
    independent: np.ndarray
    dichotomy: Dichotomy
    subsets: list[SubsetConsistency]
    beside_base: list[BesideBase]
    accuracy: np.ndarray | None
    flips: np.ndarray | None
    right_for_good: pd.DataFrame | None
    forgetting: pd.DataFrame | None
    classes: pd.DataFrame
    superclasses: pd.DataFrame | None
    noise: pd.DataFrame | None


def gather_models(root: Path, leave_out: Sequence[str] = ()) -> Compared:
    """Read the models of ``conditions/``, or, where nothing was trained under conditions, of ``decisions/``.

    Parameters
    ----------
    root : Path
        The study's folder.
    leave_out : sequence of str
        Models of a pool that don't count.

    Raises
    ------
    InputError
        Neither is there, a file changed since, or the base network is not trained yet.
    """
    if (root / "conditions" / "conditions.json").is_file():
        return _from_conditions(root, read_conditions(root / "conditions"))
    if not (root / "decisions" / "pool.json").is_file():
        raise InputError(
            f"{root}: no models to compare; run `tricky train` with a recipe, or `tricky evaluate`"
        )
    return _from_pool(root, read_decisions(root / "decisions"), leave_out)


def compare(
    compared: Compared,
    *,
    tolerance: int,
    level: float,
    seed: int,
    superclass_of: Mapping[str, str] | None = None,
) -> Findings:
    """Compute everything that the page tells of these models.

    Parameters
    ----------
    compared : Compared
        At least two models.
    tolerance : int
        As for `model_eval.label.criterion.difficulty_of`.
    level : float
        Coverage of intervals.
    seed : int
        The study's seed.
    superclass_of : mapping of str to str, optional
        Class name → superclass.

    Raises
    ------
    InputError
        Fewer than two models, too large a tolerance, or a class without a superclass.
    """
    correct = compared.correct
    n_models, n_images = correct.shape
    if n_models < 2:
        raise InputError(f"{compared.folder}/ holds {n_models} model(s) so far; it takes two to compare")
    # Conditions are what they are; a pool stands for others like it.
    holds_for = "images" if compared.conditions is not None else "images and models"
    difficulty = difficulty_of(correct.sum(axis=0), n_models, tolerance)
    names = compared.images["class_name"].to_numpy()
    epochs = _by_epoch(compared.by_epoch, difficulty)
    return Findings(
        difficulty=difficulty,
        independent=n_images * independent_histogram(correct.mean(axis=1)),
        dichotomy=measure_dichotomy(
            correct, generator(seed, "dynamics", "dichotomy"), holds_for=holds_for, level=level
        ),
        subsets=consistency_by_subset(
            correct, tolerance, generator(seed, "dynamics", "subsets"), holds_for=holds_for, level=level
        ),
        beside_base=(
            []
            if compared.conditions is None or compared.base is None
            else beside_base(
                correct,
                compared.conditions,
                compared.base,
                level=level,
            )
        ),
        classes=shares_by_group(difficulty, names, level),
        superclasses=(
            None
            if superclass_of is None
            else shares_by_group(difficulty, _superclasses(names, superclass_of), level)
        ),
        noise=_noise(compared) if compared.source.startswith(NOISE) else None,
        **epochs,
    )


def shares_by_group(difficulty: np.ndarray, groups: np.ndarray, level: float) -> pd.DataFrame:
    """Return the share of each difficulty in each group of images.

    Parameters
    ----------
    difficulty : ndarray of str, shape (n_images,)
    groups : ndarray of str, shape (n_images,)
    level : float
        Coverage of the Wilson intervals, each for other images of that group.

    Returns
    -------
    DataFrame, index group (sorted)
        `n_images`; for each difficulty its share under its name, and `<difficulty>_low`, `<difficulty>_high`.
    """
    counts = pd.crosstab(pd.Series(groups, name="group"), pd.Series(difficulty, name="difficulty"))
    counts = counts.reindex(columns=[str(kind) for kind in Difficulty], fill_value=0)
    n_images = counts.sum(axis=1)
    table = pd.DataFrame({"n_images": n_images})
    for kind in counts:
        low, high = proportion_confint(counts[kind], n_images, alpha=1 - level, method="wilson")
        table[kind], table[f"{kind}_low"], table[f"{kind}_high"] = counts[kind] / n_images, low, high
    return table


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


def plain_subsets(subsets: Sequence[SubsetConsistency]) -> list[dict[str, Any]]:
    """Return each subset's numbers without its matrix."""
    return [{key: value for key, value in asdict(each).items() if key != "kappa"} for each in subsets]


def _from_conditions(root: Path, decisions: EpochDecisions) -> Compared:
    conditions = tuple(model.condition for model in decisions.models)
    if BASE not in conditions:
        raise InputError(
            f"{root / 'conditions'}: the base network is not trained yet; run `tricky train` again"
        )
    manifest_path = root / "conditions" / "conditions.json"
    source = read_manifest(manifest_path, ConditionsManifest, "tricky train").images.source
    return Compared(
        folder="conditions",
        models=tuple(model.name for model in decisions.models),
        conditions=conditions,
        differences=decisions.conditions,
        images=decisions.images,
        correct=decisions.correct_at_end,
        by_epoch=decisions.correct,
        **_label_errors(root, decisions.images, source, manifest_path),
    )


def _from_pool(root: Path, decisions: Decisions, leave_out: Sequence[str]) -> Compared:
    """Compare the models of a pool on the images that all of them saw."""
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
    return Compared(
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
    """Return which images the study's labels call mislabelled, where these are labels of the same images."""
    made_from = {manifest_path.relative_to(root).as_posix(): sha256_of(manifest_path)}
    label_error = np.zeros(len(images), dtype=bool)
    labels_path = root / "difficulty" / "difficulty.json"
    if labels_path.is_file() and (table := read_difficulty(labels_path.parent)).manifest.images == source:
        wrong = table.images.loc[table.images["label_error"], "image_id"]
        label_error = images["image_id"].isin(wrong).to_numpy()
        made_from[labels_path.relative_to(root).as_posix()] = sha256_of(labels_path)
    return {"label_error": label_error, "source": source, "made_from": made_from}


def _by_epoch(correct: np.ndarray | None, difficulty: np.ndarray) -> dict[str, Any]:
    """Return what is known of the epochs."""
    if correct is None:
        return dict.fromkeys(("accuracy", "flips", "right_for_good", "forgetting"))
    n_epochs = correct.shape[1]
    settled = right_for_good(correct)
    events = np.minimum(forgetting_events(correct), len(FORGOTTEN) - 1)
    curves, forgotten = {}, {}
    for kind in (Difficulty.TRIVIAL, Difficulty.IN_BETWEEN, Difficulty.IMPOSSIBLE):
        of_kind = difficulty == kind
        if of_kind.any():
            since = settled[:, of_kind]
            curves[str(kind)] = [((since >= 0) & (since <= epoch)).mean() for epoch in range(n_epochs)]
            counts = np.bincount(events[:, of_kind].ravel(), minlength=len(FORGOTTEN))
            forgotten[str(kind)] = counts / counts.sum()
    return {
        "accuracy": accuracy_by_epoch(correct),
        "flips": flip_share(correct),
        "right_for_good": pd.DataFrame(curves).rename_axis("epoch"),
        "forgetting": pd.DataFrame(forgotten, index=pd.Index(FORGOTTEN, name="forgetting_events")),
    }


def _noise(compared: Compared) -> pd.DataFrame:
    """Return the accuracy of classes of noise beside their divergence from the nearest class."""
    names = compared.images["class_name"].to_numpy()
    accuracy = pd.DataFrame(compared.correct.T).groupby(names).mean()
    sd = accuracy.index.to_numpy().astype(float)
    return pd.DataFrame(
        {
            "sd": sd,
            "divergence": divergence_to_neighbour(sd),
            "accuracy": accuracy.mean(axis=1),
            "accuracy_low": accuracy.min(axis=1),
            "accuracy_high": accuracy.max(axis=1),
        },
        index=accuracy.index.rename("class_name"),
    )


def _superclasses(names: np.ndarray, superclass_of: Mapping[str, str]) -> np.ndarray:
    missing = sorted(set(names) - set(superclass_of))
    if missing:
        raise InputError(
            f"no superclass for class {missing[0]!r} (and {len(missing) - 1} more); each class needs one"
            if len(missing) > 1
            else f"no superclass for class {missing[0]!r}; each class needs one"
        )
    return np.array([superclass_of[name] for name in names])
