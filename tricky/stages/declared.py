"""Each stage of a study, declared once: its folder, manifest, commands and settings.

Paths of a study, `tricky status`, the order of commands in `tricky --help` and the table in
`docs/formats.md` are derived from these declarations.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tricky.core.manifests import StageManifest


@dataclass(frozen=True)
class Stage:
    """A step of a study, which writes one folder.

    Attributes
    ----------
    name : str
    folder : str
        Relative to the study; that of a stimulus set ends in its name.
    command : str
        The command that writes the folder, without `tricky`.
    description : str
        What the folder holds.
    sections : tuple of str
        Sections of the study file that the stage reads.
    commands : tuple of str
        All commands of the stage, in the order in which `tricky --help` lists them.
    manifest : str
        Class of its manifest, ``module:Class``; empty for data, which have the descriptions of BIDS.
    optional : bool
        Whether a study can do without it, so that `tricky status` lists it only if it exists or is due.
    """

    name: str
    folder: str
    command: str
    description: str
    sections: tuple[str, ...]
    commands: tuple[str, ...]
    manifest: str = ""
    optional: bool = False

    @property
    def manifest_class(self) -> type[StageManifest[Any]]:
        """The class of the manifest."""
        module, _, name = self.manifest.partition(":")
        return getattr(importlib.import_module(module), name)


TRAINING = Stage(
    name="training",
    folder="training",
    command="train",
    description="weights of the pool's models that tricky trained",
    sections=("images", "pool", "train"),
    commands=("images", "pool", "train"),
    manifest="model_eval.training_manifests:TrainingManifest",
)
CONDITIONS = Stage(
    name="conditions",
    folder="conditions",
    command="train",
    description="models of a recipe's conditions, with decisions after every epoch",
    sections=("images", "train"),
    commands=("train",),
    manifest="model_eval.training_manifests:ConditionsManifest",
    optional=True,
)
DECISIONS = Stage(
    name="decisions",
    folder="decisions",
    command="evaluate",
    description="every model's decision on every image",
    sections=("images", "pool", "evaluate", "import"),
    commands=("evaluate", "import"),
    manifest="model_eval.manifests:PoolManifest",
)
DIFFICULTY = Stage(
    name="difficulty",
    folder="difficulty",
    command="label",
    description="which images are trivial, in-between and impossible",
    sections=("label",),
    commands=("label",),
    manifest="model_eval.manifests:DifficultyManifest",
)
DYNAMICS = Stage(
    name="dynamics",
    folder="report/dynamics",
    command="dynamics",
    description="a page that compares models decision by decision",
    sections=("label", "analyse"),
    commands=("dynamics",),
    manifest="analysis.data.results_manifest:DynamicsManifest",
    optional=True,
)
STIMULI = Stage(
    name="stimuli",
    folder="stimuli",
    command="stimuli build",
    description="images and trials of each stimulus set",
    sections=("stimuli",),
    commands=("stimuli",),
    manifest="stimuli.manifest:SetManifest",
)
DATA = Stage(
    name="data",
    folder="data",
    command="run",
    description="sessions of people and of simulated observers: a BIDS data set",
    sections=("experiment", "online", "simulate", "import"),
    commands=("calibrate", "doctor", "run", "online", "simulate", "import", "merge", "withdraw", "export"),
)
REPORT = Stage(
    name="report",
    folder="report",
    command="analyse",
    description="results of the observers: a page, tables and figures",
    sections=("analyse",),
    commands=("analyse", "power"),
    manifest="analysis.data.results_manifest:ResultsManifest",
)

STAGES = (TRAINING, CONDITIONS, DECISIONS, DIFFICULTY, DYNAMICS, STIMULI, DATA, REPORT)
"""In the order of the data flow."""
