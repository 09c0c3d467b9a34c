"""`tricky import sessions`: from files of trials to the study's data set, without counting anything twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiment.data.bids import Dataset, SessionPath
from experiment.data.session_files import disk_errors_in_one_line, participants_locked
from experiment.data.withdrawn import read_marks
from experiment.import_sessions.compare import read_existing
from experiment.import_sessions.formats import format_of
from experiment.import_sessions.images import KnownImages, MatchedImages, labelled_trials, match_images
from experiment.import_sessions.layout import WHERE, Layout, layout_of
from experiment.import_sessions.people import participant_ids
from experiment.import_sessions.read_source import Source, find_sources, read_source
from experiment.import_sessions.rows import RowWriter
from experiment.import_sessions.sessions import ImportedSession, sessions_of
from experiment.import_sessions.trials import ImportedTrial, read_rows
from experiment.import_sessions.write import write_sessions
from experiment.import_settings import ImportSessionsSettings
from model_eval.columns import Difficulty
from stimuli.imported_set import ImportedSet, ImportedShowing, imported_set
from stimuli.manifest import ImportedRecord
from stimuli.set_folder import NewSet
from stimuli.settings import ExportSettings, QuestionSettings, StimulusSettings
from tricky.core.errors import InputError
from tricky.core.names import plain
from tricky.core.progress import Progress, no_progress
from tricky.core.settings import validated

LONG_S = 60.0
"""A median response time above this is reported: the unit may be another."""


@dataclass(frozen=True)
class Target:
    """Where imported sessions go.

    Attributes
    ----------
    data : Path
        The study's data set.
    new : NewSet
        The stimulus set that is made of them; ``new.replace``: all sessions that were imported with a set of
        this name are replaced.
    dataset : Dataset
        How the data set describes itself.
    known : KnownImages
        The images that the study has labelled or evaluated.
    """

    data: Path
    new: NewSet
    dataset: Dataset
    known: KnownImages


@dataclass(frozen=True)
class ImportedSessions:
    """What an import did.

    Attributes
    ----------
    set_name, set_id : str
        The stimulus set of the sessions.
    task, format : str
    n_files, n_trials, n_observers : int
        Of all files.
    n_new, n_same : int
        Sessions that were written, and those that were there already.
    n_images, n_labelled : int
        Images, and those with a difficulty.
    notes : tuple of str
        What was left out, and what people should check.
    """

    set_name: str
    set_id: str
    task: str
    format: str
    n_files: int
    n_trials: int
    n_observers: int
    n_new: int
    n_same: int
    n_images: int
    n_labelled: int
    notes: tuple[str, ...]


def import_sessions(
    paths: Sequence[Path],
    settings: ImportSessionsSettings,
    target: Target,
    progress: Progress = no_progress,
) -> ImportedSessions:
    """Write the sessions in files of other programs into a study's data set.

    Everything is read and checked before anything is written.  Sessions that are there already, and copies of
    files, add nothing.

    Parameters
    ----------
    paths : sequence of Path
        Files, and folders of files.
    settings : ImportSessionsSettings
    target : Target
    progress : Progress
        Called for each file.

    Raises
    ------
    InputError
        A file can't be read as it must be, rows contradict each other or what is in the data set, or the data
        set can't be written to.
    """
    sources, notes = _read_sources(paths, settings, progress)
    layout = layout_of(format_of(sources, settings), settings, sources)
    trials, more = _trials(sources, layout)
    matched = match_images(trials, layout, target.known)
    trials, n_unlabelled = labelled_trials(trials, matched, layout)
    notes += more
    if n_unlabelled:
        notes.append(f"left out: {n_unlabelled:,} trials with an image without a fitting difficulty")
    sessions = sessions_of(trials, participant_ids(trials, settings))
    sessions, withdrawn = _without_withdrawn(sessions, target.data)
    notes += [*withdrawn, *_remarks(sources, sessions, layout)]
    if not sessions:
        raise InputError(f"{paths[0]}: no trial is left; " + ("; ".join(notes) or "the files hold none"))

    image_ids = {name: image.image_id for name, image in matched.images.items()}
    made = _make_set(sessions, layout, target, matched)
    existing = read_existing(target.data, target.new)
    set_ = existing.set_for(made, target.new)
    writer = RowWriter(made, image_ids, settings, target.dataset)
    task_name = "".join(each for each in layout.task if each.isalnum())
    planned = [
        writer.rows_of(
            session, SessionPath(target.data, session.participant, session.number, task_name), set_
        )
        for session in sessions
    ]
    new, more = existing.new_among(planned)
    with disk_errors_in_one_line(), participants_locked(target.data):
        written = set_
        if existing.must_write(set_):
            written = existing.keeping_files(made).write(target.new)
        write_sessions(target.data, target.dataset, new, existing, keep_ids=settings.keep_original_ids)
    shown = {name for session in sessions for each in session.shown for name in each.images}
    return ImportedSessions(
        written.name,
        written.set_id,
        layout.task,
        layout.format.name,
        len(sources),
        sum(len(session.trials) for session in sessions),
        len({session.participant for session in sessions}),
        len(new),
        len(planned) - len(new),
        len(shown),
        sum(matched.images[name].n_models > 0 for name in shown),
        (*notes, *more),
    )


def _read_sources(
    paths: Sequence[Path], settings: ImportSessionsSettings, progress: Progress
) -> tuple[list[Source], list[str]]:
    """Return the files, each content once, and what was left out."""
    files, others = find_sources(paths)
    notes = []
    if others:
        names = ", ".join(path.name for path in others[:3]) + (" …" if len(others) > 3 else "")
        notes.append(f"left out: {len(others)} other files ({names})")
    first: dict[str, Source] = {}
    for done, path in enumerate(files):
        progress("Reading files", done, len(files))
        source = read_source(path, settings.sheet)
        other = first.setdefault(source.sha256, source)
        if other is not source:
            notes.append(f"left out: {path}, an exact copy of {other.path}")
    progress("Reading files", len(files), len(files))
    return list(first.values()), notes


def _trials(sources: Sequence[Source], layout: Layout) -> tuple[list[ImportedTrial], list[str]]:
    """Return the trials of all files, and how many rows were left out."""
    trials: list[ImportedTrial] = []
    left_out: Counter[str] = Counter()
    met: set[tuple[str, str, str]] = set()
    for source in sources:
        found = read_rows(source, layout)
        trials += found.trials
        left_out += found.left_out
        met |= found.met
    _require_matches(layout, met)
    experiments = {trial.experiment for trial in trials}
    if "" in experiments and len(experiments) > 1:
        trial = next(trial for trial in trials if not trial.experiment)
        raise InputError(
            f"{trial.path}: other files are named EXPERIMENT_subject-01_session_1.csv, this one is not, so "
            "its observers could be those of any experiment; name it in the same way, or import it by itself"
        )
    return trials, [f"left out: {n:,} {reason}" for reason, n in left_out.items()]


def _require_matches(layout: Layout, met: set[tuple[str, str, str]]) -> None:
    """Raise InputError if the settings name something that no cell holds."""
    settings = layout.settings
    for setting in ("keep", "leave_out"):
        for name, values in getattr(settings, setting).items():
            for value in values:
                if (setting, plain(name), plain(value)) not in met:
                    raise InputError(
                        f"{WHERE} {setting}: no row has {value!r} in the column {name!r}; correct that, or "
                        "remove the entry"
                    )
    if settings.answers and not any(setting == "answers" for setting, _, _ in met):
        first = next(iter(settings.answers))
        raise InputError(f"{WHERE} answers: no cell holds {first!r} or another of these; correct them")


def _without_withdrawn(
    sessions: Sequence[ImportedSession], data: Path
) -> tuple[list[ImportedSession], list[str]]:
    withdrawn = {mark.participant_id.removeprefix("sub-") for mark in read_marks(data)}
    gone = sorted({each.participant for each in sessions} & withdrawn)
    notes = [f"left out: sub-{name}, who was withdrawn" for name in gone]
    return [each for each in sessions if each.participant not in withdrawn], notes


def _remarks(sources: Sequence[Source], sessions: Sequence[ImportedSession], layout: Layout) -> list[str]:
    """Return what people should check."""
    notes = []
    for source in sources:
        column = layout.column(source, "observer")
        if column in source.numbers:
            notes.append(
                f"{source.path}: ids in the column {column!r} are numbers, so zeros at their beginning are "
                "lost (007 is read as 7)"
            )
    times = [trial.response_time_s for session in sessions for trial in session.trials]
    known = np.array([each for each in times if each is not None])
    if len(known) and np.median(known) > LONG_S:
        notes.append(
            f"the median response time is {np.median(known):.0f} s; check response_time_unit in "
            "[import.sessions]"
        )
    return notes


def _make_set(
    sessions: Sequence[ImportedSession], layout: Layout, target: Target, matched: MatchedImages
) -> ImportedSet:
    """Make the stimulus set of the images and trials of these sessions."""
    names = dict.fromkeys(name for session in sessions for each in session.shown for name in each.images)
    used = [matched.images[name] for name in names]
    shown = [
        ImportedShowing(
            tuple(matched.images[name].image_id for name in each.images), each.condition, each.repeat
        )
        for session in sessions
        for each in session.shown
    ]
    record = ImportedRecord(
        format=layout.format.name,
        files=tuple(sorted({digest for session in sessions for digest in session.files})),
        classes=layout.classes if layout.task == "naming" else (),
    )
    labelled = any(image.n_models for image in used)
    return imported_set(
        used,
        shown,
        _set_settings(layout, {image.difficulty for image in used}),
        record,
        target.new,
        target.known.made_from if labelled else {},
    )


def _set_settings(layout: Layout, difficulties: set[str]) -> StimulusSettings:
    """Return the settings of the set: its groups are the difficulties of its images."""
    groups = [str(each) for each in Difficulty if each in difficulties]
    if layout.task == "single":
        groups = list(layout.settings.groups)
    if layout.n_images == 2 and len(groups) != 2:  # pairs of any difficulties; groups are for drawing pairs
        groups = [Difficulty.TRIVIAL, Difficulty.IMPOSSIBLE]
    questions = [
        {name: getattr(each, name) for name in QuestionSettings.model_fields}
        for each in layout.settings.questions
    ]
    content = {
        "task": layout.task,
        "groups": groups or [Difficulty.TRIVIAL, Difficulty.IMPOSSIBLE],
        "practice_trials": 0,
        "questions": questions,
        "export": ExportSettings(reference=True).model_dump(),
    }
    return validated(StimulusSettings, content, where="[import.sessions]")
