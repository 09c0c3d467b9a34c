"""The manifests of training: ``training.json`` and ``conditions.json``."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from model_eval.manifests import EvaluatedSettings, ImagesRecord, TableRecord
from tricky.core.manifests import Count, FileName, Manifest, Record, Sha256, Share, StageManifest, unique

Loss = Annotated[float, Field(ge=0)]


class WeightsRecord(Record):
    """One model of ``training.json``."""

    name: FileName
    source: str
    sha256: Sha256
    final_loss: Loss


class TrainedSettings(EvaluatedSettings):
    """What ``training.json`` was made with."""

    train: dict[str, Any]


class TrainingManifest(StageManifest[TrainedSettings]):
    """``training/training.json``."""

    file_name: ClassVar[str] = "training.json"

    images: TableRecord
    classes: tuple[str, ...]
    models: Annotated[tuple[WeightsRecord, ...], unique("name")]

    def summary(self) -> str:
        """Return the number of models."""
        return f"{len(self.models)} models trained"


class ConditionRecord(Record):
    """A model of ``conditions.json``: its condition and which of its replicates it is, from 1."""

    name: FileName
    condition: str
    replicate: Annotated[int, Field(ge=1)]


class TrainedModelRecord(ConditionRecord):
    """A model that was trained: see `model_eval.epoch_decisions.ConditionModel`."""

    network: str
    losses: Annotated[tuple[float, ...], Field(min_length=1)]
    accuracies: tuple[Share, ...]
    sha256: Sha256

    @field_validator("accuracies")
    @classmethod
    def _one_more_than_losses(cls, accuracies: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        if len(accuracies) != 1 + len(info.data.get("losses", accuracies[1:])):
            raise ValueError("one value for each epoch, the untrained network first")
        return accuracies


class DivergedRecord(ConditionRecord):
    """A model whose loss was no longer finite; it has no files."""

    epoch: Count


class DivergedEpoch(Manifest):
    """``.checkpoints/…/diverged.json``: the epoch in which a network diverges."""

    epoch: Count


class TrainingSetRecord(Record):
    """The section of the study file that names images to train on."""

    training_set: dict[str, Any] | None


class RecipeRecord(Record):
    """The values that are set in the recipe of ``conditions.json``."""

    base: dict[str, Any] = Field(default_factory=dict)
    conditions: dict[str, dict[str, Any]] = Field(default_factory=dict)


class ConditionSettingsRecord(Record):
    """What ``conditions.json`` was made with."""

    train: TrainingSetRecord
    recipe: RecipeRecord


class ConditionsManifest(StageManifest[ConditionSettingsRecord]):
    """``conditions/conditions.json``."""

    file_name: ClassVar[str] = "conditions.json"

    images: ImagesRecord
    training_images: ImagesRecord
    classes: tuple[str, ...]
    device: str
    conditions: dict[str, dict[str, Any]]
    models: Annotated[tuple[TrainedModelRecord, ...], unique("name")]
    diverged: tuple[DivergedRecord, ...]
    unfinished: tuple[str, ...]

    def summary(self) -> str:
        """Return the numbers of models and conditions, and of models that diverged."""
        n_all = len(self.models) + len(self.diverged) + len(self.unfinished)
        models = f"{len(self.models)} of {n_all} models of {len(self.conditions)} conditions"
        return models + (f", {len(self.diverged)} diverged" if self.diverged else "")
