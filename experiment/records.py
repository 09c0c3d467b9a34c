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
    """What an observer did: which side, and how long after the images appeared."""

    side: Side
    response_time_s: float


@dataclass(frozen=True, slots=True)
class Response:
    """One row of the session table.

    Attributes
    ----------
    trial : ScheduledTrial
        What was shown.
    side : Side
        What was chosen as the harder.
    response_time_s : float
        From the flip that showed the images to the key press.
    onset_s : float
        Of the images, from the start of the session.
    dropped_frames : int
        Frames missed while the images were on.
    resumed : bool
        Whether the session was interrupted at or before this trial.
    """

    trial: ScheduledTrial
    side: Side
    response_time_s: float
    onset_s: float
    dropped_frames: int
    resumed: bool

    @property
    def correct(self) -> bool | None:
        """Whether the harder item was chosen; None where there is none."""
        return None if self.trial.harder is None else self.side is self.trial.harder


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
        lambda r: r.side.value,
        levels={Side.LEFT: "The left image.", Side.RIGHT: "The right image."},
    ),
    Column("response_item", "Item that the observer chose.", lambda r: r.trial.item(r.side)),
    Column(
        "response_time",
        "Time from the screen refresh that showed the images to the key press.",
        lambda r: f"{r.response_time_s:.6f}",
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
        lambda r: str(r.dropped_frames),
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
