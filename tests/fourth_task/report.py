"""The report of the odd-one-out task: one list of sections, and what these need to know of the task."""

from __future__ import annotations

from typing import Any

from analysis.data.trials import Label, item_columns
from analysis.report.task import Place, ReportTask, Words
from analysis.report.tasks import ANSWER_SECTIONS
from stimuli.records import Item, StimulusSet
from stimuli.settings import StimulusSettings

PLACES = ("odd", "second", "third")


def _columns(found: list[tuple[Item, Label | None]], settings: StimulusSettings) -> dict[str, Any]:
    """Return the columns of the odd image and of the two others; the odd one is the right answer."""
    groups = [
        None if label is None else settings.group_of(label.difficulty, label.n_correct) for _, label in found
    ]
    odd = min(range(3), key=lambda place: groups.count(groups[place]))
    known = None not in groups and len(set(groups)) == 2
    in_turn = [odd, *(place for place in range(3) if place != odd)]
    columns: dict[str, Any] = {"right_answer": found[odd][0].item_id if known else None}
    for name, place in zip(PLACES, in_turn, strict=True):
        columns |= item_columns(name, *(found[place] if known else (None, None)))
    return columns


def _words(_: StimulusSet) -> Words:
    return Words(
        question="can {people} find the odd one out?",
        stimuli="of the groups",
        procedure="In each trial three images were shown side by side until the {observer} pressed the key "
        "of the one that differs from the others",
        counterbalanced="Places and order were",
        did="chose the image that differs from two others",
        right="the odd one out was chosen",
        not_scored="to triples of one group",
        none_right="no triple has an odd one out",
        below_pictures="Below each picture: its class, and how many models are right about it.",
        listed="with the odd one out on the left.",
        relabelled=("keep their odd one out", "have another one", "have none now", "had none before"),
    )


ODD_ONE_OUT = ReportTask(
    sections=ANSWER_SECTIONS,
    unit="triple",
    a_unit="a triple",
    places=(
        Place("odd", "the odd one out", chosen="right"),
        Place("second", "another", chosen="wrong"),
        Place("third", "another"),
    ),
    difficulty=("odd_share",),
    trial=_columns,
    words=_words,
)
