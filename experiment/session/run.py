"""A person's session, from the stimulus set to the closed window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from experiment.data.bids import Dataset, SessionPath, check_new_participant
from experiment.data.columns import table_of
from experiment.data.consents import consent_file
from experiment.data.journal import Journal, locked
from experiment.data.session_files import (
    begin,
    begun_with,
    drawn_for,
    enter,
    participants_locked,
    readable_by,
    told_in_one_line,
    without_machine,
)
from experiment.data.sidecar import (
    PER_RUN,
    Answer,
    ConsentRecord,
    Preflight,
    Run,
    ShownSet,
    Sidecar,
    describe_session,
    write_sidecar,
)
from experiment.records import Ask, Choice, Response
from experiment.screen.markdown_pages import Document, read_document
from experiment.screen.screen_required import screen_required
from experiment.screen.texts import Texts, read_texts
from experiment.session.consent import AGREE, ask_consent, keep_answer
from experiment.session.engine import run
from experiment.session.interfaces import NotSaved, Stopped
from experiment.session.participant import next_session
from experiment.session.plan import schedule, steps
from experiment.session.practice import Practice
from experiment.session.preflight import Check, as_record, refuse
from experiment.settings import ExperimentSettings
from experiment.tasks import questions_of, task_of
from stimuli.records import read_any_set
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of


@dataclass(frozen=True)
class SessionSummary:
    """How a session ended.

    Attributes
    ----------
    path : Path
        The session table.
    complete : bool
        Whether every trial has its row, and every question after them its answer; if not, the same call
        goes on.
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
    fields: Mapping[str, str] | None = None,
    checks: Sequence[Check] = (),
    force: bool = False,
    tell: Callable[[str], None] = lambda _: None,
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
    fields : mapping of str to str, optional
        What is new about the participant, for ``participants.tsv``.
    checks : sequence of Check
        What was checked already, without a window.
    force : bool
        Whether to start although a check failed; noted in the sidecar.
    tell : callable
        Takes one line for the experimenter, before the window opens.
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
        set can't be written to; a check failed and `force` is off.
    """
    if not force:
        refuse(checks)
    place = SessionPath(data_folder, participant, session, settings.task_name)
    check_new_participant(data_folder, participant)
    stimulus_set = read_any_set(stimuli_folder)
    before = begun_with(place, stimulus_set)
    drawn = before.drawn_for(participant) if before else drawn_for(data_folder, participant)
    trials = schedule(stimulus_set, drawn, session)
    texts = read_texts(settings.language, stimulus_set.task, root)
    task = task_of(stimulus_set, settings, drawn, texts.wording)
    table = table_of(task)
    information = _document(settings.information, root)
    debriefing = _document(settings.debriefing, root)
    questions = questions_of(settings)
    characters = _characters(texts, [*task.asks, *questions], [information, debriefing])
    devices = _psychopy_devices()
    with ExitStack() as stack:
        busy = f"{place.table}: this session is running in another process; close that one first"
        stack.enter_context(locked(data_folder, place.stem, busy))
        with told_in_one_line():
            stack.enter_context(readable_by(settings.privacy, data_folder))
        consent = None
        if information is not None and not place.table.exists():
            with devices.open_reader(settings, texts, characters, root) as reading:
                answer = ask_consent(reading.display, reading.observer, information, settings, texts)
            with told_in_one_line(), participants_locked(data_folder):
                consent = keep_answer(data_folder, place, information, answer, settings.privacy)
            if answer != AGREE:
                return SessionSummary(consent_file(data_folder), False, 0, len(trials), None, agreed=False)
        with told_in_one_line():
            enter(data_folder, dataset, participant, settings, fields or {})
        before = begun_with(place, stimulus_set)  # again, now that no other process can write it
        runs = () if before is None else before.runs
        sidecar = describe_session(
            dataset,
            place,
            table,
            instructions=texts.instructions(settings, task),
            stimulus_set=ShownSet(name=stimulus_set.name, set_id=stimulus_set.set_id, n_trials=len(trials)),
            drawn_for=drawn,
            simulated=None,
        ).with_(
            settings={"experiment": settings.model_dump(mode="json")},
            versions=versions_of("psychopy", "psychtoolbox", "pyglet", "pillow", "numpy"),
            apparatus={},
            runs=runs,
            consent=ConsentRecord(**asdict(consent)) if consent else before.consent if before else None,
            questionnaire=dict(before.questionnaire) if before else {},
        )
        sidecar = sidecar.with_keys_of(before)
        with told_in_one_line():
            begin(place, table, sidecar)
            journal = stack.enter_context(Journal(place.table, trials, table))
        if before is not None and journal.complete and not before.unanswered:
            with told_in_one_line():
                _seal(place, before)  # a session that was killed at its very end has no hash yet
            following = next_session(data_folder, participant, settings.task_name, stimulus_set.n_sessions)
            raise InputError(
                f"{place.table}: sub-{participant} has finished this session ({len(trials)} trials); give "
                f"another participant, or the next session (--session {following})"
            )
        first, started = journal.n_done, datetime.now(UTC)
        elapsed_s = max(_seconds_since_start(runs, started), journal.elapsed_s) if first else 0.0
        if journal.complete:
            tell(f"sub-{participant}: all {len(trials)} trials are done; what follows them goes on")
        elif first:
            tell(f"sub-{participant}: the session goes on with trial {first + 1} of {len(trials)}")

        def keep_practice(entry: dict[str, Any] | None) -> None:
            nonlocal sidecar
            with_entry = sidecar.with_(practice=entry)
            try:
                write_sidecar(place.sidecar, with_entry)
            except OSError as error:
                reason = error.strerror or error
                raise NotSaved(
                    f"{place.sidecar.name} is not saved: {reason} (all trials are safe)"
                ) from error
            sidecar = with_entry

        practised = None if before is None else before.practice
        practice = Practice(trials, settings, journal.rows, practised, keep_practice)
        shown_from = 0 if practice.may_go_on(first) else first
        opened = stack.enter_context(
            devices.open_devices(
                stimulus_set, trials, task, shown_from, settings, texts, characters, elapsed_s, root
            )
        )
        checks = [*checks, *opened.checks]
        if not force:
            refuse(checks)
        sidecar = sidecar.with_(
            apparatus=without_machine(opened.apparatus, settings.privacy),
            preflight=Preflight.model_validate(as_record(checks, forced=force)),
            practice=practice.entry or practised,
        )
        timed = "times" not in settings.privacy.leave_out
        this_run = Run.model_validate(
            {"started": started.isoformat(timespec="seconds") if timed else None, "first_trial": first}
        )
        sidecar = sidecar.with_(runs=(*_with_what_changed(before, sidecar), this_run))
        with told_in_one_line():
            write_sidecar(place.sidecar, sidecar)
        afterwards = [
            *(ask for ask in questions if ask.name not in sidecar.questionnaire),
            *(debriefing.pages(texts.lines["next"], opened.display.fits) if debriefing else ()),
        ]

        def record(response: Response) -> None:
            if response.trial.trial_index < journal.n_done:
                practice.repeated(response)
            else:
                journal.record(response)
                practice.first_round(response)

        def note(name: str, choice: Choice) -> None:
            nonlocal sidecar
            answer = Answer(answer=choice.answer, response_time=choice.response_time_s)
            sidecar = sidecar.with_(questionnaire={**sidecar.questionnaire, name: answer})
            with told_in_one_line():
                write_sidecar(place.sidecar, sidecar)

        with suppress(Stopped):  # what is recorded stands, and the summary says what is missing
            run(
                steps(
                    trials,
                    first,
                    settings.break_every,
                    examples=settings.examples and task.right_answers,
                    again=practice.again,
                    afterwards=afterwards,
                ),
                opened.display,
                opened.observer,
                record,
                task,
                inter_trial_interval_s=settings.inter_trial_interval_s,
                resumed=first > 0,
                broken_off=_ended_at(first, runs),
                note=note,
            )
        complete = journal.complete and not sidecar.unanswered
        if complete:
            with told_in_one_line():
                _seal(place, sidecar)
        return SessionSummary(place.table, complete, journal.n_done, len(trials), first or None)


def check_devices(stimuli_folder: Path, settings: ExperimentSettings, root: Path) -> list[Check]:
    """Open window and keyboard as a session does, show every image once, and close them again.

    Raises
    ------
    InputError
        The set is damaged; PsychoPy, screen or keyboard are missing; the images do not fit.
    """
    stimulus_set = read_any_set(stimuli_folder)
    trials = schedule(stimulus_set, "doctor", 1)
    texts = read_texts(settings.language, stimulus_set.task, root)
    task = task_of(stimulus_set, settings, "doctor", texts.wording)
    characters = _characters(texts, task.asks, [])
    with _psychopy_devices().open_devices(
        stimulus_set, trials, task, 0, settings, texts, characters, 0.0, root
    ) as opened:
        return opened.checks


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
        with screen_required():
            from experiment.screen import psychopy_devices
    except ImportError as error:
        raise InputError(
            f"PsychoPy cannot be loaded ({error}); install it with: pip install 'tricky-images[experiment]'"
        ) from error
    return psychopy_devices


def _document(path: Path | None, root: Path) -> Document | None:
    return None if path is None else read_document(root / path, path.as_posix())


def _characters(texts: Texts, asks: Sequence[Ask], documents: Sequence[Document | None]) -> set[str]:
    """Return every character that a participant may read in this session."""
    asked = (ask.text + "".join(option.label for option in ask.options) for ask in asks)
    return texts.characters().union(*asked, *(each.characters for each in documents if each))


def _seal(place: SessionPath, sidecar: Sidecar) -> None:
    """Keep the hash of a complete session's table in its sidecar, so that later changes show."""
    if sidecar.table_sha256 is None:
        write_sidecar(place.sidecar, sidecar.with_(table_sha256=sha256_of(place.table)))


def _seconds_since_start(runs: Sequence[Run], now: datetime) -> float:
    """Return the time since the first trial's run was started, by the machines' own calendars."""
    starts = [run.started for run in runs if run.first_trial == 0 and run.started]
    return (now - datetime.fromisoformat(starts[-1])).total_seconds() if starts else 0.0


def _ended_at(first: int, runs: Sequence[Run]) -> int:
    """Return how many earlier runs ended before trial `first` was answered, and may have shown it."""
    ends = [run.first_trial for run in runs[1:]] + [first] * bool(runs)
    return ends.count(first)


def _with_what_changed(before: Sidecar | None, now: Sidecar) -> tuple[Run, ...]:
    """Return the earlier runs; the last of them also says what it was run with, if this one differs."""
    if before is None or not before.runs:
        return ()
    changed = {
        name: getattr(before, name)
        for name in PER_RUN
        if name in before.model_fields_set and getattr(before, name) != getattr(now, name)
    }
    return (*before.runs[:-1], before.runs[-1].model_copy(update=changed))
