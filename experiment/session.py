"""A person's session, from the stimulus set to the closed window."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from experiment.bids import Dataset, SessionPath, describe_dataset, register, sidecar_content
from experiment.consent import AGREE, Consent, ask_consent, consent_file, keep_consent
from experiment.devices import Stopped
from experiment.engine import run
from experiment.journal import Journal, locked
from experiment.plan import schedule, steps
from experiment.reading import Document, read_document
from experiment.records import Ask, Choice, Kind
from experiment.settings import ExperimentSettings
from experiment.tables import RATING_TASK, Table, table_of
from experiment.tasks import questions_of, task_of
from experiment.texts import Texts, read_texts
from model_eval.artefacts import InputError, sync_folder, versions_of, write_json, write_text
from stimuli.records import StimulusSet, read_any_set

PER_RUN = ("Settings", "Versions", "Apparatus")
"""Entries of the sidecar that may change when a session is taken up again."""


@dataclass(frozen=True)
class SessionSummary:
    """How a session ended.

    Attributes
    ----------
    path : Path
        The session table.
    complete : bool
        Whether every trial has its row; if not, the same call goes on.
    n_trials, n_scheduled : int
        Trials on disk, and all of them.
    resumed_at : int or None
        Index of the first trial of this run, where earlier runs did some.
    agreed : bool
        Whether the participant agreed to take part; if not, `path` is the list of consents, and nothing else
        was kept.
    """

    path: Path
    complete: bool
    n_trials: int
    n_scheduled: int
    resumed_at: int | None
    agreed: bool = True


def run_session(
    stimuli_folder: Path,
    data_folder: Path,
    participant: str,
    settings: ExperimentSettings,
    dataset: Dataset,
    *,
    session: int | None = None,
    root: Path = Path(),
) -> SessionSummary:
    """Let a person sit a session, or go on with one that was interrupted.

    The set is checked, the session is locked against a second process and its table is taken up before
    the window opens.  From then on each response is on disk before the next thing happens.

    Parameters
    ----------
    stimuli_folder, data_folder : Path
        The stimulus set, and the BIDS data set.
    participant : str
        Letters and digits.
    settings : ExperimentSettings
        Keys, sizes, screen.
    dataset : Dataset
        What the data set says of itself.
    session : int, optional
        Number of the session, where a participant sits several.
    root : Path
        What paths in the settings are relative to: the study's folder.

    Returns
    -------
    SessionSummary
        Complete or not: an observer may stop at any time (the quit key, twice).

    Raises
    ------
    InputError
        The set is damaged; the id is not allowed or belongs to a simulated observer; the session is
        finished, in use, or was begun with another set; PsychoPy, screen or keyboard are missing; the data
        set can't be written to.
    """
    place = SessionPath(data_folder, participant, session, settings.task_name)
    stimulus_set = read_any_set(stimuli_folder)
    trials = schedule(stimulus_set, participant, session)
    texts = read_texts(settings.language, stimulus_set.task, root)
    task = task_of(stimulus_set, settings, participant, texts.wording)
    table = table_of(task)
    information = _document(settings.information, root)
    debriefing = _document(settings.debriefing, root)
    questions = questions_of(settings)
    characters = _characters(texts, [*task.asks, *questions], [information, debriefing])
    devices = _psychopy_devices()
    with ExitStack() as stack:
        busy = f"{place.table}: this session is running in another process; close that one first"
        stack.enter_context(locked(data_folder, place.stem, busy))
        consent = None
        if information is not None and not place.table.exists():
            with devices.open_reader(settings, texts, characters, root) as reading:
                answer = ask_consent(reading.display, reading.observer, information, settings, texts)
            consent = _consent(place, information, answer)
            with _files(), _participants_locked(data_folder):
                keep_consent(data_folder, consent)
            if answer != AGREE:
                return SessionSummary(consent_file(data_folder), False, 0, len(trials), None, agreed=False)
        with _files():
            _enter(data_folder, dataset, participant)
        before = _read_sidecar(place, stimulus_set)
        runs: list[dict[str, Any]] = list(before.get("Runs", []))
        content = sidecar_content(
            dataset,
            place.task_name,
            table,
            instructions=texts.instructions(settings, task),
            stimulus_set={
                "name": stimulus_set.name,
                "set_id": stimulus_set.set_id,
                "n_trials": len(trials),
            },
            simulated=None,
            settings={"experiment": settings.model_dump(mode="json")},
            versions=versions_of("psychopy", "psychtoolbox", "pyglet", "pillow", "numpy"),
            apparatus={},
            runs=runs,
        )
        content["Consent"] = before.get("Consent") if consent is None else asdict(consent)
        content["Questionnaire"] = before.get("Questionnaire", {})
        with _files():
            _begin(place, table, content)
            journal = stack.enter_context(Journal(place.table, trials, table))
        if journal.complete:
            raise InputError(
                f"{place.table}: sub-{participant} has finished this session ({len(trials)} trials); "
                f"give another participant, or another session (--session {(session or 1) + 1})"
            )
        first, started = journal.n_done, datetime.now(UTC)
        elapsed_s = max(_seconds_since_start(runs, started), journal.elapsed_s) if first else 0.0
        opened = stack.enter_context(
            devices.open_devices(
                stimulus_set, trials, task, first, settings, texts, characters, elapsed_s, root
            )
        )
        content["Apparatus"] = opened.apparatus
        if runs:
            _keep_what_changed(before, content, runs[-1])
        runs.append({"started": started.isoformat(timespec="seconds"), "first_trial": first})
        with _files():
            write_json(place.sidecar, content)
        afterwards = [
            *questions,
            *(debriefing.pages(texts.lines["next"], opened.display.fits) if debriefing else ()),
        ]

        def note(name: str, choice: Choice) -> None:
            content["Questionnaire"][name] = {
                "answer": choice.answer,
                "response_time": choice.response_time_s,
            }
            with _files():
                write_json(place.sidecar, content)

        with suppress(Stopped):  # what is recorded stands, and the summary says what is missing
            run(
                steps(
                    trials,
                    first,
                    settings.break_every,
                    examples=settings.examples and task.name != RATING_TASK,
                    afterwards=afterwards,
                ),
                opened.display,
                opened.observer,
                journal.record,
                task,
                inter_trial_interval_s=settings.inter_trial_interval_s,
                resumed=first > 0,
                broken_off=_ended_at(first, runs[:-1]),
                note=note,
            )
        return SessionSummary(place.table, journal.complete, journal.n_done, len(trials), first or None)


@contextmanager
def _files() -> Iterator[None]:
    """Tell people in one line why the data set could not be written to."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{error.filename or 'the data folder'}: not written ({error.strerror or error}); all recorded "
            "trials are safe: make room, connect the drive, allow writing, or close the program that has "
            "the file open, then run the same command again"
        ) from error


