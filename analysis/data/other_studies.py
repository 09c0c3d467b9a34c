"""Reports of other studies, and their answers, for comparison with this one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.results_manifest import AccuracyResultsManifest, ResultsManifest
from analysis.data.study_data import Selection, gather
from analysis.statistics.population_mean import PopulationMean
from tricky.core.errors import InputError
from tricky.core.manifests import read_manifest

RESULTS = Path("report") / "results.json"


def read_studies(
    folders: Sequence[Path], root: Path, level: float, task: str
) -> dict[str, AccuracyResultsManifest]:
    """Read the results of other studies.

    Parameters
    ----------
    folders : sequence of path
        Each the folder of a study; a relative one starts at `root`.
    root : path
        Folder of the present study.
    level : float
        Coverage of its intervals.
    task : str
        Its task.

    Returns
    -------
    dict of str to AccuracyResultsManifest
        Path of each ``results.json``, relative to `root` → its content.

    Raises
    ------
    InputError
        A folder is this study's own or was named twice, holds no report, or one of another version, of
        another task or with intervals of another coverage.
    """
    found: dict[str, AccuracyResultsManifest] = {}
    for folder in folders:
        path = (root / folder / RESULTS).resolve()
        name = Path(os.path.relpath(path, root.resolve())).as_posix()
        if name == RESULTS.as_posix() or name in found:
            raise InputError(
                f"{folder}: this study's own folder, or named twice; leave it out of `compare_with`"
            )
        command = f"tricky -C {folder} analyse"
        if (their_task := read_manifest(path, ResultsManifest, command).task) != task:
            raise InputError(
                f'{path}: of the task "{their_task}", this study of "{task}"; accuracies in different tasks '
                "cannot be compared, so leave it out of `compare_with`"
            )
        manifest = read_manifest(path, AccuracyResultsManifest, command)
        try:
            found_level = population_of(manifest).level
        except ValueError as error:
            raise InputError(f"{path}: population {error}; run `{command}` again") from None
        if found_level != level:
            raise InputError(
                f"{path}: has intervals of {found_level:.0%}, this study of {level:.0%}; analyse both with "
                "the same [analyse] level"
            )
        found[name] = manifest
    return found


def population_of(results: AccuracyResultsManifest) -> PopulationMean:
    """Return the population accuracy of a report.

    Raises
    ------
    ValueError
        A value is missing without a reason.
    """
    population = results.population.model_dump()  # type: ignore[attr-defined]
    may_be_none = ("method", "reason", "bounds")
    known: dict[str, Any] = {}
    for name in (each.name for each in fields(PopulationMean)):
        value = population[name]
        if value is None and name not in may_be_none:
            value = np.nan
        known[name] = tuple(value) if isinstance(value, list) else value
    return PopulationMean(**known)


def answers_of(root: Path, results: AccuracyResultsManifest) -> pd.DataFrame | None:
    """Return the answers that another study's accuracy was computed from; None where they are not there.

    Parameters
    ----------
    root : Path
        Folder of the other study.
    results : AccuracyResultsManifest
        Its results.

    Raises
    ------
    InputError
        A stage of the other study is missing or changed.
    """
    if not (root / "data").is_dir():
        return None
    labels = None if results.other_labels is None else root / results.other_labels.labels
    sessions = results.sessions
    selection = Selection(sessions.stimulus_set.name, sessions.kind, labels, sessions.setting)
    return gather(root, selection, results.settings.analyse.exclude).kept
