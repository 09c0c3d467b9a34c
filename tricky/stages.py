"""The stages of a study, each one call: hand a room its settings and folders, nothing more.

The imports stand inside the functions: torch, PsychoPy and matplotlib load where they are used, and a machine
that lacks one can do the other stages.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from model_eval.artefacts import InputError, Progress, no_progress
from tricky.status import require_current
from tricky.study import Study, validated

if TYPE_CHECKING:
    import pandas as pd

    from analysis.models.dynamics import DynamicsResults
    from analysis.report.write import Results
    from analysis.statistics.power import Plan
    from experiment.data.bids import Dataset
    from experiment.preflight import Check
    from experiment.screen.calibrate import Calibration
    from experiment.session import SessionSummary
    from model_eval.images.inspection import Inspection
    from model_eval.images.sources import ImageSource, InspectedSource
    from model_eval.labels.compare import Comparison
    from model_eval.models.pool_check import PoolCheck
    from model_eval.models.pool_table import PoolRow
    from model_eval.records import DifficultyTable
    from stimuli.check import Checked
    from stimuli.orders import Order
    from stimuli.records import StimulusSet
    from stimuli.show import Sheet


def check_images(study: Study, progress: Progress = no_progress) -> Inspection:
    """Look at every image that the study names."""
    return images_of(study).inspect(progress)


def show_pool(study: Study) -> list[PoolRow]:
    """Look up the models of the study's pool."""
    _require("torch", extra="model-eval", to="look models up")
    from model_eval.models.pool import read_pool
    from model_eval.models.pool_table import describe

    entries = read_pool(study.settings.pool, study.root)
    return [describe(entry, root=study.root, training=study.training) for entry in entries]


def show_named_pool(name: str, root: Path) -> list[PoolRow]:
    """Look up the models of a pool that ships with tricky, or of a file relative to `root`."""
    _require("torch", extra="model-eval", to="look models up")
    from model_eval.models.pool import read_pool
    from model_eval.models.pool_table import describe
    from model_eval.settings import PoolSettings

    entries = read_pool(PoolSettings(file=name), root)
    return [describe(entry, root=root, training=root / "training") for entry in entries]


def check_pool(study: Study, progress: Progress = no_progress) -> list[PoolCheck]:
    """Build every model of the pool and run one batch of the study's images."""
    _require("torch", extra="model-eval", to="run models")
    from model_eval.models.pool import read_pool
    from model_eval.models.pool_check import check_pool

    return check_pool(
        images_of(study),
        read_pool(study.settings.pool, study.root),
        study.settings.evaluate,
        root=study.root,
        training=study.training,
        progress=progress,
    )


def train(study: Study, progress: Progress = no_progress) -> int:
    """Give the pool's untrained models their weights, and return how many have them."""
    _require("torch", extra="model-eval", to="train models")
    from model_eval.models.pool import read_pool
    from model_eval.training.train import train_pool

    return train_pool(
        images_of(study),
        read_pool(study.settings.pool, study.root),
        study.settings.train,
        folder=study.training,
        seed=study.settings.study.seed,
        device=study.settings.evaluate.device,
        progress=progress,
    )


def train_conditions(study: Study, progress: Progress = no_progress) -> None:
    """Train the base network and the conditions of the recipe that ``[train]`` names."""
    _require("torch", extra="model-eval", to="train models")
    from model_eval.training.conditions import read_recipe
    from model_eval.training.controlled import train_conditions

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
    )


def evaluate(
    study: Study, progress: Progress = no_progress, tell: Callable[[str], None] = lambda _: None
) -> None:
    """Ask every model of the pool about every image that none was trained on."""
    _require("torch", extra="model-eval", to="run models")
    from model_eval.evaluation.evaluate import evaluate_pool
    from model_eval.models.pool import read_pool

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
    from model_eval.labels.difficulty import label_decisions

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
    from model_eval.labels.difficulty import label_counts

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
    from model_eval.artefacts import write_text
    from model_eval.labels.compare import compare
    from model_eval.records import read_difficulty

    folder = other / "difficulty" if (other / "difficulty").is_dir() else other
    found = compare(read_difficulty(study.difficulty), read_difficulty(folder))
    moved = study.difficulty / "moved.csv"
    write_text(moved, found.moved.to_csv(index=False, lineterminator="\n"))
    return found, folder, moved


