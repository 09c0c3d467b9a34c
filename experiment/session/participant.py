"""Who takes part: ask for what isn't given, check it, and find out which session comes next.

Nothing is written here. A dialog or the terminal asks; the function that does so is passed in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from experiment.data.bids import SessionPath, check_new_participant, read_participant
from experiment.data.find_sessions import SessionFile, find_sessions
from experiment.data.sidecar import read_sidecar
from experiment.interfaces import AskExperimenter, Question
from experiment.settings import ExperimentSettings, ParticipantField
from tricky.core.errors import InputError
from tricky.core.names import MISSING

NOT_GIVEN = "n/a"


@dataclass(frozen=True)
class Participant:
    """Who takes part, in which session.

    Attributes
    ----------
    participant : str
        The id, without ``sub-``.
    session : int or None
        Number of the session, where a participant has several.
    fields : dict of str to str
        New values for the participant's row in ``participants.tsv``.
    """

    participant: str
    session: int | None = None
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Given:
    """What the command line says about the participant.

    Attributes
    ----------
    participant : str or None
        The id, without ``sub-``.
    session : int or None
        Number of the session.
    fields : mapping of str to str
        Values of participant fields, by name.
    """

    participant: str | None = None
    session: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def identify_participant(
    data_folder: Path,
    settings: ExperimentSettings,
    given: Given,
    ask: AskExperimenter,
    *,
    n_sessions: int = 1,
) -> Participant:
    """Find out who takes part in which session; ask only for what is not given and not known yet.

    Parameters
    ----------
    data_folder : Path
        The BIDS data set, which may not exist yet.
    settings : ExperimentSettings
        Name of the task, and the fields that the study asks about participants.
    given : Given
        What the command line says.
    ask : callable
        Asks the experimenter for the rest.
    n_sessions : int
        Number of sessions that the stimulus set is made for.

    Raises
    ------
    InputError
        An id, a number or an answer is not allowed, a field is unknown, or it contradicts
        ``participants.tsv``.
    """
    fields = {each.name: each for each in settings.participant_fields}
    for name in given.fields:
        if name not in fields:
            there = ", ".join(fields) or "none"
            raise InputError(
                f"--field {name}: no such field in [experiment] participant_fields; there are: {there}"
            )
    participant = _participant_id(data_folder, settings.task_name, given.participant, ask)
    known = read_participant(data_folder, participant)
    checked = {name: check_field(fields[name], text) for name, text in given.fields.items()}
    for name, value in checked.items():
        if known.get(name, NOT_GIVEN) not in (NOT_GIVEN, value):
            raise InputError(
                f"--field {name}={value}: {data_folder / 'participants.tsv'} says {known[name]} of "
                f"sub-{participant}; correct it there, or leave the option out"
            )
    questions = [
        Question(each.name, _label(each), lambda text, each=each: check_field(each, text), each.choices)
        for each in fields.values()
        if each.name not in checked and known.get(each.name, NOT_GIVEN) == NOT_GIVEN
    ]
    session = given.session
    if session is None and n_sessions > 1:
        suggested = str(next_session(data_folder, participant, settings.task_name, n_sessions))
        questions.append(
            Question("session", "Session", lambda text: str(check_session(text)), default=suggested)
        )
    answers = ask(f"Participant {participant}", questions) if questions else {}
    if session is None and "session" in answers:
        session = int(answers.pop("session"))
    return Participant(participant, session, checked | answers)


def _participant_id(data_folder: Path, task_name: str, given: str | None, ask: AskExperimenter) -> str:
    """Return a checked id: the given one, or the one that the experimenter types."""

    def check(text: str) -> str:
        participant = SessionPath(data_folder, text.strip(), None, task_name).participant
        check_new_participant(data_folder, participant)
        return participant

    if given is None:
        question = Question("participant", "Participant (letters and digits)", check)
        given = ask("Who takes part in the session?", [question])["participant"]
    return check(given)


def check_field(about: ParticipantField, text: str) -> str:
    """Return an answer as it is saved: free text as it was typed, all others without surrounding spaces.

    Raises
    ------
    InputError
        It does not have the field's type, is none of its choices, or is missing although required.
    """
    typed, text = text, " ".join(text.split())
    if text in MISSING:
        if about.required:
            raise InputError(f"{about.name}: an answer is required")
        return NOT_GIVEN
    if about.type == "text":
        try:
            typed.encode()
        except UnicodeEncodeError:  # of a terminal that isn't set to UTF-8
            raise InputError(f"{about.name}: {typed!r} is not UTF-8; set the terminal to it") from None
        return typed
    if about.type == "choice":
        if text not in about.choices:
            raise InputError(f"{about.name}: {text!r} is none of {', '.join(about.choices)}")
    elif about.type == "integer":
        if not (text.isascii() and text.isdigit()):
            raise InputError(f"{about.name}: {text!r} is no whole number")
        text = str(int(text))
    elif about.type == "number":
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise InputError(f"{about.name}: {text!r} is no number")
        text = f"{number:g}"
    return text


def check_session(text: str) -> int:
    """Return the number of a session.

    Raises
    ------
    InputError
        It isn't a whole number of 1 or more.
    """
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise InputError(f"session: {text!r} is no whole number from 1 on")
    return int(text)


def sessions_of(data_folder: Path, participant: str, task_name: str) -> dict[int | None, bool]:
    """Return the numbers of a participant's sessions, and whether each is complete.

    A session without a number is None. A session is complete when its table has a row for each trial of its
    set, and the questions after the last trial are answered.
    """
    files = find_sessions(data_folder, participant).sessions
    numbers = {each: _number_of(each) for each in files if task_name == each.task}
    counted = [each for each, number in numbers.items() if number is not None or not each.session]
    counted.sort(key=lambda each: numbers[each] or 0)
    return {numbers[each]: _is_complete(each) for each in counted}


def _number_of(file: SessionFile) -> int | None:
    session = file.session
    return int(session) if session.isascii() and session.isdigit() and int(session) else None


def next_session(data_folder: Path, participant: str, task_name: str, n_sessions: int) -> int | None:
    """Return the number of the next session: an unfinished one, or the first that is free.

    None is the only session of a participant.
    """
    there = sessions_of(data_folder, participant, task_name)
    unfinished = [number for number, complete in there.items() if not complete]
    if unfinished:
        return unfinished[0]
    if not there and n_sessions == 1:
        return None
    return max((number or 1 for number in there), default=0) + 1


def _is_complete(file: SessionFile) -> bool:
    try:
        sidecar = read_sidecar(file.sidecar)
        n_rows = file.table.read_bytes().count(b"\n") - 1
    except (InputError, OSError):
        return False  # running the session reports what is wrong with its files
    n_trials = sidecar.stimulus_set.n_trials
    return n_trials is not None and n_rows >= n_trials and not sidecar.unanswered


def _label(about: ParticipantField) -> str:
    return about.question + ("" if about.required else " (may be left empty)")
