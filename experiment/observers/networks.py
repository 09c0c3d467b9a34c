"""Networks as observers: they answer by how certain they are about each image."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiment.observers.simulated import SimulatedDisplay
from experiment.observers.spec import ObserverSpec
from experiment.records import Ask, Choice, QuestionKind, ScheduledTrial
from experiment.tasks import kind_of
from stimuli.records import StimulusSet
from tricky.core.errors import InputError
from tricky.core.files import check_hash
from tricky.core.matching import match_entries

NetworkAnswer = Callable[[Sequence[float]], str]

RESPONSE_TIME_S = 1.0
"""Recorded for every response: networks have no response time, but the table requires one."""
SCORES = {"confidence": ("p_prediction", 1), "margin": ("margin", 1), "entropy": ("entropy", -1)}
"""Score → its column of the decisions, and its sign: higher is more certain."""


def network_observers(
    models: Sequence[str], score: str, stimulus_set: StimulusSet, decisions: Path
) -> list[ObserverSpec]:
    """Return an observer for each model.

    Parameters
    ----------
    models : sequence of str
        Names of evaluated models.
    score : {"confidence", "margin", "entropy"}
        What the choice is based on.
    stimulus_set : StimulusSet
        What they judge.
    decisions : Path
        Folder of the models' decisions.

    Raises
    ------
    InputError
        Networks can't do the task of the set, or decisions lack a model or an image.
    """
    answer = kind_of(stimulus_set.task).network_answer
    if answer is None:
        raise InputError(
            f'[simulate] models: networks can\'t do the task "{stimulus_set.task}" of the set '
            f"{stimulus_set.name}; take another set"
        )
    scores = [_read_scores(name, score, stimulus_set, decisions) for name in models]
    return [each.observer(answer) for each in scores]


@dataclass(frozen=True)
class Scores:
    """The scores of a network on the images of a set.

    Attributes
    ----------
    parameters : dict
        For the sidecar.
    by_item : dict of str to float
        By `item_id`; higher is more certain.
    """

    parameters: dict[str, Any]
    by_item: dict[str, float]

    def observer(self, answer: NetworkAnswer) -> ObserverSpec:
        """Return the network as an observer."""
        return ObserverSpec(self.parameters, lambda display: NetworkObserver(self.by_item, answer, display))


def _read_scores(name: str, score: str, stimulus_set: StimulusSet, decisions: Path) -> Scores:
    """Read a network's scores on the images of a set from its decisions."""
    from model_eval.decisions import read_pool, read_rows

    manifest_path = decisions / "pool.json"
    sha256 = {model.name: model.sha256 for model in read_pool(decisions).answered}
    match_entries([name], sha256, where="[simulate] models", what="evaluated model")
    path = decisions / f"{name}.parquet"
    check_hash(path, sha256[name], manifest_path, "tricky evaluate")
    column, sign = SCORES[score]
    scores = (sign * read_rows(path, ["image_id", column]).set_index("image_id")[column]).to_dict()
    items = stimulus_set.items.values()
    if missing := [item.image_id for item in items if item.image_id not in scores]:
        raise InputError(
            f"{path}: lacks image {missing[0]} of {stimulus_set.name}; run `tricky evaluate` again"
        )
    by_item = {item.item_id: float(scores[item.image_id]) for item in items}
    if unknown := [item.image_id for item in items if math.isnan(by_item[item.item_id])]:
        raise InputError(
            f"{path}: has no {column} of image {unknown[0]}, as these decisions were imported without it; "
            "choose "
            "another `score` or other `models` in [simulate]"
        )
    return Scores({"model": name, "score": score, "decisions_sha256": sha256[name]}, by_item)


class NetworkObserver:
    """A network that answers by how certain it is about each image of a trial.

    Parameters
    ----------
    score : mapping of str to float
        By `item_id`; higher is more certain.
    answer : callable
        Scores of the images from left to right → the answer, as the task declares it.
    display : SimulatedDisplay
        Whose clock the responses advance.
    """

    def __init__(self, score: Mapping[str, float], answer: NetworkAnswer, display: SimulatedDisplay) -> None:
        self._score, self._answer, self._display = score, answer, display

    def turn_page(self) -> None:
        """Read the page for a while."""
        self._display.now_s += 5.0

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Answer the task's question; networks answer no other question."""
        if trial is None or ask.kind is not QuestionKind.CHOICE:
            return Choice(None, None)
        answer = self._answer([self._score[item] for item in trial.items])
        self._display.now_s += RESPONSE_TIME_S
        return Choice(answer, RESPONSE_TIME_S)