def dynamics(
    study: Study,
    *,
    layers: Sequence[str] = (),
    superclasses: Path | None = None,
    progress: Progress = no_progress,
) -> DynamicsResults:
    """Compare the models of controlled training, or of the pool, decision by decision."""
    for package in ("matplotlib", "statsmodels"):
        _require(package, extra="analysis", to="write the page")
    from analysis.models.dynamics import write_dynamics

    representations = {}
    if layers:
        _require("torch", extra="model-eval", to="ask a network's layers")
        from model_eval.comparison.representations import compare_representations
        from model_eval.training.epochs import read_conditions

        decisions = read_conditions(study.conditions)
        for layer in layers:
            representations[layer] = compare_representations(
                decisions, layer, images_of(study), study.conditions, study.settings.evaluate.device, progress
            )
    return write_dynamics(
        study.root,
        title=study.settings.study.name,
        tolerance=study.settings.label.tolerance,
        level=study.settings.analyse.level,
        seed=study.settings.study.seed,
        leave_out=study.settings.label.leave_out,
        superclasses=superclasses,
        representations=representations,
    )


def build_stimuli(
    study: Study,
    name: str,
    *,
    reference: bool = False,
    replace: bool = False,
    progress: Progress = no_progress,
) -> StimulusSet:
    """Build one of the study's stimulus sets."""
    _require("sklearn", extra="stimuli", to="ask how well low-level features give difficulty away")
    from model_eval.images.sources import folder_of_files
    from stimuli.build import build_set

    if name not in study.settings.stimuli:
        there = ", ".join(f"[stimuli.{each}]" for each in study.settings.stimuli)
        raise InputError(f"{study.root / 'study.toml'}: no [stimuli.{name}]; there is {there}")
    require_current(study, "difficulty")
    settings = study.settings.stimuli[name]
    if reference:
        export = settings.export.model_dump() | {"reference": True}
        settings = validated(type(settings), settings.model_dump() | {"export": export}, where="command line")
    return build_set(
        study.difficulty,
        images_of(study),
        settings,
        name=name,
        folder=study.stimulus_set(name),
        seed=study.settings.study.seed,
        root=study.root,
        originals=folder_of_files(study.settings.images, study.root),
        catalogue=_catalogue(study.decisions),
        cache=study.root / "stimuli" / ".covariates.parquet",
        replace=replace,
        progress=progress,
    )


def refresh_stimuli(
    study: Study,
    name: str,
    *,
    decisions: Path | None = None,
    successor: str | None = None,
    full: bool = False,
    replace: bool = False,
    progress: Progress = no_progress,
) -> StimulusSet:
    """Build the successor of a stimulus set from a new pool's decisions, or from the study's own labels."""
    _require("sklearn", extra="stimuli", to="ask how well low-level features give difficulty away")
    from model_eval.artefacts import sha256_of
    from model_eval.images.sources import folder_of_files
    from model_eval.labels.difficulty import label_decisions
    from stimuli.refresh import refresh_set

    parent = study.stimulus_set(name)
    successor = successor or _next_name(name)
    if successor == name:
        raise InputError(f"{parent}: a set can't be its own successor; give another name with --as")
    with tempfile.TemporaryDirectory() as scratch:
        if decisions is None:
            require_current(study, "difficulty")
            difficulty, made_from = study.difficulty, None
        else:
            difficulty = Path(scratch)
            label_decisions(decisions, difficulty, study.settings.label, root=study.root)
            pool = decisions / "pool.json"
            made_from = {Path(os.path.relpath(pool, study.root)).as_posix(): sha256_of(pool)}
        return refresh_set(
            parent,
            difficulty,
            images_of(study),
            name=successor,
            folder=study.stimulus_set(successor),
            seed=study.settings.study.seed,
            root=study.root,
            originals=folder_of_files(study.settings.images, study.root),
            catalogue=_catalogue(study.decisions if decisions is None else decisions),
            cache=study.root / "stimuli" / ".covariates.parquet",
            made_from=made_from,
            full=full,
            replace=replace,
            progress=progress,
        )


