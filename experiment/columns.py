"""Columns that the session tables of all tasks share: their meaning, and how a response becomes a cell.

The columns of one task are in its module in `experiment.tasks`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from experiment.records import TOGETHER_S, Ask, Response
from stimuli.records import Block

CONFIDENCE = "confidence"
"""The question about confidence, and its column."""

TRUTH = {None: "n/a", True: "true", False: "false"}
"""A truth value as a cell."""


@dataclass(frozen=True)
class Column:
    """One column of the session table.

    The sidecar's description comes from the same declaration, so table and description always agree.
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


def seconds(value_s: float | None) -> str:
    """Return a time as a cell."""
    return "n/a" if value_s is None else f"{value_s:.6f}"


TRIAL_COLUMNS = (
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
)
"""The first columns; those of the items shown and of the first answer follow."""

TIME_COLUMNS = (
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
)
"""The columns after the first answer; `correct` follows, where answers can be right."""

SCREEN_COLUMNS = (
    Column(
        "dropped_frames",
        "Screen refreshes missed while the images were shown.",
        lambda r: str(r.timing.dropped_frames),
    ),
    Column(
        "late_flips",
        "Flips more than one and a half refresh periods after the previous one, while the images were shown.",
        lambda r: str(r.timing.late_flips),
    ),
    Column(
        "worst_frame",
        "Longest time between two flips while the images were shown.",
        lambda r: seconds(r.timing.worst_frame_s),
        units="s",
    ),
    Column(
        "timing_ok",
        "Whether onset and response time are good to one refresh of the screen.",
        lambda r: TRUTH[r.timing.ok],
        levels={
            "true": "Flips waited for the screen's refresh, and none was late while the images were shown.",
            "false": "A flip was late, or flips don't wait for this screen (see Apparatus).",
        },
    ),
    Column(
        "early_keys",
        "Number of presses of answer keys after the previous answer or page, up to the onset of the images; "
        "they are not answers.",
        lambda r: str(r.choice.early_keys),
    ),
    Column(
        "key_held",
        "Whether an answer key was down when the images appeared.",
        lambda r: TRUTH[r.choice.key_held],
        levels={
            "true": "It was pressed before the onset; it is not an answer until it is pressed again.",
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
        "Number of pauses and ends of runs (a stop, a crash) before this trial was answered. With 0 its "
        "images were not shown before; otherwise they may have been.",
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
"""The last of the columns that every table has."""

LIMITED_COLUMNS = (
    Column(
        "image_frames",
        "Number of screen refreshes that showed the images before they disappeared; n/a where the answer "
        "came first.",
        lambda r: "n/a" if r.timing.image_frames is None else str(r.timing.image_frames),
    ),
    Column(
        "image_duration",
        "Time from the screen refresh that showed the images to the one that removed them, as measured; n/a "
        "where the answer came first.",
        lambda r: seconds(r.timing.image_duration_s),
        units="s",
    ),
)
"""Further columns where the presentation of images is limited."""

ONLINE_COLUMNS = (
    Column(
        "focus_lost",
        "How often another window or tab had the focus, from the fixation before the images to the last "
        "answer.",
        lambda r: str(r.focus.lost),
    ),
    Column(
        "focus_lost_time",
        "For how long in all another window or tab had the focus in that time.",
        lambda r: seconds(r.focus.lost_s),
        units="s",
    ),
    Column(
        "left_full_screen",
        "How often the page left the full screen in that time.",
        lambda r: str(r.focus.left_full_screen),
    ),
)
"""Further columns of online sessions."""

SOURCE_ROW = "source_row"
"""The last column of an imported session: where each row comes from."""

SHARED_COLUMNS = (*TRIAL_COLUMNS, *TIME_COLUMNS, *SCREEN_COLUMNS)
"""The columns of every session table."""


def correct_column(description: str, right: str, wrong: str) -> Column:
    """Return the column that says whether an answer was right."""
    return Column("correct", description, lambda r: TRUTH[r.correct], levels={"true": right, "false": wrong})


def answer_column(ask: Ask, index: int = 0) -> Column:
    """Return the column with the answers to a question; `index` is its place among the task's questions."""

    def cell(response: Response) -> str:
        return (response.choice, *response.further)[index].answer or "n/a"

    description = f"Answer to: {ask.text}" if ask.text else "Answer of the observer."
    if not description.endswith((".", "?", "!")):
        description += "."
    return Column(ask.name, description, cell, levels={o.value: o.label or o.value for o in ask.options})


def further_columns(ask: Ask, index: int) -> tuple[Column, Column]:
    """Return the columns of a question after the first: its answer, and its response time."""

    def cell(response: Response) -> str:
        return seconds(response.further[index - 1].response_time_s)

    description = (
        f"Time from the screen refresh that showed the question `{ask.name}` to the key press or click."
    )
    return answer_column(ask, index), Column(f"{ask.name}_time", description, cell, units="s")
