"""Networks as observers: they choose the image that they are less certain about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiment.observers.simulated import SimulatedDisplay
from experiment.observers.spec import ObserverSpec
from experiment.records import Ask, Choice, ScheduledTrial, Side
from stimuli.records import PAIR_TASK, StimulusSet
from tricky.core.errors import InputError
from tricky.core.files import check_hash
from tricky.core.matching import match_entries

RESPONSE_TIME_S = 1.0
"""Recorded for every response: networks have no response time, but the table requires one."""
SCORES = {"confidence": ("p_prediction", 1), "margin": ("margin", 1), "entropy": ("entropy", -1)}
"""Score → its column of the decisions, and its sign: higher is more certain."""


def network_observers(
    models: Sequence[str], score: str, stimulus_set: StimulusSet[Any], decisions: Path
) -> list[ObserverSpec]:
    """Return an observer for each model.

    Parameters
    ----------
    models : sequence of str
        Names of evaluated models.
    score : {"confidence", "margin", "entropy"}
        What the choice is based on.
    stimulus_set : StimulusSet
        A set of pairs.
    decisions : Path
        Folder of the models' decisions.

    Raises
    ------
    InputError
        The set has no pairs, or decisions lack a model or an image.
    """
    if stimulus_set.task != PAIR_TASK:
        raise InputError(
            f"[simulate] models: networks choose between two images; {stimulus_set.name} is for "
            f'"{stimulus_set.task}"; take another set'
        )
    return [_network(name, score, stimulus_set, decisions) for name in models]


def _network(name: str, score: str, stimulus_set: StimulusSet[Any], decisions: Path) -> ObserverSpec:
    """Make an observer from a model's scores on the images of a set."""
    from model_eval.records import read_pool, read_rows

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
    parameters = {"model": name, "score": score, "decisions_sha256": sha256[name]}
    return ObserverSpec(parameters, lambda display: NetworkObserver(by_item, display))


class NetworkObserver:
    """A network that chooses as harder the image it is less certain about; in a tie the left one.

    Parameters
    ----------
    score : mapping of str to float
        By `item_id`; higher is more certain.
    display : SimulatedDisplay
        Whose clock the responses advance.
    """

    def __init__(self, score: Mapping[str, float], display: SimulatedDisplay) -> None:
        self._score, self._display = score, display

    def goes_on(self) -> None:
        """Read the page for a while."""
        self._display.now_s += 5.0

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Choose the side with the lower score; networks answer no other question."""
        if trial is None or ask.name != "response":
            return Choice(None, None)
        left, right = (self._score[item] for item in trial.items)
        self._display.now_s += RESPONSE_TIME_S
        return Choice(Side.LEFT if left <= right else Side.RIGHT, RESPONSE_TIME_S)
