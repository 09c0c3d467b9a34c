"""Run a person's session, from the checks to the closed window."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from experiment.data.consents import Consent, consent_file
from experiment.data.journal import locked
from experiment.data.session_files import disk_errors_in_one_line, participants_locked, readable_by
from experiment.interfaces import Stopped
from experiment.pages import PageText
from experiment.records import Ask
from experiment.screen.content import Devices, SessionScreen
from experiment.session.consent import AGREE, ask_consent, save_answer
from experiment.session.engine import run
from experiment.session.participant import Participant, next_session
from experiment.session.plan import steps
from experiment.session.preflight import Check, as_record, check_screen, refuse
from experiment.session.prepare import PreparedSession, SessionSetup, prepare_for_person
from experiment.session.record import SessionRecord
from tricky.core.errors import InputError
from tricky.core.progress import Notify, no_notice


@dataclass(frozen=True)
class SessionSummary:
    """How a session ended.

    Attributes
    ----------
    path : Path
        The session table.
    complete : bool
        Whether all trials and all questions after them are answered; if not, the same call continues.
    n_trials, n_scheduled : int
        Number of trials on disk, and of all trials.
    resumed_at : int or None
        Index of the first trial of this run, if earlier runs recorded some.
    agreed : bool
        Whether the participant agreed to take part; if not, `path` is the list of consents, and nothing else
        was saved.
    """

    path: Path
    complete: bool
    n_trials: int
    n_scheduled: int
    resumed_at: int | None
    agreed: bool = True


def run_session(
    setup: SessionSetup,
    who: Participant,
    screen: SessionScreen,
    *,
    checks: Sequence[Check] = (),
    force: bool = False,
    notify: Notify = no_notice,
) -> SessionSummary:
    """Run the session of a person, or continue one that was interrupted.

    The stimulus set is checked and the session is locked against other processes before the window opens. The
    experimenter checks the keyboard; all pages and trials follow in the same window. If the
    study asks for consent, the session's files are created after it, otherwise before the window opens. From
    then on, each response is on disk before anything else happens.

    Parameters
    ----------
    setup : SessionSetup
        The study's stimulus set, data set and settings.
    who : Participant
        Whose session it is, its number, and new values for ``participants.tsv``.
    screen : SessionScreen
        Opens window and keyboard.
    checks : sequence of Check
        Checks that were made before, without a window.
    force : bool
        Whether to start although a check failed; the sidecar records it.
    notify : callable
        Takes a line for the experimenter: where an interrupted session continues, what is waited for.

    Returns
    -------
    SessionSummary
        Complete or not: the observer may stop at any time (quit key, twice).

    Raises
    ------
    InputError
        The stimulus set is damaged; the id is not allowed or belongs to a simulated observer; the session is
        finished, in use, or was begun with another set; screen or keyboard are missing; the data set can't be
        written to; a check failed and `force` is off; the participant stopped before they gave consent.
    """
    if not force:
        refuse(checks)
    session = prepare_for_person(setup, who.participant, who.session)
    with ExitStack() as stack:
        busy = f"{session.path.table}: this session is running in another process; close that one first"
        stack.enter_context(locked(setup.data, session.path.stem, busy))
        with disk_errors_in_one_line():
            stack.enter_context(readable_by(setup.settings.privacy, setup.data))
        record = None
        if not _asks_for_consent(session):
            record = stack.enter_context(SessionRecord(session, None, who.fields))
            _require_unfinished(session, record)
            _report_start(session, record, notify)
        first = 0 if record is None else record.first_shown
        devices = stack.enter_context(screen.open_devices(session.content, first, notify))
        if devices.measured is not None:
            checks = [*checks, *check_screen(devices.measured, setup.settings)]
        if not force:
            refuse(checks)
        if record is None:
            consent = _consent(session, devices)
            if consent.answer != AGREE:
                path = consent_file(setup.data)
                return SessionSummary(path, False, 0, len(session.trials), None, agreed=False)
            record = stack.enter_context(SessionRecord(session, consent, who.fields))
        record.start_run(devices.apparatus, as_record(checks, forced=force))
        devices.display.start(record.elapsed_s)
        with suppress(Stopped):  # recorded responses are kept, and the summary says what is missing
            _run_steps(session, record, devices)
        record.seal()
        return SessionSummary(
            session.path.table, record.complete, record.n_done, len(session.trials), record.first or None
        )


def _asks_for_consent(session: PreparedSession) -> bool:
    """Return whether the participant is asked for consent: before a new session, if the study does so."""
    return session.material.information is not None and not session.path.table.exists()


def _consent(session: PreparedSession, devices: Devices) -> Consent:
    """Ask for consent, and save the answer.

    Raises
    ------
    InputError
        The participant stopped instead; nothing is saved.
    """
    information, setup = session.material.information, session.setup
    assert information is not None
    try:
        answer = ask_consent(devices, information, session.content)
    except Stopped:
        raise InputError("stopped before the participant agreed to take part; nothing is saved") from None
    with disk_errors_in_one_line(), participants_locked(setup.data):
        return save_answer(session.path, information, answer, setup.settings.privacy)


def _run_steps(session: PreparedSession, record: SessionRecord, devices: Devices) -> None:
    """Show all pages, trials and questions that are left."""
    settings, content = session.setup.settings, session.content
    plan = steps(
        session.trials,
        record.first,
        settings.break_every,
        examples=settings.examples and bool(content.texts.captions(content.trials)),
        again=record.practice_again,
        afterwards=_afterwards(session, record, devices),
    )
    run(
        plan,
        devices.display,
        devices.observer,
        record,
        session.task,
        inter_trial_interval_s=settings.inter_trial_interval_s,
        earlier=record.interruptions,
    )


def _afterwards(session: PreparedSession, record: SessionRecord, devices: Devices) -> list[PageText | Ask]:
    """Return what follows the last trial: unanswered questions, then the debriefing."""
    material = session.material
    questions = [ask for ask in material.questions if ask.name not in record.answered_questions]
    if material.debriefing is None:
        return list(questions)
    return [*questions, *material.debriefing.pages(material.texts.lines["next"], devices.display.fits)]


def _require_unfinished(session: PreparedSession, record: SessionRecord) -> None:
    """Refuse a session that earlier runs have completed; add the hash of its table if that is missing."""
    if record.was_complete:
        record.seal()
        raise InputError(_finished(session))


def _report_start(session: PreparedSession, record: SessionRecord, notify: Notify) -> None:
    """Tell the experimenter where an interrupted session continues."""
    who, n_trials = f"sub-{session.path.participant}", len(session.trials)
    if record.trials_done:
        notify(f"{who}: all {n_trials} trials are done; the session continues with what follows them")
    elif record.first:
        notify(f"{who}: the session continues with trial {record.first + 1} of {n_trials}")


def _finished(session: PreparedSession) -> str:
    """Return the error for a session that is complete, with the number of the next one."""
    path, n_sessions = session.path, session.material.stimulus_set.n_sessions
    following = next_session(path.data_folder, path.participant, path.task_name, n_sessions)
    return (
        f"{path.table}: sub-{path.participant} has finished this session ({len(session.trials)} trials); "
        f"give another participant, or the next session (--session {following})"
    )
