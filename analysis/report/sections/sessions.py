"""Which sessions a report is about, and how they were run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis.data.study_data import StudyData
from analysis.report.section import Section, key
from analysis.report.task import StudyReport
from experiment.records import Kind


@dataclass(frozen=True)
class Sessions:
    """The sessions of a report.

    Attributes
    ----------
    kind : str
        ``person`` or ``simulated``.
    simulated : bool
    setting : str
        ``lab`` or ``online``.
    n, n_incomplete, n_other_kind, n_other_setting, n_other_set, notes, conditions
        As in `StudyData`.
    n_interrupted, n_forced : int
        Sessions that were resumed, and that were started although a check had failed.
    n_without_answer : int
        Answers that are neither right nor wrong.
    n_observers_without_answer : int
        Observers without an answer that counts.
    labelled_again : bool
        Whether the images were labelled again after the stimulus set was built.
    labels : str or None
        Labels that answers are scored by in place of the set's own.
    stimulus_set : dict
        `name` and `set_id`.
    imported : dict or None
        Of sessions that were imported: `format` of the files, and their number, `n_files`.
    """

    kind: str
    simulated: bool
    setting: str
    n: int
    n_incomplete: int
    n_other_kind: int
    n_other_setting: int
    n_other_set: int
    notes: list[str]
    n_interrupted: int
    n_forced: int
    n_without_answer: int
    n_observers_without_answer: int
    labelled_again: bool
    labels: str | None
    conditions: list[dict[str, Any]]
    stimulus_set: dict[str, str]
    imported: dict[str, Any] | None


def compute(report: StudyReport) -> Sessions:
    """Count the sessions."""
    data = report.data
    counted = data.answers if report.has_right_answers else data.kept
    return Sessions(
        kind=str(data.kind),
        simulated=data.kind == Kind.SIMULATED,
        setting=str(data.setting),
        n=data.n_sessions,
        n_incomplete=data.n_incomplete,
        n_other_kind=data.n_other_kind,
        n_other_setting=data.n_other_setting,
        n_other_set=data.n_other_set,
        notes=list(data.notes),
        n_interrupted=_n_sessions(data, "interrupted"),
        n_forced=_n_sessions(data, "forced"),
        n_without_answer=len(data.kept) - len(counted),
        n_observers_without_answer=data.recorded["participant"].nunique() - counted["participant"].nunique(),
        labelled_again=data.labelled_again,
        labels=None if data.relabelled is None else data.relabelled.name,
        conditions=data.conditions,
        stimulus_set={"name": data.stimulus_set.name, "set_id": data.stimulus_set.set_id},
        imported=_imported(data),
    )


def _imported(data: StudyData) -> dict[str, Any] | None:
    record = data.stimulus_set.manifest.imported
    return None if record is None else {"format": record.format, "n_files": len(record.files)}


def _n_sessions(data: StudyData, mark: str) -> int:
    sessions = data.recorded.drop_duplicates(["participant", "session"])
    return int(sessions[mark].fillna(False).sum())


SECTION = Section(name="sessions", compute=compute, results=key("sessions"))
