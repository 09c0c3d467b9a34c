"""The stages of a study, each one call: hand a room its settings and folders, nothing more.

The imports stand inside the functions: torch, PsychoPy and matplotlib load where they are used, and a machine
that lacks one can do the other stages.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from model_eval.artefacts import InputError, Progress, no_progress
from tricky.status import require_current
from tricky.study import Study

if TYPE_CHECKING:
    from analysis.report import Results
    from experiment.bids import Dataset
    from experiment.session import SessionSummary
    from model_eval.images import ImageSource

    from model_eval.records import DifficultyTable
    from stimuli.records import StimulusSet


def train(study: Study, progress: Progress = no_progress) -> None:
    """Give the pool's untrained models their weights."""
    _require("torch", extra="model-eval", to="train models")
    from model_eval.pool import read_pool
    from model_eval.train import train_pool

    train_pool(
        images_of(study),
        read_pool(study.settings.pool, study.root),
        study.settings.train,
        folder=study.training,
        seed=study.settings.study.seed,
        device=study.settings.evaluate.device,
        progress=progress,
    )


def evaluate(study: Study, progress: Progress = no_progress) -> None:
    """Ask every model of the pool about every image that none was trained on."""
    _require("torch", extra="model-eval", to="run models")
    from model_eval.evaluate import evaluate_pool
    from model_eval.pool import read_pool

    evaluate_pool(
        images_of(study),
        read_pool(study.settings.pool, study.root),
        study.settings.evaluate,
        root=study.root,
        training=study.training,
        folder=study.decisions,
        progress=progress,
    )


def label(study: Study) -> DifficultyTable:
    """Label every evaluated image trivial, in-between or impossible."""
    from model_eval.difficulty import label_decisions

    require_current(study, "decisions")
    return label_decisions(study.decisions, study.difficulty, study.settings.label)


def label_counts(study: Study, counts: Path, n_models: int | None) -> DifficultyTable:
    """Label a published table of counts in place of decisions made here."""
    from model_eval.difficulty import label_counts

    return label_counts(counts, study.difficulty, study.settings.label, n_models)


def build_stimuli(
    study: Study, name: str, *, replace: bool = False, progress: Progress = no_progress
) -> StimulusSet:
    """Build one of the study's stimulus sets."""
    from stimuli.build import build_set

    if name not in study.settings.stimuli:
        there = ", ".join(f"[stimuli.{each}]" for each in study.settings.stimuli)
        raise InputError(f"{study.root / 'study.toml'}: no [stimuli.{name}]; there is {there}")
    require_current(study, "difficulty")
    return build_set(
        study.difficulty,
        images_of(study),
        study.settings.stimuli[name],
        name=name,
        folder=study.stimulus_set(name),
        seed=study.settings.study.seed,
        replace=replace,
        progress=progress,
    )


def run(study: Study, participant: str, session: int | None = None) -> SessionSummary:
    """Run one person's session, or go on with it."""
    _require("psychopy", extra="experiment", to="show images to people")
    from experiment.session import run_session

    return run_session(
        study.stimulus_set(study.settings.experiment.stimuli),
        study.data,
        participant,
        study.settings.experiment,
        dataset_of(study),
        session=session,
    )


def simulate(study: Study, progress: Progress = no_progress) -> list[Path]:
    """Run the sessions of simulated observers."""
    from experiment.simulate import simulate_sessions

    return simulate_sessions(
        study.stimulus_set(study.settings.experiment.stimuli),
        study.data,
        study.settings.simulate,
        study.settings.experiment,
        dataset_of(study),
        seed=study.settings.study.seed,
        progress=progress,
    )


def analyse(study: Study, observers: Literal["auto", "person", "simulated"] = "auto") -> Results:
    """Score the observers and write the report."""
    _require("matplotlib", extra="analysis", to="write the report")
    from analysis.report import write_report

    return write_report(
        study.root,
        study.settings.analyse,
        title=study.settings.study.name,
        experiment_set=study.settings.experiment.stimuli,
        source=images_of(study),
        observers=observers,
    )


def images_of(study: Study) -> ImageSource:
    """Open the images that the study is about."""
    from model_eval.images import open_images

    return open_images(study.settings.images, study.root)


def dataset_of(study: Study) -> Dataset:
    """Return what the study file says of the data set as a whole."""
    from experiment.bids import Dataset

    about = study.settings.study
    return Dataset(
        name=about.name, authors=about.authors, institution=about.institution, license=about.license
    )


def _require(package: str, *, extra: str, to: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise InputError(
            f"{package} is not installed here, and is needed to {to}: pip install 'tricky-images[{extra}]'"
        )
