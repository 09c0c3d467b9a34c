"""The records of a session: a scheduled trial, the questions about it, and a recorded response."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stimuli.records import Block


class Side(StrEnum):
    """The side of an image in a pair; also an answer: which side the observer chose."""

    LEFT = "left"
    RIGHT = "right"


class Kind(StrEnum):
    """Who took part in the session."""

    PERSON = "person"
    SIMULATED = "simulated"


class Setting(StrEnum):
    """Where a session takes place; one that was imported took place elsewhere, in whatever setting."""

    LAB = "lab"
    ONLINE = "online"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class ScheduledTrial:
    """One trial of one observer's session.

    Attributes
    ----------
    trial_index : int
        Position in the session: 0, 1, 2 …
    block : Block
        Practice or main.
    trial_id : str
        Name in the set's ``trials.tsv``.
    items : tuple of str
        `item_id` of the images shown, from left to right.
    right_answer : str or None
        As it would be recorded; None where no answer is right.
    """

    trial_index: int
    block: Block
    trial_id: str
    items: tuple[str, ...]
    right_answer: str | None


@dataclass(frozen=True, slots=True)
class Option:
    """A possible answer to a question.

    Attributes
    ----------
    value : str
        As it is recorded.
    label : str
        As it is shown; empty where the place of the key is enough.
    key : str
        PsychoPy's name of the key that gives this answer.
    """

    value: str
    label: str
    key: str


class QuestionKind(StrEnum):
    """The kind of the answers to a question; simulated observers answer each kind in its own way."""

    CHOICE = "choice"
    """One of the answers may be right."""
    RATING = "rating"
    """Levels of an impression."""
    CONFIDENCE = "confidence"
    """Levels of confidence in the answer before."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with its answers, from left to right.

    Attributes
    ----------
    name : str
        Name of its column in the session table.
    text : str
        As it is shown.
    options : tuple of Option
        The possible answers.
    from_s, deadline_s : float
        An answer counts between these times after the onset.
    kind : QuestionKind
    """

    name: str
    text: str
    options: tuple[Option, ...]
    from_s: float = 0.0
    deadline_s: float = float("inf")
    kind: QuestionKind = QuestionKind.CHOICE

    @property
    def values(self) -> tuple[str, ...]:
        """The answers, as they are recorded."""
        return tuple(option.value for option in self.options)

    @property
    def by_place(self) -> bool:
        """Whether the answers are the places of the images: they have no labels."""
        return self.kind is not QuestionKind.CONFIDENCE and not any(option.label for option in self.options)


@dataclass(frozen=True)
class Task:
    """The questions that a session asks in each of its trials.

    Attributes
    ----------
    name : str
        One of `tricky.core.tasks.known_tasks`.
    asks : tuple of Ask
        In the order asked; `response_time` belongs to the first.
    limited : bool
        Whether the images disappear before an answer is given.
    right_answers : bool
        Whether answers can be right or wrong, so that practice gives feedback.
    """

    name: str
    asks: tuple[Ask, ...]
    limited: bool = False
    right_answers: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """An observer's answer to a question.

    Attributes
    ----------
    answer : str or None
        What was chosen; None where the deadline passed.
    response_time_s : float or None
        From the flip that showed the images (or a further question) to the key press.
    early_keys : int
        Presses of answer keys since the previous answer or page, up to the onset; they are not answers.
    key_held : bool
        Whether an answer key was down when the images appeared.
    keys_together : int
        Further presses of answer keys within `TOGETHER_S` after the one that counts.
    """

    answer: str | None
    response_time_s: float | None
    early_keys: int = 0
    key_held: bool = False
    keys_together: int = 0


TOGETHER_S = 0.05
"""Presses of answer keys within this time count as one movement of the hand."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Frame timing while the images were shown.

    Attributes
    ----------
    dropped_frames : int
        Refreshes missed.
    late_flips : int
        Flips that were late; each missed one refresh or more.
    worst_frame_s : float or None
        Longest time between two flips; None where there was no screen.
    ok : bool
        Whether onset and response time are good to one refresh: flips wait for the screen, and none was late.
    image_frames : int or None
        Refreshes that showed the images, where their presentation was limited and ended before the answer.
    image_duration_s : float or None
        From their onset to the flip that removed them; None where `image_frames` is.
    """

    dropped_frames: int = 0
    late_flips: int = 0
    worst_frame_s: float | None = None
    ok: bool = True
    image_frames: int | None = None
    image_duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Focus:
    """What took an online participant away from a trial, from the fixation to the last answer.

    Attributes
    ----------
    lost : int
        How often another window or tab had the focus.
    lost_s : float
        For how long in all.
    left_full_screen : int
        How often the page left the full screen.
    """

    lost: int = 0
    lost_s: float = 0.0
    left_full_screen: int = 0


@dataclass(frozen=True, slots=True)
class Response:
    """One row of the session table.

    Attributes
    ----------
    trial : ScheduledTrial
        What was shown.
    choice : Choice
        What the observer did.
    onset_s : float
        Of the images, from the start of the session.
    timing : Timing
        While the images were shown.
    resumed : bool
        Whether the session was interrupted at or before this trial.
    broken_off : int
        Pauses and ends of runs before the trial was answered: with 0 its images were not shown before.
        Pauses in a trial that a crash then ended are not counted; the crash is.
    further : tuple of Choice
        Answers to the task's further questions.
    focus : Focus
        Only of online sessions.
    """

    trial: ScheduledTrial
    choice: Choice
    onset_s: float
    timing: Timing = Timing()
    resumed: bool = False
    broken_off: int = 0
    further: tuple[Choice, ...] = ()
    focus: Focus = Focus()

    @property
    def correct(self) -> bool | None:
        """Whether the answer is right; None without an answer, or where no answer is right."""
        if self.trial.right_answer is None or self.choice.answer is None:
            return None
        return self.choice.answer == self.trial.right_answer
