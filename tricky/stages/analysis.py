"""From decisions and sessions to pages: what models and observers did, and how many observers it takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tricky.core.progress import Progress, no_progress
from tricky.stages.images import images_at_hand, images_of
from tricky.stages.installed import require
from tricky.study import Study

if TYPE_CHECKING:
    from analysis.report.build import Results
    from analysis.report.section import DynamicsReport
    from analysis.report.task import StudyReport
    from analysis.statistics.power import Plan


def dynamics(
    study: Study,
    *,
    layers: Sequence[str] = (),
    superclasses: Path | None = None,
    progress: Progress = no_progress,
) -> Results[DynamicsReport]:
    """Compare the models of controlled training, or of the pool, decision by decision."""
    for package in ("matplotlib", "statsmodels"):
        require(package, extra="analysis", to="write the page")
    from analysis.report.build import DynamicsSettings, write_dynamics

    representations = {}
    if layers:
        require("torch", extra="model-eval", to="ask a network's layers")
        from analysis.statistics.rsa import compare_networks
        from model_eval.networks.activations import activations_of_each
        from model_eval.train.epoch_decisions import read_conditions

        decisions = read_conditions(study.conditions)
        for layer in layers:
            each = activations_of_each(
                decisions, layer, images_of(study), study.conditions, study.settings.evaluate.device, progress
            )
            representations[layer] = compare_networks(each)
    label = study.settings.label
    return write_dynamics(
        study.root,
        DynamicsSettings(label.tolerance, study.settings.analyse.level, label.leave_out),
        title=study.settings.study.name,
        seed=study.settings.study.seed,
        superclasses=superclasses,
        representations=representations,
    )


def analyse(
    study: Study,
    observers: Literal["auto", "person", "simulated"] = "auto",
    labels: Path | None = None,
) -> Results[StudyReport]:
    """Score the observers, by the set's own labels or those in another folder, and write the report."""
    require("matplotlib", extra="analysis", to="write the report")
    from analysis.data.study_data import Selection
    from analysis.report.build import write_report

    study.shown_set()  # a wrong name is an error before anything is read
    return write_report(
        study.root,
        study.settings.analyse,
        Selection(study.settings.experiment.stimuli, observers, None if labels is None else labels.resolve()),
        title=study.settings.study.name,
        seed=study.settings.study.seed,
        source=images_at_hand(study),
    )


def power(
    study: Study, observers: Sequence[int], trials: Sequence[int], progress: Progress = no_progress
) -> Plan:
    """Simulate studies of these sizes, and leave what they would find in ``power/``."""
    require("matplotlib", extra="analysis", to="draw power and width")
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
