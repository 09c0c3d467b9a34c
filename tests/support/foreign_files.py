"""Files of trials as other programs write them: simulated people with known accuracy, made up for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

CLASSES = (
    *("airplane", "bear", "bicycle", "bird", "boat", "bottle", "car", "cat"),
    *("chair", "clock", "dog", "elephant", "keyboard", "knife", "oven", "truck"),
)


def write_model_vs_human(
    folder: Path,
    experiments: Sequence[str],
    n_observers: int,
    *,
    n_images: int = 96,
    accuracy: float = 0.7,
    n_missing: int = 2,
    seed: int = 1,
) -> float:
    """Write one file an observer in the layout of model-vs-human, and return the share of right answers.

    Observers and images differ in how often answers are right, with mean `accuracy`; half of the images of an
    experiment are shown in each of two conditions.

    Parameters
    ----------
    folder : Path
        Each experiment has a folder in it.
    experiments : sequence of str
    n_observers, n_images : int
        Of each experiment; every observer sees all images.
    accuracy : float
        Expected share of right answers.
    n_missing : int
        Trials of each observer without an answer, written as ``na`` and ``NaN``.
    """
    rng = np.random.default_rng(seed)
    n_right = n_answered = 0
    for experiment in experiments:
        names = [f"n{rng.integers(10**7, 10**8):08d}_{number}" for number in range(n_images)]
        classes = [CLASSES[number % 16] for number in range(n_images)]
        conditions = ["full" if number < n_images / 2 else "faint" for number in range(n_images)]
        of_image = rng.normal(0, 0.1, n_images)
        (folder / experiment).mkdir(parents=True)
        for observer in range(1, n_observers + 1):
            share = np.clip(accuracy + rng.normal(0, 0.05) + of_image, 0, 1)
            right = rng.random(n_images) < share
            rows = ["subj,Session,trial,rt,object_response,category,condition,imagename"]
            missing = set(rng.permutation(n_images)[:n_missing].tolist())
            for trial, image in enumerate(rng.permutation(n_images).tolist(), start=1):
                other = CLASSES[(CLASSES.index(classes[image]) + rng.integers(1, 16)) % 16]
                answer, time = (classes[image] if right[image] else other), f"{rng.gamma(8, 0.1):.12f}"
                if image in missing:
                    answer, time = "na", "NaN"
                else:
                    n_right, n_answered = n_right + int(right[image]), n_answered + 1
                about = f"{conditions[image]}_{classes[image]}_10_{names[image]}"
                name = f"{trial:04d}_ex_s{observer:02d}_{about}.png"
                cells = (f"subject-{observer:02d}", 1, trial, time, answer, classes[image])
                rows.append(",".join(map(str, (*cells, conditions[image], name))))
            file = folder / experiment / f"{experiment}_subject-{observer:02d}_session_1.csv"
            file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return n_right / n_answered
