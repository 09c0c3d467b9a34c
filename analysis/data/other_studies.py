"""Studies side by side: this one, the published one, and others, in the same numbers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.results_manifest import AccuracyResultsManifest, ResultsManifest
from analysis.data.study_data import Evidence, gather
from analysis.settings import AnalyseSettings
from analysis.statistics.contrasts import Contrast, accuracy_difference, study_difference
from analysis.statistics.population_mean import PopulationMean
from stimuli.records import PAIR_TASK
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.manifests import read_manifest

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
        command = f"tricky -C {folder} analyse"
        if (their_task := read_manifest(path, ResultsManifest, command).task) != task:
            raise InputError(
                f'{path}: of the task "{their_task}", this study of "{task}"; accuracy in one says '
                "nothing of the other, so leave it out of `beside`"
            )
        manifest = read_manifest(path, AccuracyResultsManifest, command)
        content = manifest.model_dump(mode="json", by_alias=True)
        try:
            found_level = population_of(content).level
        except ValueError as error:
            raise InputError(f"{path}: population {error}; run `{command}` again") from None
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


def compare(evidence: Evidence, content: dict[str, Any], name: str, other: dict[str, Any]) -> Contrast:
    """Return by how much accuracy in this study is above that in another.

    Where both showed the same stimulus set, and the other's sessions are at hand, their answers are compared
    pair by pair; else what its report says is enough, as for studies that share nothing. Observers count as
    different people, also where two studies number them alike.

    Parameters
    ----------
    evidence : Evidence
        What this study rests on.
    content : dict
        Of this study's ``results.json``.
    name : str
        Path of the other's ``results.json``, relative to this study.
    other : dict
        Its content.

    Raises
    ------
    InputError
        The other study's sessions are not those of its report, or can't be read.
    """
    root = (evidence.root / name).resolve().parent.parent
    shown = other["sessions"]["stimulus_set"]
    if shown["set_id"] != evidence.stimulus_set.set_id or not (root / "data").is_dir():
        return study_difference(population_of(other), population_of(content))
    rules = AnalyseSettings.model_validate(other["settings"]["analyse"]).exclude
    labels = None if other["label_change"] is None else root / other["label_change"]["labels"]
    theirs = gather(
        root, shown["name"], other["sessions"]["kind"], rules, seed=evidence.seed, labels=labels
    ).sessions
    answers = pd.concat([theirs, evidence.sessions], keys=["other", "this"], names=["study"]).reset_index()
    found = accuracy_difference(
        answers["correct"],
        answers["study"] + " " + answers["participant"].astype(str),
        answers["trial_id"].astype(str),
        answers["study"] == "this",
        content["population"]["level"],
    )
    if not np.isclose(found.first, other["population"]["estimate"], rtol=0, atol=1e-12):
        raise InputError(f"{root}: its sessions are not those of its report; run `tricky -C {root} analyse`")
    return replace(found, method=found.method and f"the same pairs in both: {found.method}")


def studies_of(
    content: dict[str, Any], others: Sequence[dict[str, Any]], contrasts: Sequence[Contrast]
) -> list[dict[str, Any]]:
    """Return one row a study: this one first, then the published one, then the others as they were named.

    Parameters
    ----------
    content : dict
        Of this study's ``results.json``.
    others : sequence of dict
        The same of others.
    contrasts : sequence of Contrast
        How far this study is above each of the others, as `compare` returns it.

    Returns
    -------
    list of dict
        `study`, `kind` (``person`` or ``simulated``), `n_images`, `n_models`, the shares `trivial`,
        `in-between` and `impossible`, `n_observers`, `n_items`, `accuracy`, its interval `accuracy_low` to
        `accuracy_high` for new observers and new pairs, `kappa`, the mean error consistency of two observers,
        and `difference`, this study's accuracy minus that one's, with `difference_low`, `difference_high`,
        `difference_p` and `difference_method`. None where it isn't known; `accuracy_reason`, `kappa_reason`
        and `difference_reason` say why. No interval of the published accuracy follows from what was
        published, so the difference from it takes it as exact, and its observers chose between two images.
    """
    published = _published(content["published"])
    if content["task"] != PAIR_TASK:
        published |= dict.fromkeys(("n_observers", "n_items", "accuracy", "kappa"))
        published |= dict.fromkeys(("accuracy_reason", "kappa_reason"), "its observers did another task")
    differences = [
        _difference(reason="this is the study itself"),
        _from_published(content["population"], published["accuracy"]),
        *(
            _difference(
                each.estimate,
                each.low,
                each.high,
                each.p_value,
                method=each.method,
                reason=each.reason,
            )
            for each in contrasts
        ),
    ]
    rows = [row_of(content), published, *(row_of(other) for other in others)]
    return [row | difference for row, difference in zip(rows, differences, strict=True)]


def _difference(
    *numbers: float | None, method: str | None = None, reason: str | None = None
) -> dict[str, Any]:
    """Return a difference, its interval and p value, as many as there are, under their names in a row."""
    names = ("difference", "difference_low", "difference_high", "difference_p")
    known = [None if each is None or np.isnan(each) else each for each in numbers]
    return (
        dict.fromkeys(names)
        | dict(zip(names, known, strict=False))
        | {"difference_method": method, "difference_reason": reason}
    )


def population_of(content: dict[str, Any]) -> PopulationMean:
    """Return the population's accuracy that a report found."""
    population: dict[str, Any] = content["population"]
    found: dict[str, Any] = {field.name: population[field.name] for field in fields(PopulationMean)}
    may_be_none = ("method", "reason", "bounds")
    known: dict[str, Any] = {
        name: np.nan
        if value is None and name not in may_be_none
        else tuple(value)
        if isinstance(value, list)
        else value
        for name, value in found.items()
    }
    return PopulationMean(**known)


def _from_published(population: dict[str, Any], accuracy: float | None) -> dict[str, Any]:
    if accuracy is None:
        return _difference(reason="its observers did another task")
    limits = (None if population[name] is None else population[name] - accuracy for name in ("low", "high"))
    return _difference(
        population["estimate"] - accuracy,
        *limits,
        population["p_published"],
        method=population["method"] and "the published value taken as exact",
        reason=population["reason"],
    )


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
        "accuracy_low": population["low"],
        "accuracy_high": population["high"],
        "accuracy_reason": population["reason"],
        "kappa": content["consistency"]["observers"]["mean"],
        "kappa_reason": content["consistency"]["observers"]["reason"],
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
        "accuracy_low": None,
        "accuracy_high": None,
        "accuracy_reason": "no interval follows from what was published",
        "kappa": published["error_consistency"],
        "kappa_reason": None,
    }
