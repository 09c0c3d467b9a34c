"""From images to labels: models are trained, asked, and counted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tricky.core.errors import InputError
from tricky.core.progress import Progress, Tell, no_progress, no_tell
from tricky.stages.images import images_of, training_images_of
from tricky.stages.installed import require
from tricky.status import require_current
from tricky.study import Study

if TYPE_CHECKING:
    from model_eval.label.compare_labels import Comparison
    from model_eval.records import DifficultyTable


def train(study: Study, progress: Progress = no_progress, tell: Tell = no_tell) -> int:
    """Give the pool's untrained models their weights, and return how many have them."""
    require("torch", extra="model-eval", to="train models")
    from model_eval.networks.pool import read_pool
    from model_eval.train.pool_training import train_pool

    return train_pool(
        images_of(study),
        read_pool(study.settings.pool, study.root),
        study.settings.train,
        folder=study.training,
        seed=study.settings.study.seed,
        device=study.settings.evaluate.device,
        progress=progress,
        tell=tell,
    )


def train_conditions(study: Study, progress: Progress = no_progress, tell: Tell = no_tell) -> None:
    """Train the base network and the conditions of the recipe that ``[train]`` names."""
    require("torch", extra="model-eval", to="train models")
    from model_eval.train.conditions import train_conditions
    from model_eval.train.recipe import read_recipe

    settings = study.settings
    recipe = read_recipe(settings.train, study.root)
    if recipe is None:
        raise InputError(
            f"{study.root / 'study.toml'}: [train] names no `recipe` and describes no conditions"
        )
    train_conditions(
        images_of(study),
        recipe,
        settings.evaluate,
        folder=study.conditions,
        seed=settings.study.seed,
        training_source=training_images_of(study),
        progress=progress,
        tell=tell,
    )


def evaluate(study: Study, progress: Progress = no_progress, tell: Tell = no_tell) -> None:
    """Ask every model of the pool about every image that none was trained on."""
    require("torch", extra="model-eval", to="run models")
    from model_eval.evaluate.evaluate import evaluate_pool
    from model_eval.networks.pool import read_pool

    evaluate_pool(
        images_of(study),
        read_pool(study.settings.pool, study.root),
        study.settings.evaluate,
        root=study.root,
        training=study.training,
        folder=study.decisions,
        progress=progress,
        tell=tell,
    )


def label(study: Study) -> DifficultyTable:
    """Label every evaluated image trivial, in-between or impossible."""
    from model_eval.label.label import label_decisions

    require_current(study, "decisions")
    return label_decisions(
        study.decisions,
        study.difficulty,
        study.settings.label,
        root=study.root,
        seed=study.settings.study.seed,
    )


def label_counts(study: Study, counts: Path, n_models: int | None) -> DifficultyTable:
    """Label a published table of counts in place of decisions made here."""
    from model_eval.label.label import label_counts

    return label_counts(counts, study.difficulty, study.settings.label, n_models, root=study.root)


def compare_labels(study: Study, other: Path) -> tuple[Comparison, Path, Path]:
    """Hold the study's labels against others of the same images; the images that moved go to a file.

    Returns
    -------
    comparison : Comparison
    other : Path
        Folder of the other labels.
    moved : Path
        Where the images that moved are listed.
    """
    from model_eval.label.compare_labels import compare
    from model_eval.records import read_difficulty
    from tricky.core.tables import write_csv

    folder = other / "difficulty" if (other / "difficulty").is_dir() else other
    found = compare(read_difficulty(study.difficulty), read_difficulty(folder))
    moved = study.difficulty / "moved.csv"
    write_csv(moved, found.moved)
    return found, folder, moved
