"""A trial as it is scheduled, a response as it is recorded, and the columns of the session table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stimuli.records import Block


class Side(StrEnum):
    """Where an item stands, and which one an observer chooses."""

    LEFT = "left"
    RIGHT = "right"


class Kind(StrEnum):
    """Who sat the session."""

    PERSON = "person"
    SIMULATED = "simulated"


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
        `item_id` of what is shown, from left to right: two of a pair, else one.
    right_answer : str or None
        Of a pair, the side of the item that fewer models got right; of an image to be named, its group. None
        where no answer is right: items equally hard, ratings.
    """

    trial_index: int
    block: Block
    trial_id: str
    items: tuple[str, ...]
    right_answer: str | None

    def item(self, side: str) -> str:
        """Return the `item_id` on one side of a pair."""
        return self.items[0] if side == Side.LEFT else self.items[1]


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers that an observer chooses from.

    Attributes
    ----------
    value : str
        As it is recorded.
    label : str
        As it is shown; empty where the place of the key says it.
    key : str
        PsychoPy's name of the key that gives it.
    """

    value: str
    label: str
    key: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with its answers, from left to right.

    Attributes
    ----------
    name : str
        Of its column in the session table.
    text : str
        As it is shown.
    options : tuple of Option
        What can be answered.
    from_s, deadline_s : float
        From its onset: an answer counts after the one and up to the other.
    """

    name: str
    text: str
    options: tuple[Option, ...]
    from_s: float = 0.0
    deadline_s: float = float("inf")

    @property
    def values(self) -> tuple[str, ...]:
        """The answers, as they are recorded."""
        return tuple(option.value for option in self.options)


@dataclass(frozen=True)
class Task:
    """What a session asks in each of its trials.

    Attributes
    ----------
    name : str
        ``2afc``, ``single`` or ``rating``.
    asks : tuple of Ask
        In turn; `response_time` belongs to the first.
    limited : bool
        Whether the images are taken away before an answer is given.
    """

    name: str
    asks: tuple[Ask, ...]
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What an observer did.

    Attributes
    ----------
    answer : str or None
        What was chosen; None where the deadline passed.
    response_time_s : float or None
        From the flip that showed the images (or a further question) to the key press.
    early_keys : int
        Answer keys pressed since the answer or the page before, up to the onset; they answer nothing.
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
"""Presses of answer keys no further apart than this are taken for one movement of the hand."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How the screen kept its rhythm while the images were on.

    Attributes
    ----------
    dropped_frames : int
        Refreshes missed.
    late_flips : int
        Flips that came late; each misses one refresh or more.
    worst_frame_s : float or None
        Longest time between two flips; None where there was no screen.
    ok : bool
        Whether onset and response time are good to one refresh: flips wait for the screen, and none was late.
    image_frames : int or None
        Refreshes that showed the images, where their presentation was limited and ended before the answer.
    image_duration_s : float or None
        From their onset to the flip that took them away; None likewise.
    """

    dropped_frames: int = 0
    late_flips: int = 0
    worst_frame_s: float | None = None
    ok: bool = True
    image_frames: int | None = None
    image_duration_s: float | None = None


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
        While the images were on.
    resumed : bool
        Whether the session was interrupted at or before this trial.
    broken_off : int
        Pauses and ends of runs before the trial was answered: with 0 its images were never on before.
        (Pauses in a trial that a crash then ended are not known, the crash is.)
    further : tuple of Choice
        Answers to the task's further questions.
    """

    trial: ScheduledTrial
    choice: Choice
    onset_s: float
    timing: Timing = Timing()
    resumed: bool = False
    broken_off: int = 0
    further: tuple[Choice, ...] = ()

    @property
    def correct(self) -> bool | None:
        """Whether the answer is the right one; None where there is none, of either."""
        if self.trial.right_answer is None or self.choice.answer is None:
            return None
        return self.choice.answer == self.trial.right_answer


@dataclass(frozen=True)
class Column:
    """One column of the session table: what it means, and how it is taken from a response.

    The sidecar's description is made from this same declaration, so the two cannot part.
    """

    name: str
    description: str
    cell: Callable[[Response], str]
    units: str | None = None
    levels: dict[str, str] | None = None

    def describe(self) -> dict[str, Any]:
        """Return the column's entry in a BIDS sidecar."""
        entry: dict[str, Any] = {"Description": self.description}
        if self.units is not None:
            entry["Units"] = self.units
        if self.levels is not None:
            entry["Levels"] = self.levels
        return entry


