"""From decisions and sessions to reports of models and observers, and the power of studies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tricky.core.progress import Progress, no_progress
from tricky.stages.declared import DYNAMICS, REPORT
from tricky.stages.images import ImageStages
from tricky.stages.installed import require
from tricky.stages.writes import writes

if TYPE_CHECKING:
    from analysis.report.build import Results
    from analysis.report.section import DynamicsReport
    from analysis.report.task import StudyReport
    from analysis.statistics.power import Plan


class AnalysisStages(ImageStages):
    """The stages that compare models and score observers."""

    @writes(DYNAMICS)
    def dynamics(
        self,
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
            from model_eval.epoch_decisions import read_conditions
            from model_eval.networks.activations import activations_of_each

            decisions = read_conditions(self.conditions)
            for layer in layers:
                each = activations_of_each(
                    decisions,
                    layer,
                    self.open_images(),
                    self.conditions,
                    self.settings.evaluate.device,
                    progress,
                )
                representations[layer] = compare_networks(each)
        label = self.settings.label
        return write_dynamics(
            self.root,
            DynamicsSettings(label.tolerance, self.settings.analyse.level, label.leave_out),
            title=self.settings.study.name,
            seed=self.settings.study.seed,
            superclasses=superclasses,
            representations=representations,
        )

    @writes(REPORT)
    def analyse(
        self,
        observers: Literal["auto", "person", "simulated"] = "auto",
        labels: Path | None = None,
        setting: Literal["auto", "lab", "online"] = "auto",
        stimuli: str | None = None,
    ) -> Results[StudyReport]:
        """Score the observers, by the set's own labels or those in another folder, and write the report.

        `stimuli` names the set whose sessions are scored; by default it is the one that sessions show.
        """
        require("matplotlib", extra="analysis", to="write the report")
        from analysis.data.study_data import Selection
        from analysis.report.build import write_report

        name = self.settings.experiment.stimuli if stimuli is None else stimuli
        self.named_set(name, "[experiment] stimuli" if stimuli is None else "--stimuli")  # a wrong name
        return write_report(
            self.root,
            self.settings.analyse,
            Selection(name, observers, None if labels is None else labels.resolve(), setting),
            title=self.settings.study.name,
            seed=self.settings.study.seed,
            source=self.open_images_if_here(),
        )

    @writes(REPORT)
    def power(
        self, observers: Sequence[int], trials: Sequence[int], progress: Progress = no_progress
    ) -> Plan:
        """Simulate studies of these sizes, and write their power and precision to ``power/``."""
        require("matplotlib", extra="analysis", to="draw power and width")
        from analysis.report.power import write_plan
        from analysis.statistics.power import plan_study

        settings, seed = self.settings, self.settings.study.seed
        plan = plan_study(
            observers,
            trials,
            settings.simulate,
            level=settings.analyse.level,
            seed=seed,
            progress=progress,
        )
        write_plan(plan, self.root / "power", seed=seed)
        return plan
