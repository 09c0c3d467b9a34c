"""The state of a study's folders: their content, what they were made from, and what is out of date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.manifests import read_manifest
from tricky.stages.declared import CONDITIONS, DATA, DYNAMICS, REPORT, STAGES, STIMULI, TRAINING, Stage
from tricky.study_folder import StudyFolder


class State(StrEnum):
    """Whether a stage's folder exists, and whether its origins are unchanged."""

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
        Relative to the study; ``report/dynamics`` is a page in the report's folder.
    command : str
        The command that makes it.
    state : State
    holds, why : str
        Its content, and what is wrong with it; empty if nothing.
    """

    folder: str
    command: str
    state: State
    holds: str = ""
    why: str = ""


def study_status(study: StudyFolder) -> list[StageStatus]:
    """Return the status of every stage of a study, in the order of the data flow."""
    return list(_look(study))


def _look(study: StudyFolder) -> Iterator[StageStatus]:
    """Yield the status of one stage after the other; who needs an early one does not wait for all."""
    found: dict[str, StageStatus] = {}
    for stage in STAGES:
        for folder in _folders(study, stage):
            if stage is DATA:
                found[folder] = _data_status(study)
            else:
                found[folder] = _stage_status(study, stage, folder, found)
            yield found[folder]


def _folders(study: StudyFolder, stage: Stage) -> Iterator[str]:
    """Return the folders of a stage: one for each stimulus set; none if it neither exists nor is due."""
    if stage is STIMULI:
        yield from (f"{stage.folder}/{name}" for name in study.set_names())
    elif (
        not stage.optional
        or _manifest(study, stage, stage.folder).is_file()
        or (stage is CONDITIONS and study.settings.train.describes_conditions)
    ):
        yield stage.folder


def _manifest(study: StudyFolder, stage: Stage, folder: str) -> Path:
    """Return the path of a stage's manifest; the page of `tricky dynamics` is in the report's folder."""
    parent = study.report if stage is DYNAMICS else study.root / folder
    return parent / stage.manifest_class.file_name


def require_current(study: StudyFolder, folder: str) -> None:
    """Raise an error if the origins of a stage have changed since it was made.

    Raises
    ------
    InputError
        The stage is out of date; the message says why and what to run.
    """
    status = next(each for each in _look(study) if each.folder == folder)
    if status.state is State.OUT_OF_DATE:
        path = study.root / folder
        raise InputError(f"{path}: out of date ({status.why}); run `{status.command}` first")


def _stage_status(
    study: StudyFolder, stage: Stage, folder: str, before: Mapping[str, StageStatus]
) -> StageStatus:
    path = _manifest(study, stage, folder)
    command = f"tricky {stage.command}" + (f" {Path(folder).name}" if stage is STIMULI else "")
    if not path.is_file():
        return StageStatus(folder, command, State.MISSING)
    try:
        manifest = read_manifest(path, stage.manifest_class, command)
    except InputError as error:
        return StageStatus(folder, command, State.OUT_OF_DATE, why=str(error))
    command = manifest.made_by or command
    holds = manifest.summary()
    broken = list(_broken_links(study.root, manifest.made_from, before))
    if stage is REPORT:
        broken += _new_sessions(study, manifest.made_from)
    if broken:
        return StageStatus(folder, command, State.OUT_OF_DATE, holds, "; ".join(broken))
    made_with = manifest.settings.model_dump(mode="json", exclude_unset=True)
    if changed := list(_other_settings(study, folder, made_with)):
        return StageStatus(folder, command, State.OTHER_SETTINGS, holds, "; ".join(changed))
    if unfinished := getattr(manifest, "unfinished", ()):
        why = f"{len(unfinished)} models are still to be trained; `{command}` continues"
        return StageStatus(folder, command, State.UNFINISHED, holds, why)
    # Not an error: a stage may run on a machine that has only the files that it reads.
    if elsewhere := [name for name in manifest.made_from if not (study.root / name).is_file()]:
        why = f"made from {', '.join(elsewhere)}"
        return StageStatus(folder, command, State.ORIGINS_ELSEWHERE, holds, why)
    return StageStatus(folder, command, State.CURRENT, holds)


def _broken_links(
    root: Path, made_from: Mapping[str, str], before: Mapping[str, StageStatus]
) -> Iterator[str]:
    """Describe which origins of a folder have changed, or are themselves out of date."""
    for name, digest in made_from.items():
        origin = root / name
        status = before.get(Path(name).parent.as_posix())
        if origin.is_file() and sha256_of(origin) != digest:
            yield f"{name} has changed"
        elif status and status.state is State.OUT_OF_DATE:
            yield f"{status.folder} is out of date"


def _other_settings(study: StudyFolder, folder: str, made_with: Mapping[str, Any]) -> Iterator[str]:
    """Describe the settings of a folder that differ from those of the study file."""
    now = study.settings.model_dump(mode="json", by_alias=True)
    if folder.startswith(f"{STIMULI.folder}/"):
        name = folder.removeprefix(f"{STIMULI.folder}/")
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
        yield from _differences(section, then, now[section])


def _differences(section: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Describe which values of a section, or of a table within it, are others now."""
    for key, value in then.items():
        current = now.get(key)
        if isinstance(value, dict) and isinstance(current, dict):
            both = dict.fromkeys([*value, *current])
            yield from _differences(f"{section}.{key}", both | value, both | current)
        elif current != value:
            yield f"{section}.{key} was {value}, study.toml has {current}"


