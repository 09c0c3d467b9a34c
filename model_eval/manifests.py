"""The manifests of evaluation and labels: ``pool.json`` and ``difficulty.json``."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator, model_validator

from model_eval.settings import ModelEntry
from tricky.core.manifests import (
    Count,
    FileName,
    MatchedRecord,
    Record,
    Sha256,
    Share,
    StageManifest,
    unique,
)

EVALUATE, IMPORT = "tricky evaluate", "tricky import decisions"
"""The commands that write ``decisions/``."""


class NotCountedRecord(Record):
    """Files of one kind that are not counted as images: their number, and the first of them."""

    n: Count
    first: tuple[str, ...]


class TableRecord(Record):
    """A table of images, and which data set they are of."""

    sha256: Sha256
    source: str


class ImagesRecord(TableRecord):
    """The images that models were evaluated on, or trained on.

    Attributes
    ----------
    skipped : dict of str to str
        By `image_id`: why an image was left out for all models.
    converted : dict of str to str
        By `image_id`: what decoding changes.
    not_counted : dict of str to NotCountedRecord
        By kind: files that are not counted as images.
    """

    n: Count
    skipped: dict[str, str] = Field(default_factory=dict)
    converted: dict[str, str] = Field(default_factory=dict)
    not_counted: dict[str, NotCountedRecord] = Field(default_factory=dict)


class PoolRecord(Record):
    """The models of a pool, as the study file described them."""

    models: Annotated[tuple[ModelEntry, ...], unique("name")]


class ModelRecord(Record):
    """One model of ``pool.json``: its decisions, or why there are none.

    Attributes
    ----------
    weights_sha256, n_parameters, arithmetic
        None where they are unknown, as of imported decisions.
    noise : float or None
        Largest change of a logit by rounding alone; None where it is unknown.
    near_ties : int or None
        Decisions that this noise could change.
    failure : str or None
        Why the model gave no decisions; the fields about its decisions are missing then.
    """

    name: FileName
    source: str
    family: str
    weights: str
    weights_sha256: str | None
    n_parameters: Count | None
    arithmetic: str | None = None
    accuracy: Share = 0.0
    noise: Annotated[float, Field(ge=0)] | None = None
    near_ties: Count | None = None
    sha256: Sha256 = ""
    failure: str | None = None

    @model_validator(mode="after")
    def _decisions_or_failure(self) -> ModelRecord:
        missing = {"accuracy", "noise", "near_ties", "sha256"} - self.model_fields_set
        if self.failure is None and missing:
            raise ValueError(f"`{min(missing)}` of its decisions, or a `failure`")
        return self


class EvaluatedSettings(Record):
    """What ``pool.json`` was made with."""

    pool: PoolRecord | None = None


class ImportRecord(Record):
    """How decisions were imported.

    Attributes
    ----------
    format : str
    columns : dict of str to str
        Role → column of the source.
    sources : tuple of str
        Files, as `made_from` names them.
    labels : str
        Where the labels are from; empty where there are none.
    n_unknown_predictions : int
        Decisions known to be wrong, of which the predicted class is unknown.
    n_without_answer : int
        Rows of the source without an answer, which are left out.
    """

    format: str
    columns: dict[str, str]
    sources: tuple[str, ...]
    labels: str
    n_unknown_predictions: Count
    n_without_answer: Count


class PoolManifest(StageManifest[EvaluatedSettings]):
    """``decisions/pool.json``."""

    file_name: ClassVar[str] = "pool.json"

    images: ImagesRecord
    classes: tuple[str, ...]
    device: str
    models: Annotated[tuple[ModelRecord, ...], unique("name")]
    imported: ImportRecord | None = None

    @model_validator(mode="after")
    def _evaluated_or_imported(self) -> PoolManifest:
        if (self.settings.pool is None) != (self.imported is not None):
            raise ValueError("either `pool` in `settings`, or `imported`")
        return self

    @property
    def made_by(self) -> str:
        """The command that wrote it: decisions are evaluated or imported."""
        return EVALUATE if self.imported is None else IMPORT

    @property
    def answered(self) -> tuple[ModelRecord, ...]:
        """The models that gave decisions."""
        return tuple(model for model in self.models if model.failure is None)

    @property
    def failures(self) -> dict[str, str]:
        """The other models, and why they gave none."""
        return {model.name: model.failure for model in self.models if model.failure is not None}

    def summary(self) -> str:
        """Return the numbers of models and images, the range of accuracy, and what is missing."""
        accuracies = [model.accuracy for model in self.answered]
        return (
            ("" if self.imported is None else "imported: ")
            + f"{len(accuracies)} models × {self.images.n:,} images"
            + (f", top-1 {min(accuracies):.1%} to {max(accuracies):.1%}" if accuracies else "")
            + (f", {len(self.failures)} failed" if self.failures else "")
            + (f", {len(self.images.skipped):,} images skipped" if self.images.skipped else "")
        )


class DifficultyCounts(Record):
    """Images of each difficulty."""

    trivial: Count
    in_between: Count = Field(alias="in-between")
    impossible: Count

    def by_name(self) -> dict[str, int]:
        """Return the counts as the file has them."""
        return {"trivial": self.trivial, "in-between": self.in_between, "impossible": self.impossible}


class LabelledRecord(Record):
    """Images that have a difficulty."""

    counts: DifficultyCounts
    n_images: Count

    @field_validator("n_images")
    @classmethod
    def _is_the_sum(cls, n_images: int, info: ValidationInfo) -> int:
        if "counts" in info.data and sum(info.data["counts"].by_name().values()) != n_images:
            raise ValueError("the sum of `counts`")
        return n_images


class NearTiesRecord(Record):
    """Decisions that numeric noise alone could change, and the labels that depend on them."""

    decisions: Count
    trivial: Count
    impossible: Count


class LabelledSettings(Record):
    """What ``difficulty.json`` was made with."""

    label: dict[str, Any]


class DifficultyManifest(StageManifest[LabelledSettings], LabelledRecord):
    """``difficulty/difficulty.json``."""

    file_name: ClassVar[str] = "difficulty.json"

    sha256: Sha256
    tables: dict[FileName, Sha256]
    n_not_labelled: Count
    without_label_errors: LabelledRecord | None
    impossible: dict[str, Count]
    mean_stability: Share | None
    mean_stability_families: Share | None
    n_models: Annotated[int, Field(ge=1)]
    models: tuple[str, ...] | None
    tolerance: Count
    images: str | None
    not_counted: dict[str, NotCountedRecord] = Field(default_factory=dict)
    near_ties: NearTiesRecord | None
    matched: dict[str, MatchedRecord] = Field(default_factory=dict)

    def summary(self) -> str:
        """Return the share of each difficulty."""
        if not self.n_images:
            return "no image has a difficulty"
        return ", ".join(f"{n / self.n_images:.1%} {name}" for name, n in self.counts.by_name().items())
