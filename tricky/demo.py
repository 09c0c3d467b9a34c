"""A whole study in about a minute: real images, real networks, simulated observers."""

from __future__ import annotations

import time
from pathlib import Path

from tricky import console, stages
from tricky.console.study import print_demo
from tricky.core.errors import InputError
from tricky.study import FILE_NAME, create_study, open_study


def run_demo(folder: Path, seed: int) -> None:
    """Do every stage of a study on ``mnist-5k`` in `folder`; what is finished there is not done again.

    Raises
    ------
    InputError
        `folder` holds something else than a study, or a study with another seed.
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
    with console.progress() as progress:
        stages.train(study, progress)
        stages.evaluate(study, progress)
        table = stages.label(study)
        stages.build_stimuli(study, "main", progress=progress)
        stages.simulate(study, progress)
        results = stages.analyse(study)
    print_demo(study, table.manifest, results, time.perf_counter() - started)