def _other_models(study: StudyFolder, folder: str, then: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Describe how the models that a folder was made with differ from those of the pool.

    Manifests contain the entries of the models: the name of a pool file does not change with its content.
    """
    from model_eval.networks.pool import read_pool
    from model_eval.settings import ModelEntry

    entries = read_pool(study.settings.pool, study.root)
    if folder == TRAINING.folder:
        entries = [entry for entry in entries if entry.weights == "train"]
    now = {entry.name: entry.model_dump(mode="json") for entry in entries}
    before = {entry["name"]: ModelEntry.model_validate(entry).model_dump(mode="json") for entry in then}
    for name in before.keys() - now.keys():
        yield f"{name} is no longer in the pool"
    for name, entry in now.items():
        if name not in before:
            yield f"{name} is new in the pool"
        elif before[name] != entry:
            yield f"{name} has changed in the pool"


def _other_recipe(study: StudyFolder, then: Mapping[str, Any]) -> Iterator[str]:
    """Describe how the recipe differs from the one that models were trained with."""
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


def _new_sessions(study: StudyFolder, made_from: Mapping[str, str]) -> Iterator[str]:
    """Name sessions that were recorded or merged after the report was made."""
    from experiment.data.find_sessions import find_sessions

    for file in find_sessions(study.data).sessions:
        name = file.table.relative_to(study.root).as_posix()
        if name not in made_from:
            yield f"{name} is new"


def _data_status(study: StudyFolder) -> StageStatus:
    """Count the sessions, and those whose stimulus set is no longer the study's."""
    if not (study.data / "dataset_description.json").is_file():
        return StageStatus(DATA.folder, f"tricky {DATA.command}", State.MISSING)
    from experiment.data.read_data import read_data
    from stimuli.records import set_id_in

    try:
        data = read_data(study.data)
        data.require_sessions()
        set_id = set_id_in(study.stimulus_set(study.settings.experiment.stimuli))
        imported = {each.sidecar.stimulus_set.name for each in data.sessions if each.sidecar.imported}
        set_ids = {set_id, *(set_id_in(study.stimulus_set(name)) for name in imported if name)}
    except InputError as error:
        return StageStatus(DATA.folder, f"tricky {DATA.command}", State.OUT_OF_DATE, why=str(error))
    sessions = {  # of several tasks in one session, the first
        (each.file.participant, each.file.session): each for each in reversed(data.sessions) if each.n_rows
    }
    by_kind = defaultdict[str, list[bool]](list)
    for (participant, _), session in sessions.items():
        by_kind[data.participants.kinds[participant]].append(bool(session.complete))
    holds = ", ".join(
        f"{len(complete)} {'people' if kind == 'person' else kind} ({sum(complete)} complete)"
        for kind, complete in sorted(by_kind.items())
    )
    others = sum(each.sidecar.stimulus_set.set_id not in set_ids for each in sessions.values())
    if others:
        why = f"{others} sessions saw another stimulus set than stimuli/{study.settings.experiment.stimuli}"
        return StageStatus(DATA.folder, f"tricky {DATA.command}", State.OUT_OF_DATE, holds, why)
    return StageStatus(DATA.folder, f"tricky {DATA.command}", State.CURRENT, holds, "; ".join(data.notes))
