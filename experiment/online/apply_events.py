"""From events to the steps of a session: which event may come next, and what it means.

`Progress` is a pure function of a plan and of events in order: the server applies events as they arrive, and
`tricky online collect` those in a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from experiment.columns import TRUTH
from experiment.online.events import (
    Answered,
    BrowserApparatus,
    ConsentEvent,
    Event,
    FieldsEvent,
    FinishedEvent,
    QuestionEvent,
    Refused,
    ResponseEvent,
    RunEvent,
    ScreenedOutEvent,
    StoppedEvent,
)
from experiment.records import Ask, Choice, Focus, Response, Timing
from experiment.session.consent import AGREE
from experiment.session.participant import check_field
from experiment.session.practice import Practice
from experiment.session.prepare import PreparedSession
from stimuli.records import Block
from tricky.core.errors import InputError

MAX_RUNS = 1000
"""How often a session may be opened again."""
LATE_BY_S = 0.05
"""An answer may be this late, because browsers round times."""


@dataclass(frozen=True)
class Consented:
    """The participant answered the question for consent."""

    answer: str


@dataclass(frozen=True)
class FieldsGiven:
    """The participant answered the questions about themselves; checked values by name."""

    values: Mapping[str, str]


@dataclass(frozen=True)
class RunStarted:
    """The session begins, or continues; `number` counts from 0."""

    number: int
    apparatus: BrowserApparatus


@dataclass(frozen=True)
class TrialAnswered:
    """A trial is answered, in the table (round 0) or in a repetition of the practice.

    `number` counts the answers of all repetitions from 0; for the table it is the index of the trial.
    """

    response: Response
    round: int
    number: int


@dataclass(frozen=True)
class QuestionAnswered:
    """A question after the last trial is answered."""

    name: str
    choice: Choice


@dataclass(frozen=True)
class Ended:
    """The session ended: ``complete``, ``screened_out`` or ``no_consent``."""

    how: str


@dataclass(frozen=True)
class Stopped:
    """The participant stopped, and may continue."""


Step = Consented | FieldsGiven | RunStarted | TrialAnswered | QuestionAnswered | Ended | Stopped


class Progress:
    """How far a session has come: checks each event against the plan, and returns the step that it means.

    Parameters
    ----------
    session : PreparedSession

    Attributes
    ----------
    next_seq : int
        Sequence number of the next event.
    n_done : int
        Number of trials in the table.
    agreed, fields_done : bool
        Whether consent and the questions about the participant are answered, or not needed.
    answered : list of str
        Names of the answered questions after the last trial.
    ended : str or None
        ``complete``, ``screened_out``, ``no_consent``, or None while the session can go on.
    end_s : float
        Time of the last key press, from the start of the session.
    """

    def __init__(self, session: PreparedSession) -> None:
        self._session, self._settings = session, session.setup.settings
        self._n_practice = sum(trial.block is Block.PRACTICE for trial in session.trials)
        self.next_seq = self.n_done = 0
        self.agreed = session.material.information is None
        self.fields_done = not self._settings.participant_fields
        self.answered: list[str] = []
        self.ended: str | None = None
        self.end_s = 0.0
        self._running = False
        self._first_of_runs: list[int] = []
        self._broken_off = 0
        self._practice_rows: list[dict[str, str]] = []
        self._practice = self._new_practice(None)
        self._repeating: list[bool | None] | None = None
        self._round = 0
        self._n_repeated = 0

    def apply(self, event: Event) -> Step:
        """Take the next event, and return what it means; if it is refused, nothing has changed.

        Raises
        ------
        Refused
            It is not possible at this point of the session.
        """
        if event.seq != self.next_seq:
            raise Refused(f"seq {event.seq}, where {self.next_seq} is next")
        if self.ended is not None:
            raise Refused(f"the session has ended ({self.ended})")
        step = self._step(event)
        self.next_seq += 1
        return step

    def _step(self, event: Event) -> Step:
        match event:
            case ConsentEvent():
                return self._consent(event)
            case ScreenedOutEvent():
                return self._screened_out()
            case FieldsEvent():
                return self._fields(event)
            case RunEvent():
                return self._run(event)
            case ResponseEvent():
                return self._response(event)
            case QuestionEvent():
                return self._question(event)
            case StoppedEvent():
                self._require_run()
                self._running = False
                return Stopped()
            case FinishedEvent():
                return self._finished()

    @property
    def next_trial(self) -> tuple[int, int] | None:
        """Index and round of the next trial; None after the last one."""
        if self._repeating is not None:
            return len(self._repeating), self._round
        return None if self.n_done == len(self._session.trials) else (self.n_done, 0)

    @property
    def next_question(self) -> Ask | None:
        """The next question after the last trial; None before that, or when all are answered."""
        if self.next_trial is not None:
            return None
        left = [ask for ask in self._session.material.questions if ask.name not in self.answered]
        return left[0] if left else None

    @property
    def complete(self) -> bool:
        """Whether all trials and questions are answered."""
        return self.next_trial is None and self.next_question is None

    @property
    def n_runs(self) -> int:
        """How often the session was begun or continued."""
        return len(self._first_of_runs)

    def state(self) -> dict[str, Any]:
        """Return the state as the client gets it: where it continues after its next ``run``."""
        after = self._after_next_run()
        return {
            "next_seq": self.next_seq,
            "agreed": self.agreed,
            "fields_done": self.fields_done,
            "n_done": self.n_done,
            "n_runs": self.n_runs,
            "next": None if after is None else {"trial": after[0], "round": after[1]},
            "practice_rounds": self._rounds(),
            "answered": list(self.answered),
            "elapsed_s": self.end_s,
            "ended": self.ended,
        }

    def _new_practice(self, before: Mapping[str, Any] | None) -> Practice:
        return Practice(self._session.trials, self._settings, self._practice_rows, before, lambda _: None)

    def _after_next_run(self) -> tuple[int, int] | None:
        """Return the trial that comes after another run: an interrupted repetition starts again."""
        if self._repeating is None:
            return self.next_trial
        return 0, 1 + self._n_nonempty_repetitions()

    def _n_nonempty_repetitions(self) -> int:
        return len((self._practice.entry or {}).get("repetitions", []))

    def _rounds(self) -> list[list[bool]]:
        """Return for each round of the practice which answers were right, also for interrupted rounds."""
        repeated = (self._practice.entry or {}).get("repetitions", [])
        return [
            [row["correct"] == "true" for row in self._practice_rows],
            *([each["correct"] is True for each in answers] for answers in repeated),
        ]

    def _consent(self, event: ConsentEvent) -> Step:
        if self.agreed or self.next_seq:
            raise Refused("consent is not asked for now")
        if event.answer != AGREE:
            self.ended = "no_consent"
        else:
            self.agreed = True
        return Consented(event.answer)

    def _screened_out(self) -> Step:
        if self.next_seq:
            raise Refused("the session has begun")
        self.ended = "screened_out"
        return Ended("screened_out")

    def _fields(self, event: FieldsEvent) -> Step:
        if not self.agreed or self.fields_done:
            raise Refused("the questions about the participant are not asked now")
        fields = {field.name: field for field in self._settings.participant_fields}
        if unknown := event.values.keys() - fields.keys():
            raise Refused(f"no field {min(unknown)!r}")
        try:
            values = {name: check_field(field, event.values.get(name, "")) for name, field in fields.items()}
        except InputError as error:
            raise Refused(str(error)) from None
        self.fields_done = True
        return FieldsGiven(values)

    def _run(self, event: RunEvent) -> Step:
        if not (self.agreed and self.fields_done):
            raise Refused("consent or the questions about the participant come first")
        if self.n_runs >= MAX_RUNS:
            raise Refused(f"opened {MAX_RUNS} times")
        self._running = True
        # As in the lab: how many earlier runs ended where this one continues, and may have shown its images.
        ends = [*self._first_of_runs[1:], self.n_done] if self._first_of_runs else []
        self._broken_off = ends.count(self.n_done)
        self._first_of_runs.append(self.n_done)
        self._practice = self._new_practice(self._practice.entry)
        if self.n_done == self._n_practice:
            self._after_practice()
        return RunStarted(self.n_runs - 1, event.apparatus)

    def _after_practice(self) -> None:
        """Begin another repetition of the practice, or the main block."""
        again = bool(self._n_practice) and self._practice.again()
        self._repeating = [] if again else None
        self._round = 1 + self._n_nonempty_repetitions() if again else 0

    def _response(self, event: ResponseEvent) -> Step:
        self._require_run()
        following = self.next_trial
        if following != (event.trial, event.round):
            expected = "none is left" if following is None else "trial {} of round {} is".format(*following)
            raise Refused(f"trial {event.trial} of round {event.round}, where {expected}")
        if event.onset_s < self.end_s:
            raise Refused("the images appeared before the previous answer")
        response = Response(
            trial=self._session.trials[event.trial],
            choice=(choices := self._choices(event))[0],
            onset_s=event.onset_s,
            timing=Timing(**event.timing.model_dump()),
            resumed=self._first_of_runs[-1] > 0,
            broken_off=self._broken_off + event.pauses,
            further=choices[1:],
            focus=Focus(**event.focus.model_dump()),
        )
        self.end_s = event.onset_s + sum(each.response_time_s or 0.0 for each in choices)
        self._broken_off = 0
        return self._take(response, event.round)

    def _take(self, response: Response, number: int) -> Step:
        """Count a response, in the table or in a repetition of the practice."""
        if self._repeating is not None:
            self._practice.repeated(response)
            self._repeating.append(response.correct)
            step = TrialAnswered(response, number, self._n_repeated)
            self._n_repeated += 1
            done = len(self._repeating) == self._n_practice
        else:
            self._practice.first_round(response)
            if response.trial.block is Block.PRACTICE:
                self._practice_rows.append({"correct": TRUTH[response.correct]})
            step = TrialAnswered(response, 0, self.n_done)
            self.n_done += 1
            done = self.n_done == self._n_practice
        if done:
            self._after_practice()
        return step

    def _choices(self, event: ResponseEvent) -> tuple[Choice, ...]:
        """Return the answers to a trial's questions; the further ones are skipped if the first has none."""
        asks = self._session.task.asks
        if len(event.answers) != len(asks):
            raise Refused(f"{len(event.answers)} answers to {len(asks)} questions")
        first, *rest = asks
        choices = [_choice(first, event.answers[0])]
        limited = event.timing.image_frames is not None or event.timing.image_duration_s is not None
        if limited and not self._session.task.limited:
            raise Refused("the images are shown until the answer")
        for ask, answer in zip(rest, event.answers[1:], strict=True):
            if choices[0].answer is not None:
                choices.append(_choice(ask, answer))
            elif answer.value is None and answer.time_s is None:
                choices.append(Choice(None, None))
            else:
                raise Refused(f"{ask.name}: an answer although the first question has none")
        return tuple(choices)

    def _question(self, event: QuestionEvent) -> Step:
        self._require_run()
        ask = self.next_question
        if ask is None or event.name != ask.name:
            raise Refused(f"the question {event.name!r} is not asked now")
        choice = _choice(ask, Answered(value=event.value, time_s=event.time_s))
        self.answered.append(ask.name)
        return QuestionAnswered(ask.name, choice)

    def _finished(self) -> Step:
        self._require_run()
        if not self.complete:
            raise Refused("trials or questions are left")
        self.ended = "complete"
        return Ended("complete")

    def _require_run(self) -> None:
        if not self._running:
            raise Refused("the session is not running: `run` comes first")


def _choice(ask: Ask, answer: Answered) -> Choice:
    """Return an answer, checked against the question.

    Raises
    ------
    Refused
        It is none of the question's answers, or was given when no answer counts.
    """
    if (answer.value is None) != (answer.time_s is None):
        raise Refused(f"{ask.name}: an answer without its time, or a time without its answer")
    if answer.value is None or answer.time_s is None:
        if ask.deadline_s == float("inf"):
            raise Refused(f"{ask.name}: no answer, although there is no deadline")
    elif answer.value not in ask.values:
        raise Refused(f"{ask.name}: {answer.value!r} is none of its answers")
    elif not ask.from_s - LATE_BY_S <= answer.time_s <= ask.deadline_s + LATE_BY_S:
        raise Refused(f"{ask.name}: answered after {answer.time_s:g} s, when no answer counts")
    choice = Choice(answer.value, answer.time_s)
    return replace(
        choice,
        early_keys=answer.early_keys,
        key_held=answer.key_held,
        keys_together=answer.keys_together,
    )