TRUTH = {None: "n/a", True: "true", False: "false"}


def seconds(value_s: float | None) -> str:
    """Return a time as a cell."""
    return "n/a" if value_s is None else f"{value_s:.6f}"


COLUMNS = (
    Column(
        "trial_index", "Position of the trial in the session, from 0.", lambda r: str(r.trial.trial_index)
    ),
    Column(
        "block",
        "Part of the session.",
        lambda r: r.trial.block.value,
        levels={
            Block.PRACTICE: "Practice, with feedback; not analysed.",
            Block.MAIN: "Main block, without feedback.",
        },
    ),
    Column("trial_id", "Name of the trial in the stimulus set (trials.tsv).", lambda r: r.trial.trial_id),
    Column(
        "left_item", "Item shown on the left (items.tsv of the stimulus set).", lambda r: r.trial.items[0]
    ),
    Column(
        "right_item", "Item shown on the right (items.tsv of the stimulus set).", lambda r: r.trial.items[1]
    ),
    Column(
        "response",
        "Side that the observer chose as the harder one for a network.",
        lambda r: r.choice.answer or "n/a",
        levels={Side.LEFT: "The left image.", Side.RIGHT: "The right image."},
    ),
    Column(
        "response_item",
        "Item that the observer chose.",
        lambda r: r.trial.item(r.choice.answer) if r.choice.answer else "n/a",
    ),
    Column(
        "response_time",
        "Time from the screen refresh that showed the images to the key press or click.",
        lambda r: seconds(r.choice.response_time_s),
        units="s",
    ),
    Column(
        "onset",
        "Time of the screen refresh that showed the images, from the start of the session.",
        lambda r: seconds(r.onset_s),
        units="s",
    ),
    Column(
        "correct",
        "Whether the chosen item is the harder one under the labels that the stimulus set was built with.",
        lambda r: TRUTH[r.correct],
        levels={
            "true": "The item that fewer models classify correctly was chosen.",
            "false": "The other item was chosen.",
        },
    ),
    Column(
        "dropped_frames",
        "Screen refreshes missed while the images were on.",
        lambda r: str(r.timing.dropped_frames),
    ),
    Column(
        "late_flips",
        "Flips that came more than one and a half refresh periods after the one before, while the images "
        "were on.",
        lambda r: str(r.timing.late_flips),
    ),
    Column(
        "worst_frame",
        "Longest time between two flips while the images were on.",
        lambda r: seconds(r.timing.worst_frame_s),
        units="s",
    ),
    Column(
        "timing_ok",
        "Whether onset and response time are good to one refresh of the screen.",
        lambda r: TRUTH[r.timing.ok],
        levels={
            "true": "Flips waited for the screen's refresh, and none was late while the images were on.",
            "false": "A flip was late, or flips don't wait for this screen (see Apparatus).",
        },
    ),
    Column(
        "early_keys",
        "Number of answer keys pressed after the answer or the page before and not after the onset of the "
        "images; they answer nothing.",
        lambda r: str(r.choice.early_keys),
    ),
    Column(
        "key_held",
        "Whether an answer key was down when the images appeared.",
        lambda r: TRUTH[r.choice.key_held],
        levels={
            "true": "It was pressed before the onset; it answers nothing until it is pressed anew.",
            "false": "None was down.",
        },
    ),
    Column(
        "keys_together",
        f"Number of further presses of answer keys within {TOGETHER_S} s after the one that counts.",
        lambda r: str(r.choice.keys_together),
    ),
    Column(
        "broken_off",
        "Pauses and ends of runs (a stop, a crash) before this trial was answered. With 0 its images were "
        "never on before; otherwise they may have been.",
        lambda r: str(r.broken_off),
    ),
    Column(
        "resumed",
        "Whether the session had been interrupted before this trial.",
        lambda r: TRUTH[r.resumed],
        levels={
            "true": "On every trial after an interruption.",
            "false": "The session was not interrupted so far.",
        },
    ),
)
"""The table of a session of pairs, in the order of its columns; other tasks have a part of them in common."""
