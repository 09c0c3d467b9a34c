"""The rows of one online session: from steps to the files of a lab session."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from experiment.data.consents import Consent, read_consents
from experiment.data.journal import locked
from experiment.data.session_files import disk_errors_in_one_line, participants_locked
from experiment.online.apply_events import (
    Consented,
    FieldsGiven,
    QuestionAnswered,
    RunStarted,
    Step,
    TrialAnswered,
)
from experiment.session.consent import AGREE, save_answer
from experiment.session.prepare import PreparedSession
from experiment.session.record import SessionRecord
from stimuli.records import Block

NO_CHECKS = {"ok": True, "forced": False, "checks": []}
"""The browser makes its own checks: see `Apparatus`."""


class SessionRows:
    """Writes what the steps of a session mean, through the record of a lab session.

    Steps that are on disk already are skipped, so that all steps from the first can be given again after a
    crash.

    Parameters
    ----------
    session : PreparedSession

    Raises
    ------
    InputError
        When a step is written: the data set can't be written to, or its files don't belong to this session.
    """

    def __init__(self, session: PreparedSession) -> None:
        self._session = session
        self._stack = ExitStack()
        self._record: SessionRecord | None = None
        self._consent: Consent | None = None
        self._fields: Mapping[str, str] = {}

    def write(self, step: Step) -> None:
        """Write what a step means; return when it is on disk."""
        match step:
            case Consented(answer):
                self._write_consent(answer)
            case FieldsGiven(values):
                self._fields = values
            case RunStarted():
                self._start_run(step)
            case TrialAnswered():
                self._write_answer(step)
            case QuestionAnswered(name, choice):
                record = self._opened()
                if name not in record.answered_questions:
                    record.note(name, choice)
            case _:
                pass
        if self._record is not None:
            self._record.seal()

    def _write_consent(self, answer: str) -> None:
        """Add the answer to ``consent.tsv``, unless it is there."""
        path, information = self._session.path, self._session.material.information
        if information is None:
            return
        with disk_errors_in_one_line(), participants_locked(path.data_folder):
            consents = read_consents(path.data_folder)
            if path.participant in consents.participants():
                row = consents.rows[consents.participants().index(path.participant)]
                cells = dict(zip(consents.columns, row, strict=True))
                names = ("time", "participant_id", "session", "answer", "file", "sha256")
                self._consent = Consent(*(cells[name] for name in names))
            else:
                self._consent = save_answer(path, information, answer, self._session.setup.settings.privacy)

    def _start_run(self, step: RunStarted) -> None:
        """Describe a run in the sidecar, unless it is there; each run opens the record, as in the lab."""
        record = self._opened()
        if step.number < record.n_runs:
            return
        if record.n_runs:
            self._close_record()
            record = self._opened()
        record.start_run(step.apparatus.model_dump(mode="json"), NO_CHECKS)

    def _write_answer(self, step: TrialAnswered) -> None:
        record, trial = self._opened(), step.response.trial
        if step.round:
            if step.number < record.n_repeated:
                return
            if trial.trial_index == 0:
                record.practice_again()
        else:
            if step.number < record.n_done:
                return
            if trial.block is Block.MAIN and trial.trial_index == self._n_practice:
                record.practice_again()  # which saves whether the criterion is met
        record.record(step.response)

    @property
    def _n_practice(self) -> int:
        return sum(trial.block is Block.PRACTICE for trial in self._session.trials)

    def _opened(self) -> SessionRecord:
        """Return the record; no other process may write the session while it is open."""
        if self._record is None:
            path = self._session.path
            busy = f"{path.table}: this session is open in another process; end that one"
            self._stack.enter_context(locked(path.data_folder, path.stem, busy))
            try:
                agreed = self._consent is not None and self._consent.answer == AGREE
                consent = self._consent if agreed else None
                record = SessionRecord(self._session, consent, self._fields)
                self._record = self._stack.enter_context(record)
            except BaseException:
                self._stack.close()
                raise
        return self._record

    def _close_record(self) -> None:
        self._record = None
        self._stack.close()

    def close(self) -> None:
        """Close the files; writing another step opens them again."""
        self._close_record()
