"""The observers of a simulated study: of known ability, recorded people again, or networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import logit

from experiment.data.read_data import read_data
from experiment.data.session_table import SessionTable
from experiment.observers.simulated import Population, SimulatedDisplay, SimulatedObserver
from experiment.records import Ask, Choice, QuestionKind, ScheduledTrial
from experiment.session.interfaces import Observer
from experiment.settings import SimulateSettings
from experiment.tasks import kind_of
from stimuli.records import StimulusSet
from tricky.core.errors import InputError
from tricky.core.files import check_hash, sha256_of
from tricky.core.matching import match_entries
from tricky.core.tables import read_table

NETWORK_RESPONSE_TIME_S = 1.0
"""Networks take no time that means anything; the table has to hold one."""


@dataclass(frozen=True)
class Role:
    """One simulated observer.

    Attributes
    ----------
    parameters : dict
        For the sidecar: everything that the observer depends on.
    enter : callable
        Makes the observer, before a display.
    """

    parameters: dict[str, Any]
    enter: Callable[[SimulatedDisplay], Observer]


def roles(
    settings: SimulateSettings,
    stimulus_set: StimulusSet[Any],
    participants: Callable[[int], list[str]],
    *,
    seed: int,
    decisions: Path,
    root: Path,
) -> dict[str, Role]:
    """Return the observers of the sessions, by the ids that `participants` makes.

    Parameters
    ----------
    settings : SimulateSettings
        What they are.
    stimulus_set : StimulusSet
        What they judge.
    participants : callable
        Number of observers → their ids.
    seed : int
        Of the study.
    decisions : Path
        Where networks' decisions are.
    root : Path
        What paths in the settings are relative to.

    Raises
    ------
    InputError
        A table or recorded data lack one of the trials, or hold a cell of another kind; decisions lack a
        model or an image.
    """
    if settings.replay is not None:
        folder = root / settings.replay
        recorded = read_data(folder)
        if not recorded.sessions:
            raise InputError(f"{folder}: no recorded sessions there; correct [simulate] replay in study.toml")
        replayed = [_replay(session, folder) for session in recorded.sessions]
        return dict(zip(participants(len(replayed)), replayed, strict=True))
    if settings.models:
        answer = kind_of(stimulus_set.task).network_answer
        if answer is None:
            raise InputError(
                f'[simulate] models: networks can\'t do the task "{stimulus_set.task}" of the set '
                f"{stimulus_set.name}; take another set"
            )
        networks = [
            _network(name, settings.score, stimulus_set, decisions, answer) for name in settings.models
        ]
        return dict(zip(participants(len(networks)), networks, strict=True))
    population = Population.of(settings, seed)
    matched: dict[str, dict[str, int]] = {}
    if settings.probabilities is None:
        effects = {trial.trial_id: population.item_effect(trial.trial_id) for trial in stimulus_set.trials}
    else:
        population = Population(settings.model_copy(update={"observer_sd_logit": 0.0}), seed, 0.0)
        effects, counts = read_probabilities(root / settings.probabilities, stimulus_set)
        matched["probabilities"] = counts
    return {
        participant: _able(participant, population, effects, matched)
        for participant in participants(settings.observers)
    }


def _able(
    participant: str,
    population: Population,
    effects: Mapping[str, float],
    matched: Mapping[str, Mapping[str, int]],
) -> Role:
    effect = population.observer_effect(participant)
    parameters = population.settings.model_dump(
        mode="json", exclude={"observers", "replay", "models", "score"}
    )
    parameters |= {
        "seed": population.seed,
        "intercept_logit": population.intercept_logit,
        "observer_effect_logit": effect,
    }
    if matched:
        parameters["matched"] = matched
    seed = int(sha256_of(f"{population.seed}/{participant}"), 16)

    def enter(display: SimulatedDisplay) -> Observer:
        rng = np.random.Generator(np.random.PCG64(seed))
        ability = population.intercept_logit + effect
        return SimulatedObserver(ability, effects, rng, display, population.settings)

    return Role(parameters, enter)


def read_probabilities(path: Path, stimulus_set: StimulusSet[Any]) -> tuple[dict[str, float], dict[str, int]]:
    """Read a table of item probabilities: a CSV file with `trial_id` and `p_correct`.

    Returns
    -------
    effects : dict of str to float
        `trial_id` → logit of the probability.
    counts : dict of str to int
        How many trials the table has, and how many of them are trials of the set.

    Raises
    ------
    InputError
        The file can't be read, lacks a trial of the set, or holds something other than a probability.
    """
    table = read_table(path, ["trial_id", "p_correct"])
    trial_ids = table.names("trial_id", unique=True)
    # The logit of a certain answer is infinite; 30 is as certain as any draw can show.
    logits = np.clip(logit(table.numbers("p_correct", least=0, most=1)), -30, 30).tolist()
    known = [trial.trial_id for trial in stimulus_set.trials]
    where = f"{path} ([simulate] probabilities)"
    what = f"trial of {stimulus_set.name}"
    found = match_entries(trial_ids, known, where=where, what=what, lines=table.lines, partial=True)
    if missing := [trial_id for trial_id in known if trial_id not in found.names]:
        raise InputError(f"{path}: lacks {missing[0]} of {stimulus_set.name}; add its row")
    return dict(zip(trial_ids, logits, strict=True)), found.counts()


class ReplayObserver:
    """Answers as somebody did before: the same item or answer in each trial, whatever its side is now."""

    def __init__(self, rows: Mapping[str, Mapping[str, str]], where: Path, display: SimulatedDisplay) -> None:
        self._rows, self._where, self._display = rows, where, display

    def goes_on(self) -> None:
        """Read for a while."""
        self._display.now_s += 5.0

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Return the recorded answer."""
        if trial is None:
            return Choice(None, None)
        row = self._rows.get(trial.trial_id)
        answer = None if row is None else row.get(ask.name)
        if row is None or answer is None:
            raise InputError(
                f"{self._where}: holds no `{ask.name}` for trial {trial.trial_id}; it can't be replayed"
            )
        if answer == "n/a":
            return Choice(None, None)
        if "response_item" in row and ask.by_place:
            if row["response_item"] not in trial.items:
                raise InputError(
                    f"{self._where}: trial {trial.trial_id} had other items; it can't be replayed"
                )
            answer = ask.values[trial.items.index(row["response_item"])]
        column = f"{ask.name}_time" if f"{ask.name}_time" in row else "response_time"
        try:
            time_s = float(row[column])
        except (KeyError, ValueError):
            raise InputError(
                f"{self._where}: trial {trial.trial_id} has no `{column}` in seconds; it can't be replayed"
            ) from None
        self._display.now_s += time_s
        return Choice(answer, time_s)


