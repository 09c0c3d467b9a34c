"""The record of a person's session: sidecar, table, practice, questionnaire and consent behind one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from experiment.data.consents import Consent
from experiment.data.journal import Journal
from experiment.data.session_files import (
    create_session,
    disk_errors_in_one_line,
    earlier_sidecar,
    register_person,
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
from experiment.interfaces import NotSaved
from experiment.records import Choice, Response, Setting
from experiment.session.engine import EarlierRuns
from experiment.session.practice import Practice
from experiment.session.prepare import PreparedSession
from tricky.core.files import sha256_of, versions_of

_PACKAGES = {
    Setting.LAB: ("psychopy", "psychtoolbox", "pyglet", "pillow", "numpy"),
    Setting.ONLINE: ("starlette", "uvicorn", "numpy"),
}
"""Packages whose versions the sidecar names."""


class SessionRecord:
    """Saves a session while it runs (a `Recorder`), and knows what earlier runs of it have saved.

    Opening the record registers the participant and creates the session's files, or takes them up again.
    Every response is on disk when `record` returns. The sidecar mentions a run from `start_run` on, so that
    a window that does not open leaves no trace of a run.

    Parameters
    ----------
    session : PreparedSession
        What is recorded.
    consent : Consent or None
        The participant's consent, if this run asked for it.
    fields : mapping of str to str
        New values of the participant's columns in ``participants.tsv``.

    Attributes
    ----------
    first : int
        Number of trials that earlier runs have recorded: the index of this run's first trial.

    Raises
    ------
    InputError
        The data set can't be written to, or its files don't belong to this session.
    """

    def __init__(
        self,
        session: PreparedSession,
        consent: Consent | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        setup, self._session = session.setup, session
        with disk_errors_in_one_line():
            register_person(setup.data, setup.dataset, session.path.participant, setup.settings, fields or {})
        self._before = earlier_sidecar(session.path, session.material.stimulus_set)
        self._described = _describe(session, self._before, consent)
        with disk_errors_in_one_line():
            self._sidecar = create_session(session.path, session.table, self._described, self._before)
            self._journal = Journal(session.path.table, session.trials, session.table)
        self.first = self._journal.n_done
        self._started = datetime.now(UTC)
        self._practice = Practice(
            session.trials,
            setup.settings,
            self._journal.rows,
            None if self._before is None else self._before.practice,
            self._save_practice,
        )

    @property
    def n_done(self) -> int:
        """Number of trials on disk."""
        return self._journal.n_done

    @property
    def n_runs(self) -> int:
        """Number of runs that the sidecar mentions, this one included once it has started."""
        return len(self._sidecar.runs)

    @property
    def n_repeated(self) -> int:
        """Number of answers in repetitions of the practice that are on disk."""
        return self._practice.n_repeated

    @property
    def trials_done(self) -> bool:
        """Whether every trial is on disk."""
        return self._journal.complete

    @property
    def complete(self) -> bool:
        """Whether every trial and every question after the last trial is answered."""
        return self._journal.complete and not self._sidecar.unanswered

    @property
    def was_complete(self) -> bool:
        """Whether earlier runs have completed the session."""
        return self._before is not None and self.complete

    @property
    def answered_questions(self) -> frozenset[str]:
        """Names of the questions after the last trial that are answered."""
        return frozenset(self._sidecar.questionnaire)

    @property
    def first_shown(self) -> int:
        """Index of the first trial whose images this run can show: 0 if the practice may be repeated."""
        return 0 if self._practice.may_go_on(self.first) else self.first

    @property
    def elapsed_s(self) -> float:
        """Time since the session's start, in s; 0 in the first run.

        At least as long as what the table has recorded, even if the clock of the PC was set back.
        """
        if not self.first:
            return 0.0
        return max(_seconds_since_start(self._earlier_runs, self._started), self._journal.elapsed_s)

    @property
    def interruptions(self) -> EarlierRuns:
        """How earlier runs ended."""
        return EarlierRuns(resumed=self.first > 0, broken_off=_ended_at(self.first, self._earlier_runs))

    @property
    def _earlier_runs(self) -> tuple[Run, ...]:
        return () if self._before is None else self._before.runs

    def start_run(self, apparatus: Mapping[str, Any], preflight: Mapping[str, Any]) -> None:
        """Describe this run in the sidecar, before its first trial.

        Parameters
        ----------
        apparatus : mapping
            Description of screen, keyboard and system.
        preflight : mapping
            Results of the checks before the session.
        """
        privacy = self._session.setup.settings.privacy
        timed = "times" not in privacy.leave_out
        this_run = Run.model_validate(
            {
                "started": self._started.isoformat(timespec="seconds") if timed else None,
                "first_trial": self.first,
            }
        )
        sidecar = self._described.with_(
            apparatus=without_machine(apparatus, privacy),
            preflight=Preflight.model_validate(preflight),
            practice=self._practice.entry or (None if self._before is None else self._before.practice),
        )
        self._save(sidecar.with_(runs=(*_runs_with_changes(self._before, sidecar), this_run)))

    def record(self, response: Response) -> None:
        """Save a response: a new row of the table, or a repetition of the practice in the sidecar.

        Raises
        ------
        NotSaved
            The disk is full or missing; all earlier responses are safe. The same call can be made again.
        """
        if response.trial.trial_index < self._journal.n_done:
            self._practice.repeated(response)
        else:
            self._journal.record(response)
            self._practice.first_round(response)

    def practice_again(self) -> bool:
        """Return whether the practice is repeated once more."""
        return self._practice.again()

    def note(self, name: str, choice: Choice) -> None:
        """Save the answer to a question after the last trial.

        Raises
        ------
        NotSaved
            It could not be saved. The same call can be made again.
        """
        answer = Answer(answer=choice.answer, response_time=choice.response_time_s)
        self._save_or_wait(self._sidecar.with_(questionnaire={**self._sidecar.questionnaire, name: answer}))

    def seal(self) -> None:
        """Save the hash of a complete session's table, so that later changes are detected.

        A session that was killed after its last answer has no hash yet; opening it again adds it.
        """
        if self.complete and self._sidecar.table_sha256 is None:
            self._save(self._sidecar.with_(table_sha256=sha256_of(self._session.path.table)))

    def _save(self, sidecar: Sidecar) -> None:
        with disk_errors_in_one_line():
            write_sidecar(self._session.path.sidecar, sidecar)
        self._sidecar = sidecar

    def _save_practice(self, entry: dict[str, Any] | None) -> None:
        self._save_or_wait(self._sidecar.with_(practice=entry))

    def _save_or_wait(self, sidecar: Sidecar) -> None:
        """Save what a participant has just answered; NotSaved lets the session wait for room on the disk."""
        path = self._session.path.sidecar
        try:
            write_sidecar(path, sidecar)
        except OSError as error:
            reason = error.strerror or error
            raise NotSaved(f"{path.name} is not saved: {reason} (all trials are safe)") from error
        self._sidecar = sidecar

    def __enter__(self) -> SessionRecord:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._journal.close()


def _describe(session: PreparedSession, before: Sidecar | None, consent: Consent | None) -> Sidecar:
    """Return the sidecar as it is before this run; what earlier runs and the lab have added is kept."""
    shown, setup = session.material.stimulus_set, session.setup
    if consent is not None:
        kept = ConsentRecord(**asdict(consent))
    else:
        kept = None if before is None else before.consent
    sidecar = describe_session(
        setup.dataset,
        session.path,
        session.table,
        instructions=session.instructions,
        stimulus_set=ShownSet(name=shown.name, set_id=shown.set_id, n_trials=len(session.trials)),
        drawn_for=session.drawn_for,
        simulated=None,
    ).with_(
        settings={"experiment": setup.settings.model_dump(mode="json")},
        setting=setup.setting,
        versions=versions_of(*_PACKAGES[setup.setting]),
        apparatus={},
        runs=() if before is None else before.runs,
        consent=kept,
        questionnaire={} if before is None else dict(before.questionnaire),
    )
    return sidecar.with_keys_of(before)


def _seconds_since_start(runs: Sequence[Run], now: datetime) -> float:
    """Return the time since the first trial's run was started, by the clocks of the PCs."""
    starts = [run.started for run in runs if run.first_trial == 0 and run.started]
    return (now - datetime.fromisoformat(starts[-1])).total_seconds() if starts else 0.0


def _ended_at(first: int, runs: Sequence[Run]) -> int:
    """Return how many earlier runs ended before trial `first` was answered, and may have shown it."""
    ends = [run.first_trial for run in runs[1:]] + [first] * bool(runs)
    return ends.count(first)


def _runs_with_changes(before: Sidecar | None, now: Sidecar) -> tuple[Run, ...]:
    """Return the earlier runs; the last one also has the settings and devices in which this run differs."""
    if before is None or not before.runs:
        return ()
    changed = {
        name: getattr(before, name)
        for name in PER_RUN
        if name in before.model_fields_set and getattr(before, name) != getattr(now, name)
    }
    return (*before.runs[:-1], before.runs[-1].model_copy(update=changed))
