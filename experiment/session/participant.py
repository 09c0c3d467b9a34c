"""Who sits the session: asks for what wasn't given, checks it, and finds out which session comes next.

Nothing is written here.  How people are asked, in a dialog or in the terminal, is passed in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from experiment.data.bids import SessionPath, check_new_participant, read_participant
from experiment.data.find_sessions import SessionFile, find_sessions
from experiment.data.sidecar import read_sidecar
from experiment.settings import ParticipantField
from tricky.core.errors import InputError
from tricky.core.names import MISSING

NOT_GIVEN = "n/a"


@dataclass(frozen=True)
class Question:
    """One thing to ask.

    Attributes
    ----------
    name, text : str
        Key of the answer, and what people read.
    check : callable
        Takes what was typed and returns the answer, or raises `InputError`.
    choices : tuple of str
        Where there is a list to choose from.
    default : str
        What an empty answer stands for, if anything.
    """

    name: str
    text: str
    check: Callable[[str], str]
    choices: tuple[str, ...] = ()
    default: str = ""


Ask = Callable[[str, Sequence[Question]], dict[str, str]]
"""Called as ``ask(title, questions)``; returns checked answers, by name."""


@dataclass(frozen=True)
class Intake:
    """Who sits which session.

    Attributes
    ----------
    participant : str
        Without ``sub-``.
    session : int or None
        Its number, where the participant sits several.
    fields : dict of str to str
        What is new about the participant, as it will stand in ``participants.tsv``.
    """

    participant: str
    session: int | None
    fields: dict[str, str] = field(default_factory=dict)


def take_in(
    data_folder: Path,
    task_name: str,
    fields: Sequence[ParticipantField],
    *,
    n_sessions: int,
    participant: str | None,
    session: int | None,
    given: Mapping[str, str],
    ask: Ask,
) -> Intake:
    """Find out who does which session; only what isn't given and isn't known yet is asked.

    Parameters
    ----------
    data_folder : Path
        The BIDS data set, which may not be there yet.
    task_name : str
        The task entity.
    fields : sequence of ParticipantField
        What the study wants to know about participants.
    n_sessions : int
        How many sessions the stimulus set is made for.
    participant, session, given
        What the command line says; `given` by field name.
    ask : callable
        How to ask for the rest.

    Raises
    ------
    InputError
        An id, a number or an answer is not allowed, a field is unknown, or the session is finished.
    """
    by_name = {each.name: each for each in fields}
    for name in given:
        if name not in by_name:
            there = ", ".join(by_name) or "none"
            raise InputError(
                f"--field {name}: no such field in [experiment] participant_fields; there are: {there}"
            )

    def check_id(text: str) -> str:
        participant = SessionPath(data_folder, text.strip(), None, task_name).participant
        check_new_participant(data_folder, participant)
        return participant

    if participant is None:
        asked = ask(
            "Who sits the session?", [Question("participant", "Participant (letters and digits)", check_id)]
        )
        participant = asked["participant"]
    participant = check_id(participant)
    known = read_participant(data_folder, participant)
    checked = {name: check_field(by_name[name], text) for name, text in given.items()}
    for name, value in checked.items():
        if known.get(name, NOT_GIVEN) not in (NOT_GIVEN, value):
            raise InputError(
                f"--field {name}={value}: {data_folder / 'participants.tsv'} says {known[name]} of "
                f"sub-{participant}; correct it there, or leave the option out"
            )
    questions = [
        Question(each.name, _label(each), lambda text, each=each: check_field(each, text), each.choices)
        for each in fields
        if each.name not in checked and known.get(each.name, NOT_GIVEN) == NOT_GIVEN
    ]
    if session is None and n_sessions > 1:
        suggested = str(next_session(data_folder, participant, task_name, n_sessions))
        questions.append(
            Question("session", "Session", lambda text: str(check_session(text)), default=suggested)
        )
    answers = ask(f"Participant {participant}", questions) if questions else {}
    if session is None and "session" in answers:
        session = int(answers.pop("session"))
    return Intake(participant, session, checked | answers)


def check_field(about: ParticipantField, text: str) -> str:
    """Return an answer as it is kept: free text as it was typed, all others without surrounding spaces.

    Raises
    ------
    InputError
        It isn't of the field's type, is none of its choices, or is missing where one is required.
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
    """Return a session's number.

    Raises
    ------
    InputError
        It isn't a whole number from 1 on.
    """
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise InputError(f"session: {text!r} is no whole number from 1 on")
    return int(text)


def sessions_of(data_folder: Path, participant: str, task_name: str) -> dict[int | None, bool]:
    """Return which sessions of a participant there are, and whether each is complete.

    A session without a number is None.  A session is complete when its table has a row for each trial of its
    set, and the questions after the last trial are answered.
    """
    files = find_sessions(data_folder, participant).sessions
    numbers = {each: _number_of(each) for each in files if each.task == task_name}
    counted = [each for each, number in numbers.items() if number is not None or not each.session]
    counted.sort(key=lambda each: numbers[each] or 0)
    return {numbers[each]: _is_complete(each) for each in counted}


def _number_of(file: SessionFile) -> int | None:
    session = file.session
    return int(session) if session.isascii() and session.isdigit() and int(session) else None


def next_session(data_folder: Path, participant: str, task_name: str, n_sessions: int) -> int | None:
    """Return the session to sit next: an unfinished one, or the first that is free.

    None is the one session of a participant who sits no other.
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
        return False  # the session itself says what is wrong with its files
    n_trials = sidecar.stimulus_set.n_trials
    return n_trials is not None and n_rows >= n_trials and not sidecar.unanswered


def _label(about: ParticipantField) -> str:
    return about.question + ("" if about.required else " (may be left empty)")
