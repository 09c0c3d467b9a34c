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
    """One trial of one observer's session: the pair, with its sides.

    Attributes
    ----------
    trial_index : int
        Position in the session: 0, 1, 2 …
    block : Block
        Practice or main.
    trial_id : str
        Name in the set's ``trials.tsv``.
    left_item, right_item : str
        `item_id` on that side.
    harder : Side or None
        Side of the item that fewer models got right; None where both are equally hard.
    """

    trial_index: int
    block: Block
    trial_id: str
    left_item: str
    right_item: str
    harder: Side | None

    def item(self, side: Side) -> str:
        """Return the `item_id` on one side."""
        return self.left_item if side is Side.LEFT else self.right_item


@dataclass(frozen=True, slots=True)
class Choice:
    """What an observer did.

    Attributes
    ----------
    side : Side
        What was chosen as the harder.
    response_time_s : float
        From the flip that showed the images to the key press.
    early_keys : int
        Answer keys pressed since the answer or the page before, up to the onset; they answer nothing.
    key_held : bool
        Whether an answer key was down when the images appeared.
    keys_together : int
        Further presses of answer keys within `TOGETHER_S` after the one that counts.
    """

    side: Side
    response_time_s: float
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
    """

    dropped_frames: int = 0
    late_flips: int = 0
    worst_frame_s: float | None = None
    ok: bool = True


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
    """

    trial: ScheduledTrial
    choice: Choice
    onset_s: float
    timing: Timing = Timing()
    resumed: bool = False
    broken_off: int = 0

    @property
    def correct(self) -> bool | None:
        """Whether the harder item was chosen; None where there is none."""
        return None if self.trial.harder is None else self.choice.side is self.trial.harder


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


_TRUTH = {None: "n/a", True: "true", False: "false"}

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
        "left_item", "Item shown on the left (items.tsv of the stimulus set).", lambda r: r.trial.left_item
    ),
    Column(
        "right_item", "Item shown on the right (items.tsv of the stimulus set).", lambda r: r.trial.right_item
    ),
    Column(
        "response",
        "Side that the observer chose as the harder one for a network.",
        lambda r: r.choice.side.value,
        levels={Side.LEFT: "The left image.", Side.RIGHT: "The right image."},
    ),
    Column("response_item", "Item that the observer chose.", lambda r: r.trial.item(r.choice.side)),
    Column(
        "response_time",
        "Time from the screen refresh that showed the images to the key press.",
        lambda r: f"{r.choice.response_time_s:.6f}",
        units="s",
    ),
    Column(
        "onset",
        "Time of the screen refresh that showed the images, from the start of the session.",
        lambda r: f"{r.onset_s:.6f}",
        units="s",
    ),
    Column(
        "correct",
        "Whether the chosen item is the harder one under the labels that the stimulus set was built with.",
        lambda r: _TRUTH[r.correct],
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
        lambda r: "n/a" if r.timing.worst_frame_s is None else f"{r.timing.worst_frame_s:.6f}",
        units="s",
    ),
    Column(
        "timing_ok",
        "Whether onset and response time are good to one refresh of the screen.",
        lambda r: _TRUTH[r.timing.ok],
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
        lambda r: _TRUTH[r.choice.key_held],
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
        lambda r: _TRUTH[r.resumed],
        levels={
            "true": "On every trial after an interruption.",
            "false": "The session was not interrupted so far.",
        },
    ),
)
"""The session table, in the order of its columns."""

HEADER = "\t".join(column.name for column in COLUMNS) + "\n"


def row_of(response: Response) -> str:
    """Return a response as one line of the session table, line end included."""
    return "\t".join([column.cell(response) for column in COLUMNS]) + "\n"