def _replay(session: SessionTable, folder: Path) -> Role:
    path, table = session.file.table, session.cells()
    cells = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    rows = {row["trial_id"]: row for row in cells}
    parameters = {"replay_of": path.relative_to(folder).as_posix(), "sha256": sha256_of(path)}
    return Role(parameters, lambda display: ReplayObserver(rows, path, display))


class NetworkObserver:
    """A network that answers by how sure it is about each of the images of a trial.

    Parameters
    ----------
    score : mapping of str to float
        By `item_id`: higher where the network is surer.
    answer : callable
        Scores of the images from left to right → the answer, as the task declares it.
    display : SimulatedDisplay
        Whose clock the responses move on.
    """

    def __init__(
        self, score: Mapping[str, float], answer: Callable[[Sequence[float]], str], display: SimulatedDisplay
    ) -> None:
        self._score, self._answer, self._display = score, answer, display

    def goes_on(self) -> None:
        """Read for a while."""
        self._display.now_s += 5.0

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Answer the task's question; networks answer nothing else."""
        if trial is None or ask.kind is not QuestionKind.CHOICE:
            return Choice(None, None)
        answer = self._answer([self._score[item] for item in trial.items])
        self._display.now_s += NETWORK_RESPONSE_TIME_S
        return Choice(answer, NETWORK_RESPONSE_TIME_S)


def _network(
    name: str,
    score: str,
    stimulus_set: StimulusSet[Any],
    decisions: Path,
    answer: Callable[[Sequence[float]], str],
) -> Role:
    """Make an observer of a model's scores on the images of a set."""
    from model_eval.records import read_pool, read_rows

    manifest_path = decisions / "pool.json"
    sha256 = {model.name: model.sha256 for model in read_pool(decisions).answered}
    match_entries([name], sha256, where="[simulate] models", what="evaluated model")
    path = decisions / f"{name}.parquet"
    check_hash(path, sha256[name], manifest_path, "tricky evaluate")
    column, sign = {"confidence": ("p_prediction", 1), "margin": ("margin", 1), "entropy": ("entropy", -1)}[
        score
    ]
    scores = (sign * read_rows(path, ["image_id", column]).set_index("image_id")[column]).to_dict()
    items = stimulus_set.items.values()
    if missing := [item.image_id for item in items if item.image_id not in scores]:
        raise InputError(
            f"{path}: lacks image {missing[0]} of {stimulus_set.name}; run `tricky evaluate` again"
        )
    of_item = {item.item_id: float(scores[item.image_id]) for item in items}
    parameters = {"model": name, "score": score, "decisions_sha256": sha256[name]}
    return Role(parameters, lambda display: NetworkObserver(of_item, answer, display))