def check_stimuli(study: Study, name: str) -> list[Checked]:
    """Hold a stimulus set against everything that it promises."""
    from stimuli.check import check_set

    return check_set(study.stimulus_set(name))


def show_stimuli(study: Study, name: str) -> Sheet:
    """Write a stimulus set's contact sheets."""
    for package in ("jinja2", "matplotlib"):
        _require(package, extra="stimuli", to="draw contact sheets")
    from stimuli.show import show_set

    return show_set(study.stimulus_set(name))


def stimuli_orders(study: Study, name: str, observers: int) -> tuple[StimulusSet, list[Order]]:
    """Draw the sessions of observers 01, 02 … and count what was promised of them."""
    from stimuli.orders import orders
    from stimuli.records import read_any_set

    stimulus_set = read_any_set(study.stimulus_set(name))
    digits = max(2, len(str(observers)))
    return stimulus_set, orders(stimulus_set, [f"{n:0{digits}d}" for n in range(1, observers + 1)])


def _catalogue(decisions: Path) -> pd.DataFrame | None:
    """Return what is known of the evaluated images, so that none is read again; None without decisions."""
    from model_eval.records import read_decisions

    return read_decisions(decisions).images if (decisions / "pool.json").is_file() else None


def _next_name(name: str) -> str:
    """Name a successor: main is followed by main-2, that by main-3."""
    stem, _, number = name.rpartition("-")
    if not (stem and number.isdecimal()):
        stem, number = name, "1"
    return f"{stem}-{int(number) + 1}"


def run(
    study: Study,
    participant: str | None,
    session: int | None = None,
    *,
    fields: Mapping[str, str],
    dialog: bool,
    force: bool,
    tell: Callable[[str], None],
) -> SessionSummary:
    """Run one person's session, or go on with it, after asking for what isn't given."""
    _require("psychopy", extra="experiment", to="show images to people")
    from experiment.data.bids import SessionPath
    from experiment.intake import ask_in_terminal, take_in
    from experiment.preflight import check_desktop, check_files, refuse
    from experiment.screen.calibrate import calibrated
    from experiment.session import run_session
    from stimuli.records import read_tables

    settings = calibrated(study.settings.experiment, study.root)
    if participant is not None:
        SessionPath(study.data, participant, session, settings.task_name)  # refuses a bad id
    stimuli = study.stimulus_set(settings.stimuli)
    checks = [*check_files(stimuli, study.data), *check_desktop()]
    if not force:
        refuse(checks)  # before anyone is asked anything
    if dialog:
        from experiment.screen.psychopy_dialog import ask_in_dialog as ask
    else:
        ask = ask_in_terminal
    who = take_in(
        study.data,
        settings.task_name,
        settings.participant_fields,
        n_sessions=read_tables(stimuli).n_sessions,
        participant=participant,
        session=session,
        given=fields,
        ask=ask,
    )
    return run_session(
        stimuli,
        study.data,
        who.participant,
        settings,
        dataset_of(study),
        session=who.session,
        fields=who.fields,
        checks=checks,
        force=force,
        tell=tell,
        root=study.root,
    )


def calibrate(study: Study, viewing_distance_cm: float) -> tuple[Calibration, Path]:
    """Measure the screen with a bank card, and keep it in the study's folder."""
    _require("psychopy", extra="experiment", to="draw on the screen")
    from experiment.devices import Stopped
    from experiment.screen.calibrate import keep_calibration
    from experiment.session import require_screen

    require_screen()
    from experiment.screen.psychopy_calibrate import measure

    try:
        measured = measure(study.settings.experiment, viewing_distance_cm, study.root)
    except Stopped:
        raise InputError("calibration left; everything is as it was") from None
    return measured, keep_calibration(study.root, measured)


