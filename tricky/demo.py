"""A whole study in about a minute: real images, real networks, simulated observers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress
from tricky.study import Study, create_study, open_study
from tricky.study_settings import FILE_NAME

if TYPE_CHECKING:
    from analysis.report.build import Results
    from analysis.report.task import StudyReport
    from model_eval.manifests import DifficultyManifest


@dataclass(frozen=True)
class Demo:
    """The results of the demo.

    Attributes
    ----------
    study : Study
    difficulty : DifficultyManifest
        Content of its ``difficulty.json``.
    results : Results
        Of the report.
    seconds : float
        Duration of the demo.
    """

    study: Study
    difficulty: DifficultyManifest
    results: Results[StudyReport]
    seconds: float


def run_demo(folder: Path, seed: int, progress: Progress = no_progress) -> Demo:
    """Run every stage of a study on ``mnist-5k`` in `folder`; what is finished there is kept.

    Raises
    ------
    InputError
        `folder` holds something other than a study, or a study with another seed.
    """
    started = time.perf_counter()
    if not (folder / FILE_NAME).exists():
        if folder.exists() and any(folder.iterdir()):
            raise InputError(f"{folder}: not empty, and no study; name a new folder: tricky demo DIR")
        create_study(folder, name="Demo: handwritten digits", seed=seed)
    study = open_study(folder)
    if study.settings.study.seed != seed:
        raise InputError(
            f"{folder}: a study with seed {study.settings.study.seed}; name another folder for {seed}"
        )
    study.train(progress)
    study.evaluate(progress)
    table = study.label()
    study.build_stimuli("main", progress=progress)
    study.simulate(progress)
    results = study.analyse()
    return Demo(study, table.manifest, results, time.perf_counter() - started)
