"""What a study's folders hold, what it was made from, and what is out of date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tricky.core.errors import InputError
from tricky.core.files import read_json, sha256_of
from tricky.study import Study

Manifest = Mapping[str, Any]

DYNAMICS = "report/dynamics"
"""How the page of `tricky dynamics` is called, which shares a folder with the report."""


class State(StrEnum):
    """How a stage's folder stands to what it was made from."""

    MISSING = "not there yet"
    CURRENT = "up to date"
    UNFINISHED = "not finished"
    OTHER_SETTINGS = "made with other settings"
    ORIGINS_ELSEWHERE = "origins not here"
    OUT_OF_DATE = "out of date"


@dataclass(frozen=True)
class StageStatus:
    """One line of `tricky status`.

    Attributes
    ----------
    folder : str
        Relative to the study; `DYNAMICS` for the one that has none of its own.
    command : str
        What makes it.
    state : State
    holds, why : str
        What is there, and what is wrong with it, in words; empty where there is nothing to say.
    """

    folder: str
    command: str
    state: State
    holds: str = ""
    why: str = ""


def study_status(study: Study) -> list[StageStatus]:
    """Look at every stage of a study, in the order in which data flows."""
    return list(_look(study))


def _look(study: Study) -> Iterator[StageStatus]:
    """Look at one stage after the other, so that whoever asks for an early one waits for no later one."""
    stages = [
        ("training", "training/training.json", "tricky train", _describe_training),
        ("conditions", "conditions/conditions.json", "tricky train", _describe_conditions),
        ("decisions", "decisions/pool.json", "tricky evaluate", _describe_decisions),
        ("difficulty", "difficulty/difficulty.json", "tricky label", _describe_difficulty),
        (DYNAMICS, "report/dynamics.json", "tricky dynamics", _describe_dynamics),
        *(
            (
                f"stimuli/{name}",
                f"stimuli/{name}/stimulus_set.json",
                f"tricky stimuli build {name}",
                _describe_stimuli,
            )
            for name in _stimulus_sets(study)
        ),
        ("data", "data/dataset_description.json", "tricky run", _describe_nothing),
        ("report", "report/results.json", "tricky analyse", _describe_nothing),
    ]
    # A study of observers can do without these: no word of them where nobody asked.
    expected = {"conditions": study.settings.train.describes_conditions, DYNAMICS: False}
    found: dict[str, StageStatus] = {}
    for folder, manifest, command, describe in stages:
        path = study.root / manifest
        if not path.is_file() and not expected.get(folder, True):
            continue
        if folder == "data":
            found[folder] = _data_status(study)
        else:
            found[folder] = _stage_status(study, folder, path, command, describe, found)
        yield found[folder]


def _stimulus_sets(study: Study) -> list[str]:
    """Name the sets that the study file describes, then the successors that stand beside them."""
    there = sorted(path.parent.name for path in study.root.glob("stimuli/*/stimulus_set.json"))
    return list(dict.fromkeys([*study.settings.stimuli, *there]))


def require_current(study: Study, folder: str) -> None:
    """Refuse to go on from a stage whose own origins changed after it was made.

    Raises
    ------
    InputError
        The stage is out of date; the line says why and what to run.
    """
    status = next(each for each in _look(study) if each.folder == folder)
    if status.state is State.OUT_OF_DATE:
        path = study.root / folder
        raise InputError(f"{path}: out of date ({status.why}); run `{status.command}` first")


def _stage_status(
    study: Study,
    folder: str,
    path: Path,
    command: str,
    describe: Callable[[Manifest], str],
    before: Mapping[str, StageStatus],
) -> StageStatus:
    if not path.is_file():
        return StageStatus(folder, command, State.MISSING)
    try:
        manifest = read_json(path, command)
    except InputError as error:
        return StageStatus(folder, command, State.OUT_OF_DATE, why=str(error))
    broken = list(_broken_links(study.root, manifest["made_from"], before))
    if folder == "report":
        broken += _new_sessions(study, manifest["made_from"])
    if broken:
        return StageStatus(folder, command, State.OUT_OF_DATE, describe(manifest), "; ".join(broken))
    if changed := list(_other_settings(study, folder, manifest["settings"])):
        return StageStatus(folder, command, State.OTHER_SETTINGS, describe(manifest), "; ".join(changed))
    if unfinished := manifest.get("unfinished"):
        why = f"{len(unfinished)} models are still to be trained; {command} goes on"
        return StageStatus(folder, command, State.UNFINISHED, describe(manifest), why)
    # No fault: a stage may run on a machine that was given only what it reads.
    if elsewhere := [name for name in manifest["made_from"] if not (study.root / name).is_file()]:
        why = f"made from {', '.join(elsewhere)}"
        return StageStatus(folder, command, State.ORIGINS_ELSEWHERE, describe(manifest), why)
    return StageStatus(folder, command, State.CURRENT, describe(manifest))


def _broken_links(
    root: Path, made_from: Mapping[str, str], before: Mapping[str, StageStatus]
) -> Iterator[str]:
    """Say which of an artefact's origins have changed, or are themselves out of date."""
    for name, digest in made_from.items():
        origin = root / name
        status = before.get(Path(name).parent.as_posix())
        if origin.is_file() and sha256_of(origin) != digest:
            yield f"{name} has changed"
        elif status and status.state is State.OUT_OF_DATE:
            yield f"{status.folder} is out of date"


