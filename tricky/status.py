"""What a study's folders hold, what it was made from, and what is out of date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from model_eval.artefacts import InputError, read_json, sha256_of
from tricky.study import Study


class State(StrEnum):
    """How an artefact stands to what it was made from."""

    MISSING = "not there yet"
    CURRENT = "up to date"
    CHANGED_SETTINGS = "made with other settings"
    OUT_OF_DATE = "out of date"


@dataclass(frozen=True)
class StageStatus:
    """One line of `tricky status`.

    Attributes
    ----------
    stage : str
        Folder, relative to the study.
    command : str
        What makes it.
    state : State
    holds : str
        What is there, in words.
    why : str
        What is wrong with it; empty where nothing is.
    """

    stage: str
    command: str
    state: State
    holds: str = ""
    why: str = ""


def study_status(study: Study) -> list[StageStatus]:
    """Look at every stage of a study, in the order in which data flows."""
    names = list(study.settings.stimuli)
    return [
        _status(study, "training", "training.json", "tricky train", _training_holds),
        _status(study, "decisions", "pool.json", "tricky evaluate", _decisions_hold),
        _status(study, "difficulty", "difficulty.json", "tricky label", _difficulty_holds),
        *(
            _status(study, f"stimuli/{name}", "stimulus_set.json", f"tricky stimuli build {name}", _stimuli_hold)
            for name in names
        ),
        _data_status(study),
        _status(study, "report", "results.json", "tricky analyse", _report_holds),
    ]


def require_current(study: Study, stage: str) -> None:
    """Refuse to go on from a stage whose own origins changed after it was made.

    Raises
    ------
    InputError
        The stage is out of date; the line says why and what to run.
    """
    for status in study_status(study):
        if status.stage == stage and status.state is State.OUT_OF_DATE:
            raise InputError(f"{study.root / stage}: out of date, {status.why}; run `{status.command}` first")


def _status(study: Study, stage: str, manifest_name: str, command: str, holds: Any) -> StageStatus:
    path = study.root / stage / manifest_name
    if not path.is_file():
        return StageStatus(stage, command, State.MISSING)
    try:
        manifest = read_json(path, command)
    except InputError as error:
        return StageStatus(stage, command, State.OUT_OF_DATE, why=str(error))
    broken = [why for why in _broken_links(study.root, manifest)]
    if broken:
        return StageStatus(stage, command, State.OUT_OF_DATE, holds(manifest), "; ".join(broken))
    changed = list(_changed_settings(study, stage, manifest.get("settings", {})))
    if changed:
        return StageStatus(stage, command, State.CHANGED_SETTINGS, holds(manifest), "; ".join(changed))
    return StageStatus(stage, command, State.CURRENT, holds(manifest))
