"""The task ``2afc``: two images side by side, and the question which of them is harder for a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from experiment.columns import Column, correct_column
from experiment.records import Ask, QuestionKind, Response, ScheduledTrial, Side
from experiment.tasks.common import Asked, TaskKind, question
from stimuli.records import Block, StimulusSet

if TYPE_CHECKING:
    from stimuli.order import Presentation


def _questions(asked: Asked) -> list[Ask]:
    """Ask for a side: the left key is for the left image, for every observer."""
    sides = dict.fromkeys(map(str, Side), "")
    return [question("response", asked.wording.question, sides, asked.two_keys, QuestionKind.CHOICE)]


def _right_answers(_: StimulusSet) -> Callable[[Presentation], str | None]:
    """Return how to find the right answer: the side of the image that fewer models classify correctly."""

    def right_answer(shown: Presentation) -> str | None:
        return None if shown.target_place is None else tuple(Side)[shown.target_place]

    return right_answer


def _item_at(trial: ScheduledTrial, side: str) -> str:
    return trial.items[0] if side == Side.LEFT else trial.items[1]


def _chosen(response: Response) -> str:
    answer = response.choice.answer
    return _item_at(response.trial, answer) if answer else "n/a"


ITEM_COLUMNS = (
    Column(
        "left_item", "Item shown on the left (items.tsv of the stimulus set).", lambda r: r.trial.items[0]
    ),
    Column(
        "right_item", "Item shown on the right (items.tsv of the stimulus set).", lambda r: r.trial.items[1]
    ),
)
ANSWER_COLUMNS = (
    Column(
        "response",
        "Side that the observer chose as the harder one for a network.",
        lambda r: r.choice.answer or "n/a",
        levels={Side.LEFT: "The left image.", Side.RIGHT: "The right image."},
    ),
    Column("response_item", "Item that the observer chose.", _chosen),
)
CORRECT_COLUMN = correct_column(
    "Whether the chosen item is the harder one under the labels that the stimulus set was built with.",
    "The item that fewer models classify correctly was chosen.",
    "The other item was chosen.",
)


def _captions(trials: Sequence[ScheduledTrial], tables: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Explain the first pair of the practice that has a harder image."""
    for trial in trials:
        if trial.block is Block.PRACTICE and trial.right_answer is not None:
            harder = _item_at(trial, trial.right_answer)
            names = tables["captions"]
            return {item: names["harder" if item == harder else "easier"] for item in trial.items}
    return {}


def _network_answer(scores: Sequence[float]) -> str:
    """Choose the image about which the network is less certain; if it is equally certain, the left one."""
    left, right = scores
    return Side.LEFT if left <= right else Side.RIGHT


PAIR = TaskKind(
    description="Two-alternative forced choice between two images that differ in how many of a pool of "
    "neural networks classify them correctly: which is harder for a network?",
    answers=lambda _: {"response": tuple(map(str, Side))},
    questions=_questions,
    right_answers=_right_answers,
    item_columns=ITEM_COLUMNS,
    answer_columns=lambda _: ANSWER_COLUMNS,
    correct_column=CORRECT_COLUMN,
    captions=_captions,
    network_answer=_network_answer,
)
