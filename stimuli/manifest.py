"""The content of ``stimulus_set.json``."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from stimuli.settings import StimulusSettings
from tricky.core.files import sha256_of
from tricky.core.manifests import Count, FileName, MatchedRecord, Record, Sha256, StageManifest
from tricky.core.tasks import TaskName

CONTENT = ("items.tsv", "trials.tsv")
"""Tables that the id of a set is a hash of; others only describe the set."""


def set_id_of(hashes: dict[str, str]) -> str:
    """Return a set's id: 16 digits of the hash over the hashes of its items and trials."""
    return sha256_of("".join(hashes[file] for file in CONTENT))[:16]


class EligibleRecord(Record):
    """How many images were eligible.

    Attributes
    ----------
    labelled : int
    groups : dict of str to int
        Group → eligible images.
    excluded : tuple of dict
        For each rule its name as ``rule``, and by group the number of images that it excludes.
    """

    labelled: Count
    groups: dict[str, Count]
    excluded: tuple[dict[str, str | int], ...]


class HistogramRecord(Record):
    """Images by number of correct models."""

    labelled: dict[str, Count]
    eligible: dict[str, Count]
    used: dict[str, Count]


class BalanceRecord(Record):
    """How two groups differ in one covariate, among all eligible images and in the main block."""

    covariate: str
    groups: tuple[str, str]
    statistic: Literal["smd", "overlap"]
    before: float | None
    after: float | None


class FeatureClassifierRecord(Record):
    """How well low-level features alone distinguish the groups."""

    auc: float
    chance_sd: float | None
    covariates: tuple[str, ...]


class ParentRecord(Record):
    """The set that this one is the successor of."""

    name: str
    set_id: str
    balance: tuple[BalanceRecord, ...]


class RefreshRecord(Record):
    """What changed since the parent; `kept`, `dropped` and `added` by group."""

    full: bool
    kept: dict[str, Count]
    dropped: dict[str, Count]
    added: dict[str, Count]
    reasons: dict[str, Count]
    kept_with_other_share_correct: Count
    trials_kept: Count


class ImportedRecord(Record):
    """Where a set comes from that was made of imported sessions.

    Attributes
    ----------
    format : str
        Of the files, as `tricky import sessions --as` names it.
    files : tuple of str
        SHA-256 of each file, sorted; names of files may say who a participant is.
    classes : tuple of str
        Names that observers chose from, in the task of naming classes; empty in other tasks.
    """

    format: str
    files: tuple[Sha256, ...]
    classes: tuple[str, ...] = ()


class SetSettings(Record):
    """The settings of a set."""

    stimuli: StimulusSettings


class SetManifest(StageManifest[SetSettings]):
    """``stimuli/<set>/stimulus_set.json``: see `docs/formats.md`."""

    file_name: ClassVar[str] = "stimulus_set.json"

    set_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    name: FileName
    task: TaskName
    tables: dict[FileName, Sha256]
    eligible: EligibleRecord = EligibleRecord(labelled=0, groups={}, excluded=())
    scale_sd: dict[str, float] = Field(default_factory=dict)
    histogram: HistogramRecord = HistogramRecord(labelled={}, eligible={}, used={})
    balance: tuple[BalanceRecord, ...] = ()
    feature_classifier: FeatureClassifierRecord | None = None
    warnings: tuple[str, ...] = ()
    lists: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    matched: dict[str, MatchedRecord] = Field(default_factory=dict)
    parent: ParentRecord | None = None
    refresh: RefreshRecord | None = None
    imported: ImportedRecord | None = None

    @field_validator("tables")
    @classmethod
    def _holds_the_content(cls, tables: dict[str, str]) -> dict[str, str]:
        if missing := [name for name in CONTENT if name not in tables]:
            raise ValueError(f"hashes of {' and '.join(CONTENT)}; {missing[0]} is missing")
        return tables

    def summary(self) -> str:
        """Return the numbers of trials, and the set's id."""
        settings = self.settings.stimuli
        if self.imported is not None:
            return f"{settings.trials} trials of imported sessions, id {self.set_id}"
        return f"{settings.trials} trials + {settings.practice_trials} for practice, id {self.set_id}"
