"""The small sets of digits on the pictures of the guides."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from experiment.tasks import kind_of
from model_eval.images.open import open_images
from model_eval.label.label import label_counts
from model_eval.settings import ImageSettings, LabelSettings
from stimuli.build import build_set
from stimuli.inputs import Sources
from stimuli.records import StimulusSet
from stimuli.settings import QuestionSettings, StimulusSettings
from stimuli.write_set import NewSet

Task = Literal["2afc", "single", "rating"]
INFORMATION = """# About this study

We study how well people can tell which images are hard for neural networks. It takes about twenty minutes.

- You may stop at any time and need not say why.
- Your answers are kept under a number, without your name.
- Who reads the results can't tell that you took part.

Please ask whatever you would like to know before you go on.
"""
QUESTIONS = (
    QuestionSettings(
        name="clear",
        text="How clearly can you see what it is?",
        answers=("not at all", "hardly", "somewhat", "clearly", "very clearly"),
    ),
)


def build(folder: Path, task: Task) -> StimulusSet:
    """Build a small set of digits, of which every other one is said to be hard."""
    source = open_images(ImageSettings(), folder)
    images = source.catalogue().iloc[::150]
    counts = images.assign(n_correct=np.where(np.arange(len(images)) % 2 == 0, 0, 11))
    counts[["image_id", "label", "class_name", "n_correct"]].to_csv(folder / "counts.csv", index=False)
    difficulty = folder / "difficulty"
    label_counts(folder / "counts.csv", difficulty, LabelSettings(), n_models=11)
    questions = () if kind_of(task).correct_column else QUESTIONS
    asked = StimulusSettings(task=task, trials=8, practice_trials=4, questions=questions)
    return build_set(Sources(difficulty, source, folder), asked, NewSet(task, folder / "stimuli" / task, 1))