def require_screen() -> None:
    """Refuse a machine that can't draw.

    Raises
    ------
    InputError
        PsychoPy can't be loaded, or there is no screen.
    """
    _psychopy_devices()


def _psychopy_devices() -> ModuleType:
    """Import the module that needs PsychoPy: here, so that nothing else in this room does."""
    try:
        from experiment import psychopy_devices
    except ImportError as error:
        raise InputError(
            f"PsychoPy cannot be loaded ({error}); install it with: pip install 'tricky-images[experiment]'"
        ) from error
    except Exception as error:
        if type(error).__name__ != "NoSuchDisplayException":  # pyglet has the class on Linux only
            raise
        raise InputError(
            "there is no screen to draw on: run the session on a PC that has one (on Linux, DISPLAY names it)"
        ) from error
    return psychopy_devices


def _enter(data_folder: Path, dataset: Dataset, participant: str) -> None:
    """Make the data set know the participant, before anything of theirs is written."""
    with _participants_locked(data_folder):
        describe_dataset(data_folder, dataset)
        register(data_folder, [participant], Kind.PERSON)


@contextmanager
def _participants_locked(data_folder: Path) -> Iterator[None]:
    busy = f"{data_folder}: participants.tsv is in use by another process; try again"
    with locked(data_folder, "participants", busy, timeout_s=10):
        yield


def _document(path: Path | None, root: Path) -> Document | None:
    return None if path is None else read_document(root / path, path.as_posix())


def _characters(texts: Texts, asks: Sequence[Ask], documents: Sequence[Document | None]) -> set[str]:
    """Return every character that a participant may read in this session."""
    asked = (ask.text + "".join(option.label for option in ask.options) for ask in asks)
    return texts.characters().union(*asked, *(each.characters for each in documents if each))


def _consent(place: SessionPath, information: Document, answer: str) -> Consent:
    return Consent(
        datetime.now(UTC).isoformat(timespec="seconds"),
        f"sub-{place.participant}",
        "n/a" if place.session is None else f"ses-{place.session}",
        answer,
        information.name,
        information.sha256,
    )


def _begin(place: SessionPath, table: Table, content: dict[str, Any]) -> None:
    """Make a new session's table and its description appear together: either alone is no valid BIDS."""
    if place.table.exists():
        if not place.sidecar.exists():
            write_json(place.sidecar, content)
        return
    folder = place.table.parent
    part = folder.with_name(f".{folder.name}.part")
    if part.exists():
        shutil.rmtree(part)
    write_json(part / place.sidecar.name, content)
    write_text(part / place.table.name, table.header)
    if folder.exists():  # of another task
        for file in (place.sidecar, place.table):
            (part / file.name).replace(file)
        part.rmdir()
    else:
        part.rename(folder)
    sync_folder(folder.parent)


def _read_sidecar(place: SessionPath, stimulus_set: StimulusSet) -> dict[str, Any]:
    """Read what an earlier run wrote, if there was one, and check that it had the same set."""
    if not place.sidecar.exists():
        return {}
    try:
        content = json.loads(place.sidecar.read_text(encoding="utf-8"))
        began_with = content["StimulusSet"]["set_id"]
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{place.sidecar}: not a session's description ({error!r}); restore it") from None
    if began_with != stimulus_set.set_id:
        raise InputError(
            f"{place.sidecar}: this session was begun with stimulus set {began_with}, "
            f"not {stimulus_set.set_id}; restore that set, or give another participant or session"
        )
    return content


def _seconds_since_start(runs: list[dict[str, Any]], now: datetime) -> float:
    """Return the time since the first trial's run was started, by the machines' own calendars."""
    starts = [run["started"] for run in runs if run["first_trial"] == 0]
    return (now - datetime.fromisoformat(starts[-1])).total_seconds() if starts else 0.0


def _ended_at(first: int, runs: list[dict[str, Any]]) -> int:
    """Return how many earlier runs ended before trial `first` was answered, and may have shown it."""
    ends = [run["first_trial"] for run in runs[1:]] + [first] * bool(runs)
    return ends.count(first)


def _keep_what_changed(before: dict[str, Any], content: dict[str, Any], run: dict[str, Any]) -> None:
    """Note in the entry of the earlier run what it was run with, where that is not so any more."""
    run |= {key: before[key] for key in PER_RUN if key in before and before[key] != content[key]}