def doctor(study: Study) -> list[Check]:
    """Check everything that a session relies on, without recording any."""
    _require("psychopy", extra="experiment", to="show images to people")
    from experiment.preflight import check_desktop, check_files
    from experiment.screen.calibrate import calibrated
    from experiment.session import check_devices

    settings = calibrated(study.settings.experiment, study.root)
    stimuli = study.stimulus_set(settings.stimuli)
    checks = [*check_files(stimuli, study.data), *check_desktop()]
    return [*checks, *check_devices(stimuli, settings, study.root)] if checks[0].ok else checks


def simulate(study: Study, progress: Progress = no_progress, *, visual: bool = False) -> list[Path]:
    """Run the sessions of simulated observers: without a screen, or before the real window."""
    from experiment.screen.calibrate import calibrated
    from experiment.simulated.simulate import seat_nowhere, simulate_sessions

    seating, settings = seat_nowhere, study.settings.experiment
    if visual:
        _require("psychopy", extra="experiment", to="show images")
        from experiment.session import require_screen

        require_screen()
        from experiment.screen.psychopy_simulation import seat_before_window

        seating, settings = seat_before_window, calibrated(settings, study.root)

    return simulate_sessions(
        study.stimulus_set(study.settings.experiment.stimuli),
        study.data,
        study.settings.simulate,
        settings,
        dataset_of(study),
        seed=study.settings.study.seed,
        root=study.root,
        seating=seating,
        progress=progress,
    )


def export_psych_ds(study: Study, folder: Path) -> list[Path]:
    """Write all sessions as a Psych-DS data set."""
    from experiment.data.psych_ds import export_psych_ds

    return export_psych_ds(study.data, folder, dataset_of(study))


def analyse(
    study: Study,
    observers: Literal["auto", "person", "simulated"] = "auto",
    labels: Path | None = None,
) -> Results:
    """Score the observers, by the set's own labels or those in another folder, and write the report."""
    _require("matplotlib", extra="analysis", to="write the report")
    from analysis.report.write import write_report

    return write_report(
        study.root,
        study.settings.analyse,
        title=study.settings.study.name,
        experiment_set=study.settings.experiment.stimuli,
        source=images_at_hand(study),
        observers=observers,
        labels=None if labels is None else labels.resolve(),
    )


def power(
    study: Study, observers: Sequence[int], trials: Sequence[int], progress: Progress = no_progress
) -> Plan:
    """Simulate studies of these sizes, and leave what they would find in ``power/``."""
    _require("matplotlib", extra="analysis", to="draw power and width")
    from analysis.statistics.power import plan_study, write_plan

    settings, seed = study.settings, study.settings.study.seed
    plan = plan_study(
        observers,
        trials,
        settings.simulate,
        level=settings.analyse.level,
        seed=seed,
        progress=progress,
    )
    write_plan(plan, study.root / "power", seed=seed)
    return plan


def images_of(study: Study) -> InspectedSource:
    """Open the images that the study is about."""
    from model_eval.images.sources import open_images

    return open_images(study.settings.images, study.root)


def training_images_of(study: Study) -> ImageSource | None:
    """Open the images that conditions are trained on, or return None where they are part of the study's."""
    from model_eval.images.gaussian import GaussianImages
    from model_eval.images.sources import open_images

    settings = study.settings.train.training_set
    if settings is not None:
        return open_images(settings, study.root)
    source = images_of(study)
    return source.for_training() if isinstance(source, GaussianImages) else None


def images_at_hand(study: Study) -> ImageSource | None:
    """Open the images, or return None on a machine that hasn't got them: a report can do without."""
    try:
        return images_of(study)
    except InputError:
        return None


def dataset_of(study: Study) -> Dataset:
    """Return what the study file says of the data set as a whole."""
    from experiment.data.bids import Dataset

    about = study.settings.study
    return Dataset(
        name=about.name, authors=about.authors, institution=about.institution, license=about.license
    )


def _require(package: str, *, extra: str, to: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise InputError(
            f"{package} is not installed here, and is needed to {to}: pip install 'tricky-images[{extra}]'"
        )
