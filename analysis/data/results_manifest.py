"""The parts of ``results.json`` and ``dynamics.json`` that other stages and other studies read."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from analysis.settings import AnalyseSettings
from tricky.core.manifests import Count, Record, Share, StageManifest


class PopulationRecord(Record):
    """An `analysis.statistics.population_mean.PopulationMean` in JSON, which has null for NaN.

    Its fields are listed here again, so that `tricky status` reads a report without loading the statistics.
    """

    estimate: float | None
    low: float | None
    high: float | None
    level: float | None
    method: str | None
    reason: str | None
    standard_error: float | None
    variances: tuple[float, ...] | None
    degrees_of_freedom: tuple[float, ...] | None
    n_observers: int | None
    n_items: int | None
    n_trials: int | None
    bounds: tuple[float, float] | None


class SharesRecord(Record):
    """Share of the images of each difficulty."""

    trivial: Share
    in_between: Share = Field(alias="in-between")
    impossible: Share


class DifficultyRecord(Record):
    """The labels of the images."""

    n_images: Count
    n_models: Count
    shares: SharesRecord


class ShownSetRecord(Record):
    """The stimulus set that the sessions were run with."""

    name: str
    set_id: str


class SessionsRecord(Record):
    """The sessions that a report is about."""

    kind: Literal["person", "simulated"]
    setting: Literal["lab", "online", "imported"] = "lab"
    stimulus_set: ShownSetRecord


class MeanRecord(Record):
    """The mean error consistency of pairs; None, with a reason, where there is no pair."""

    mean: float | None
    reason: str | None


class ConsistencyRecord(Record):
    """Error consistency between observers."""

    observers: MeanRecord


class OtherLabelsRecord(Record):
    """The labels that answers were scored by in place of the set's own."""

    labels: str


class ResultsSettings(Record):
    """Settings of a report."""

    analyse: AnalyseSettings


class ResultsManifest(StageManifest[ResultsSettings]):
    """``report/results.json``; reports of ratings have no accuracy."""

    file_name: ClassVar[str] = "results.json"

    title: str
    task: str
    sessions: SessionsRecord
    difficulty: DifficultyRecord | None = None
    """None where imported sessions showed images that the study has not labelled."""


class AccuracyResultsManifest(ResultsManifest):
    """``report/results.json`` of a task with right and wrong answers."""

    population: PopulationRecord
    consistency: ConsistencyRecord
    other_labels: OtherLabelsRecord | None = None


class DichotomyRecord(Record):
    """How dichotomous the images are; None where it isn't defined."""

    estimate: float | None


class DynamicsManifest(StageManifest[Record]):
    """``report/dynamics.json``."""

    file_name: ClassVar[str] = "dynamics.json"

    folder: str
    n_models: Count
    dichotomy: DichotomyRecord

    def summary(self) -> str:
        """Return the number of models, where they are from, and the dichotomy."""
        value = self.dichotomy.estimate
        dichotomy = "undefined" if value is None else f"{value:.2f}"
        return f"{self.n_models} models of {self.folder}, dichotomy {dichotomy}"
