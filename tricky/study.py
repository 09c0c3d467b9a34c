"""A study: one folder with a `study.toml` in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from analysis.settings import AnalyseSettings
from experiment.settings import ExperimentSettings, SimulateSettings
from model_eval.settings import EvaluateSettings, ImageSettings, LabelSettings, PoolSettings, TrainSettings
from stimuli.settings import StimulusSettings
from tricky.core.errors import InputError
from tricky.core.files import write_text
from tricky.core.matching import match_entries
from tricky.core.names import FileName, Line, check_line, first_duplicate
from tricky.core.settings import read_toml, validated
from tricky.lab_names import check_columns, read_as_missing

FILE_NAME = "study.toml"
_N_NAMED = 5
"""Places that a warning names."""


class StudySettings(BaseModel):
    """``[study]``: what the study is called, whose it is, and its seed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1), AfterValidator(check_line)] = "My study"
    authors: Annotated[tuple[Line, ...], Field(min_length=1)] = ("First Author", "Second Author")
    institution: Line = "My institution"
    license: Line = "CC-BY-4.0"
    seed: Annotated[int, Field(ge=0)] = 1


class Settings(BaseModel):
    """A whole study file: one section a stage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: StudySettings = StudySettings()
    images: ImageSettings = ImageSettings()
    pool: PoolSettings = PoolSettings()
    train: TrainSettings = TrainSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    label: LabelSettings = LabelSettings()
    stimuli: dict[FileName, StimulusSettings] = {"main": StimulusSettings()}
    experiment: ExperimentSettings = ExperimentSettings()
    simulate: SimulateSettings = SimulateSettings()
    analyse: AnalyseSettings = AnalyseSettings()

    @field_validator("stimuli")
    @classmethod
    def _sets_differ(cls, stimuli: dict[str, StimulusSettings]) -> dict[str, StimulusSettings]:
        if (name := first_duplicate(stimuli)) is not None:
            raise ValueError(f"sets with names that differ (capitals aside): {name!r} is there twice")
        return stimuli

    @model_validator(mode="after")
    def _columns_differ(self) -> Settings:
        check_columns(self.stimuli, self.experiment)
        return self


@dataclass(frozen=True)
class Study:
    """A study's folder and its settings; each stage has a sub-folder of its own."""

    root: Path
    settings: Settings

    def warnings(self) -> list[str]:
        """Return what may go wrong with these settings, each in one line."""
        places = read_as_missing(self.settings)
        if not places:
            return []
        named = ", ".join(places[:_N_NAMED]) + (" …" if len(places) > _N_NAMED else "")
        return [
            f"{self.root / FILE_NAME}: pandas and R read these as missing unless they are told otherwise "
            f'(`keep_default_na=False`, `na.strings="n/a"`); tricky does not: {named}'
        ]

    @property
    def training(self) -> Path:
        """What `tricky train` writes."""
        return self.root / "training"

    @property
    def conditions(self) -> Path:
        """What `tricky train` writes where ``[train]`` names a recipe."""
        return self.root / "conditions"

    @property
    def decisions(self) -> Path:
        """What `tricky evaluate` writes."""
        return self.root / "decisions"

    @property
    def difficulty(self) -> Path:
        """What `tricky label` writes."""
        return self.root / "difficulty"

    @property
    def data(self) -> Path:
        """What sessions write: a BIDS data set."""
        return self.root / "data"

    @property
    def report(self) -> Path:
        """What `tricky analyse` writes."""
        return self.root / "report"

    def stimulus_set(self, name: str) -> Path:
        """Return the folder of one stimulus set."""
        return self.root / "stimuli" / name

    def shown_set(self) -> Path:
        """Return the folder of the stimulus set that sessions show.

        Raises
        ------
        InputError
            The study describes no set of that name, and holds no successor that is called so.
        """
        name = self.settings.experiment.stimuli
        folder = self.stimulus_set(name)
        if not folder.is_dir():
            there = [path.parent.name for path in self.root.glob("stimuli/*/stimulus_set.json")]
            known = dict.fromkeys([*self.settings.stimuli, *sorted(there)])
            where = f"{self.root / FILE_NAME}: [experiment] stimuli"
            match_entries([name], known, where=where, what="stimulus set")
        return folder


def create_study(folder: Path, *, name: str | None = None, seed: int | None = None) -> Study:
    """Write a commented study file into `folder` (made where missing), and nothing else.

    Raises
    ------
    InputError
        There is a study file already.
    """
    path = folder / FILE_NAME
    if path.exists():
        raise InputError(f"{path}: there is a study here already; edit it, or name another folder")
    text = resources.files("tricky").joinpath("study.toml.template").read_text(encoding="utf-8")
    if name is not None:
        text = text.replace('name = "My study"', f"name = {json.dumps(name, ensure_ascii=False)}")
    if seed is not None:
        text = text.replace("seed = 1  ", f"seed = {seed}  ")
    write_text(path, text)
    return open_study(folder)


def open_study(start: Path) -> Study:
    """Open the study that `start` lies in: the nearest folder, upwards, with a study file.

    Raises
    ------
    InputError
        There is none, or it doesn't say what a study file can say.
    """
    start = start.resolve()
    for root in (start, *start.parents):
        if (root / FILE_NAME).is_file():
            return Study(root, read_settings(root / FILE_NAME))
    raise InputError(f"{start}: no {FILE_NAME} here or above; run `tricky init` to begin a study")


def read_settings(path: Path) -> Settings:
    """Read a study file; whatever is wrong in it is told in one line."""
    return validated(Settings, read_toml(path), where=str(path))


def override(study: Study, flags: Mapping[str, Mapping[str, Any]]) -> Study:
    """Return the study with the flags of one run in place of what its file says; None is no flag."""
    content = study.settings.model_dump()
    for section, values in flags.items():
        given = {key: value for key, value in values.items() if value is not None}
        for key, value in given.items():
            content[section][key] = content[section][key] | value if isinstance(value, dict) else value
    return Study(study.root, validated(Settings, content, where="command line"))