def _other_settings(study: Study, folder: str, made_with: Mapping[str, Any]) -> Iterator[str]:
    """Say which settings an artefact was made with that the study file no longer has."""
    now = study.settings.model_dump(mode="json")
    if folder.startswith("stimuli/"):
        name = folder.removeprefix("stimuli/")
        if name not in now["stimuli"]:  # a successor has its settings from its parent
            return
        now["stimuli"] = now["stimuli"][name]
    for section, then in made_with.items():
        if section == "pool":
            yield from _other_models(study, folder, then["models"])
            continue
        if section == "recipe":
            yield from _other_recipe(study, then)
            continue
        for key, value in then.items():
            if now[section].get(key) != value:
                yield f"{section}.{key} was {value}, study.toml has {now[section].get(key)}"


def _other_models(study: Study, folder: str, then: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say which models an artefact was made with that are no longer the pool's, and the other way round.

    Manifests hold the entries themselves: a pool file's name would not tell when its content changed.
    """
    from model_eval.networks.pool import read_pool

    entries = read_pool(study.settings.pool, study.root)
    if folder == "training":
        entries = [entry for entry in entries if entry.weights == "train"]
    now = {entry.name: entry.model_dump(mode="json") for entry in entries}
    before = {entry["name"]: entry for entry in then}
    for name in before.keys() - now.keys():
        yield f"{name} is no longer in the pool"
    for name, entry in now.items():
        if name not in before:
            yield f"{name} is new in the pool"
        elif before[name] != entry:
            yield f"{name} has changed in the pool"


def _other_recipe(study: Study, then: Mapping[str, Any]) -> Iterator[str]:
    """Say where the recipe is no longer the one that models were trained by."""
    from model_eval.train.recipe import read_recipe

    recipe = read_recipe(study.settings.train, study.root)
    if recipe is None:  # named on the command line
        return
    now = recipe.model_dump(mode="json", exclude_unset=True)
    if now.get("base") != then.get("base"):
        yield "the recipe's base network has changed"
    before, after = then.get("conditions", {}), now.get("conditions", {})
    for name in [*before, *(each for each in after if each not in before)]:
        if name not in after:
            yield f"condition {name} is no longer in the recipe"
        elif name not in before:
            yield f"condition {name} is new in the recipe"
        elif before[name] != after[name]:
            yield f"condition {name} has changed in the recipe"


def _new_sessions(study: Study, made_from: Mapping[str, str]) -> Iterator[str]:
    """Name sessions that were recorded or merged after the report was made."""
    from experiment.data.find_sessions import find_sessions

    for file in find_sessions(study.data).sessions:
        name = file.table.relative_to(study.root).as_posix()
        if name not in made_from:
            yield f"{name} is new"


def _data_status(study: Study) -> StageStatus:
    """Count the sessions, and those whose stimulus set is no longer the study's."""
    if not (study.data / "dataset_description.json").is_file():
        return StageStatus("data", "tricky run", State.MISSING)
    from analysis.data.sessions import table_of
    from experiment.data.read_data import read_data

    try:
        data = read_data(study.data)
        sessions = table_of(data).drop_duplicates(["participant", "session"])
    except InputError as error:
        return StageStatus("data", "tricky run", State.OUT_OF_DATE, why=str(error))
    holds = ", ".join(
        f"{len(rows)} {'people' if kind == 'person' else kind} ({int(rows['complete'].sum())} complete)"
        for kind, rows in sessions.groupby("kind", observed=True)
    )
    stimuli = study.stimulus_set(study.settings.experiment.stimuli) / "stimulus_set.json"
    set_id = read_json(stimuli, "tricky stimuli build")["set_id"] if stimuli.is_file() else None
    others = int((sessions["set_id"] != set_id).sum())
    if others:
        why = f"{others} sessions saw another stimulus set than stimuli/{study.settings.experiment.stimuli}"
        return StageStatus("data", "tricky run", State.OUT_OF_DATE, holds, why)
    return StageStatus("data", "tricky run", State.CURRENT, holds, "; ".join(data.notes))


def _describe_nothing(_: Manifest) -> str:
    return ""


def _describe_training(manifest: Manifest) -> str:
    return f"{len(manifest['models'])} models trained"


def _describe_conditions(manifest: Manifest) -> str:
    counts = {key: len(manifest[key]) for key in ("models", "diverged", "unfinished")}
    said = f"{counts['models']} of {sum(counts.values())} models of {len(manifest['conditions'])} conditions"
    return said + (f", {counts['diverged']} diverged" if counts["diverged"] else "")


def _describe_decisions(manifest: Manifest) -> str:
    accuracies = [model["accuracy"] for model in manifest["models"] if "failure" not in model]
    failed, skipped = len(manifest["models"]) - len(accuracies), len(manifest["images"].get("skipped", ()))
    return (
        f"{len(accuracies)} models × {manifest['images']['n']:,} images, "
        f"top-1 {min(accuracies):.1%} to {max(accuracies):.1%}"
        + (f", {failed} failed" if failed else "")
        + (f", {skipped:,} images left out" if skipped else "")
    )


def _describe_difficulty(manifest: Manifest) -> str:
    return ", ".join(f"{n / manifest['n_images']:.1%} {name}" for name, n in manifest["counts"].items())


def _describe_dynamics(manifest: Manifest) -> str:
    value = manifest["dichotomy"]["value"]
    return f"{manifest['n_models']} models of {manifest['folder']}, dichotomy " + (
        "undefined" if value is None else f"{value:.2f}"
    )


def _describe_stimuli(manifest: Manifest) -> str:
    settings = manifest["settings"]["stimuli"]
    trials = f"{settings['trials']} trials + {settings['practice_trials']} for practice"
    return f"{trials}, id {manifest['set_id']}"
