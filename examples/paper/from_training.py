"""Figures that rest on unpublished decisions, from networks that `tricky train` trains on small images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from drawings import difficulty_of_groups, distributions_of_difficulty
from results import Results

from analysis.statistics.difficulty_models import fit_beta, fit_sigmoid
from model_eval.epoch_decisions import read_conditions
from model_eval.label.criterion import difficulty_of
from tricky.core.files import write_text
from tricky.study import create_study, open_study

SHAPES = {"round": "0689", "straight": "147", "mixed": "235"}
"""Superclasses of digits, by the strokes that they are made of."""


@dataclass(frozen=True)
class Training:
    """A study of the recipe `small`, and the figures that are drawn from it.

    Attributes
    ----------
    name : str
        Of its folder.
    words : str
        What is trained on what.
    figures : dict of str to tuple of str
        Figure of `tricky dynamics` → its number in the paper, and what differs.
    images, base : dict
        ``[images]`` and ``[train.base]``.
    """

    name: str
    words: str
    figures: dict[str, tuple[str, str]]
    images: dict[str, Any] = field(default_factory=dict)
    base: dict[str, Any] = field(default_factory=dict)


NOISE = {"classes": 20, "images_per_class": 40, "training_images_per_class": 60, "size_px": 32}
SMALL = "A small ResNet on digits for a few epochs, in place of ResNet-18 on ImageNet for 90"
TRAININGS = (
    Training(
        "resnet",
        "eighteen small networks on handwritten digits",
        {
            "histogram": (
                "2a",
                f"{SMALL}; expected values in place of random numbers for independent models.",
            ),
            "conditions": ("3", f"{SMALL}; with the interval of each condition's mean."),
            "decisions": ("4", f"{SMALL}; images are sorted by difficulty first."),
            "consistency": (
                "5",
                f"{SMALL}; both matrices in one, and in-between images as other models label them.",
            ),
            "superclasses": (
                "11",
                "Digits by the shape of their strokes, in place of ImageNet's superclasses.",
            ),
        },
    ),
    Training(
        "nfnet",
        "the same conditions of another base network",
        {
            "conditions": (
                "15",
                "A small network without normalisation, as VGG-11, on digits.",
            )
        },
        base={"network": "timm:test_nfnet"},
    ),
    Training(
        "efficientnet",
        "the same conditions of a third base network",
        {"conditions": ("16", "A small EfficientNet on digits, in place of DenseNet-121 on ImageNet.")},
        base={"network": "timm:test_efficientnet"},
    ),
    Training(
        "gaussian",
        "eighteen small networks on Gaussian noise",
        {
            "noise": (
                "9",
                f"{NOISE['classes']} classes of noise and a small network, in place of 100 and ResNet-18.",
            ),
            "conditions": (
                "21",
                f"{NOISE['classes']} classes of noise and a small network; the paper draws CIFAR-100 in the "
                "same figure (recipe paper-resnet18-cifar100).",
            ),
        },
        images={"source": "gaussian", "gaussian": NOISE},
        base={"images": "all", "augmentation": "none"},
    ),
)


def train(results: Results, quick: bool, say: Callable[[str], None]) -> None:
    """Train each of `TRAININGS` in a study of its own, and draw the figures.

    Parameters
    ----------
    results : Results
    quick : bool
        One epoch on few images: to try the script.
    say : callable
        Takes a line about each step.
    """
    shapes = results.folder / "training" / "shapes.csv"
    rows = [f"{digit},{shape}" for shape, digits in SHAPES.items() for digit in digits]
    write_text(shapes, "\n".join(["class_name,superclass", *rows]) + "\n")
    for each in TRAININGS:
        say(f"Training {each.words} …")
        folder = results.folder / "training" / each.name
        base = each.base | ({"epochs": 1, "decay_epochs": []} if quick else {})
        if quick and not each.images:
            base["images"] = 60
        title = f"Figures of the paper: {each.words}"
        there = (folder / "study.toml").exists()
        study = open_study(folder) if there else create_study(folder, name=title, seed=1)
        study = study.with_settings(
            images=each.images, train={"recipe": "small", "base": base}, label={"tolerance": 0}
        )
        study.train_conditions()
        study.dynamics(superclasses=None if each.images else shapes)
        for drawn, (number, differs) in each.figures.items():
            stem = study.report / "figures" / f"dynamics_{drawn}"
            results.copy(number, stem, each.words, differs, "trained")
        if each.name == "resnet":
            _distributions(folder / "conditions", each, results)


def _distributions(conditions: Path, training: Training, results: Results) -> None:
    """Figures 10 and 12 from the networks' last decisions."""
    decisions = read_conditions(conditions)
    correct = decisions.correct_at_end
    n_correct = correct.sum(axis=0)
    histogram = np.bincount(n_correct, minlength=len(correct) + 1)
    differs = f"{SMALL}; parameters are fitted."
    figure = distributions_of_difficulty(histogram, fit_beta(histogram), fit_sigmoid(histogram))
    results.draw("10", figure, training.words, differs, "trained")
    shape = {digit: name for name, digits in SHAPES.items() for digit in digits}
    groups = np.array([shape[name] for name in decisions.images["class_name"]])
    kinds = difficulty_of(n_correct, len(correct), 0)
    differs = "Digits by the shape of their strokes, in place of ImageNet's superclasses."
    results.draw("12", difficulty_of_groups(kinds, groups), training.words, differs, "trained")
