"""Sessions of the odd-one-out task: which of three images differs from the others?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from experiment.columns import Column, correct_column
from experiment.records import Ask, QuestionKind, Response, ScheduledTrial
from experiment.tasks.common import Asked, TaskKind, question
from stimuli.order import Presentation
from stimuli.records import Block, StimulusSet

PLACES: tuple[str, ...] = ("left", "middle", "right")


def _questions(asked: Asked) -> list[Ask]:
    places = dict.fromkeys(PLACES, "")
    keys = asked.settings.answer_keys[:3]
    return [question("response", asked.wording.question, places, keys, QuestionKind.CHOICE)]


def _right_answers(_: StimulusSet) -> Callable[[Presentation], str | None]:
    return lambda shown: None if shown.target_place is None else PLACES[shown.target_place]


def _item_column(place: int) -> Column:
    name = PLACES[place]
    return Column(f"{name}_item", f"Item shown in the place {name}.", lambda r: r.trial.items[place])


def _chosen(response: Response) -> str:
    answer = response.choice.answer
    return response.trial.items[PLACES.index(answer)] if answer else "n/a"


def _captions(trials: Sequence[ScheduledTrial], _: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    trial = next((each for each in trials if each.block is Block.PRACTICE), None)
    if trial is None or trial.right_answer is None:
        return {}
    odd = PLACES.index(trial.right_answer)
    return {item: "different" if place == odd else "" for place, item in enumerate(trial.items)}


def _network_answer(scores: Sequence[float]) -> str:
    middle = sorted(scores)[1]
    return max(PLACES, key=lambda place: abs(scores[PLACES.index(place)] - middle))


ODD_ONE_OUT = TaskKind(
    description="Choice of the image that differs from two others in how many of a pool of neural networks "
    "classify it correctly.",
    answers=lambda _: {"response": PLACES},
    questions=_questions,
    right_answers=_right_answers,
    item_columns=tuple(_item_column(place) for place in range(3)),
    answer_columns=lambda _: (
        Column(
            "response",
            "Place of the image that the observer chose.",
            lambda r: r.choice.answer or "n/a",
            levels={place: f"The image in the place {place}." for place in PLACES},
        ),
        Column("response_item", "Item that the observer chose.", _chosen),
    ),
    correct_column=correct_column(
        "Whether the chosen item is the odd one out.", "It is.", "It is one of the two others."
    ),
    captions=_captions,
    network_answer=_network_answer,
    texts=Path(__file__).parent,
)
