"""What a study's folders hold, what it was made from, and what is out of date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.manifests import StageManifest, read_manifest
from tricky.study import Study

if TYPE_CHECKING:
    from analysis.data.results_manifest import DynamicsManifest
    from model_eval.manifests import ConditionsManifest, DifficultyManifest, PoolManifest, TrainingManifest
    from stimuli.manifest import SetManifest

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
        ("training", "training/training.json", "tricky train"),
        ("conditions", "conditions/conditions.json", "tricky train"),
        ("decisions", "decisions/pool.json", "tricky evaluate"),
        ("difficulty", "difficulty/difficulty.json", "tricky label"),
        (DYNAMICS, "report/dynamics.json", "tricky dynamics"),
        *(
            (f"stimuli/{name}", f"stimuli/{name}/stimulus_set.json", f"tricky stimuli build {name}")
            for name in _stimulus_sets(study)
        ),
        ("data", "data/dataset_description.json", "tricky run"),
        ("report", "report/results.json", "tricky analyse"),
    ]
    # A study of observers can do without these: they are named only where somebody asked for them.
    expected = {"conditions": study.settings.train.describes_conditions, DYNAMICS: False}
    found: dict[str, StageStatus] = {}
    for folder, manifest, command in stages:
        path = study.root / manifest
        if not path.is_file() and not expected.get(folder, True):
            continue
        if folder == "data":
            found[folder] = _data_status(study)
        else:
            found[folder] = _stage_status(study, folder, path, command, found)
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
    study: Study, folder: str, path: Path, command: str, before: Mapping[str, StageStatus]
) -> StageStatus:
    if not path.is_file():
        return StageStatus(folder, command, State.MISSING)
    try:
        manifest = read_manifest(path, _model_of(path), command)
    except InputError as error:
        return StageStatus(folder, command, State.OUT_OF_DATE, why=str(error))
    holds = _describe(manifest)
    broken = list(_broken_links(study.root, manifest.made_from, before))
    if folder == "report":
        broken += _new_sessions(study, manifest.made_from)
    if broken:
        return StageStatus(folder, command, State.OUT_OF_DATE, holds, "; ".join(broken))
    made_with = manifest.settings.model_dump(mode="json", exclude_unset=True)
    if changed := list(_other_settings(study, folder, made_with)):
        return StageStatus(folder, command, State.OTHER_SETTINGS, holds, "; ".join(changed))
    if unfinished := getattr(manifest, "unfinished", ()):
        why = f"{len(unfinished)} models are still to be trained; {command} goes on"
        return StageStatus(folder, command, State.UNFINISHED, holds, why)
    # No fault: a stage may run on a machine that was given only what it reads.
    if elsewhere := [name for name in manifest.made_from if not (study.root / name).is_file()]:
        why = f"made from {', '.join(elsewhere)}"
        return StageStatus(folder, command, State.ORIGINS_ELSEWHERE, holds, why)
    return StageStatus(folder, command, State.CURRENT, holds)


def _model_of(path: Path) -> type[StageManifest[Any]]:
    """Return what the manifest of a stage holds, by its name."""
    from analysis.data.results_manifest import DynamicsManifest, ResultsManifest
    from model_eval import manifests
    from stimuli.manifest import SetManifest

    return {
        "training.json": manifests.TrainingManifest,
        "conditions.json": manifests.ConditionsManifest,
        "pool.json": manifests.PoolManifest,
        "difficulty.json": manifests.DifficultyManifest,
        "stimulus_set.json": SetManifest,
        "results.json": ResultsManifest,
        "dynamics.json": DynamicsManifest,
    }[path.name]


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
    from stimuli.records import read_set_manifest

    try:
        data = read_data(study.data)
        sessions = table_of(data).drop_duplicates(["participant", "session"])
    except InputError as error:
        return StageStatus("data", "tricky run", State.OUT_OF_DATE, why=str(error))
    holds = ", ".join(
        f"{len(rows)} {'people' if kind == 'person' else kind} ({int(rows['complete'].sum())} complete)"
        for kind, rows in sessions.groupby("kind", observed=True)
    )
    stimuli = study.stimulus_set(study.settings.experiment.stimuli)
    set_id = read_set_manifest(stimuli).set_id if (stimuli / "stimulus_set.json").is_file() else None
    others = int((sessions["set_id"] != set_id).sum())
    if others:
        why = f"{others} sessions saw another stimulus set than stimuli/{study.settings.experiment.stimuli}"
        return StageStatus("data", "tricky run", State.OUT_OF_DATE, holds, why)
    return StageStatus("data", "tricky run", State.CURRENT, holds, "; ".join(data.notes))


def _describe(manifest: StageManifest[Any]) -> str:
    """Say in a few words what a stage holds."""
    describe = {
        "TrainingManifest": _describe_training,
        "ConditionsManifest": _describe_conditions,
        "PoolManifest": _describe_decisions,
        "DifficultyManifest": _describe_difficulty,
        "DynamicsManifest": _describe_dynamics,
        "SetManifest": _describe_stimuli,
    }.get(type(manifest).__name__)
    return "" if describe is None else describe(manifest)


def _describe_training(manifest: TrainingManifest) -> str:
    return f"{len(manifest.models)} models trained"


def _describe_conditions(manifest: ConditionsManifest) -> str:
    n_models, n_diverged = len(manifest.models), len(manifest.diverged)
    n_all = n_models + n_diverged + len(manifest.unfinished)
    said = f"{n_models} of {n_all} models of {len(manifest.conditions)} conditions"
    return said + (f", {n_diverged} diverged" if n_diverged else "")


def _describe_decisions(manifest: PoolManifest) -> str:
    accuracies = [model.accuracy for model in manifest.answered]
    n_failed, n_skipped = len(manifest.failures), len(manifest.images.skipped)
    return (
        f"{len(accuracies)} models × {manifest.images.n:,} images"
        + (f", top-1 {min(accuracies):.1%} to {max(accuracies):.1%}" if accuracies else "")
        + (f", {n_failed} failed" if n_failed else "")
        + (f", {n_skipped:,} images left out" if n_skipped else "")
    )


def _describe_difficulty(manifest: DifficultyManifest) -> str:
    if not manifest.n_images:
        return "no image has a difficulty"
    shares = {name: n / manifest.n_images for name, n in manifest.counts.by_name().items()}
    return ", ".join(f"{share:.1%} {name}" for name, share in shares.items())


def _describe_dynamics(manifest: DynamicsManifest) -> str:
    value = manifest.dichotomy.value
    return f"{manifest.n_models} models of {manifest.folder}, dichotomy " + (
        "undefined" if value is None else f"{value:.2f}"
    )


def _describe_stimuli(manifest: SetManifest) -> str:
    settings = manifest.settings.stimuli
    return f"{settings.trials} trials + {settings.practice_trials} for practice, id {manifest.set_id}"
