"""A study: one folder with a `study.toml` in it."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from analysis.settings import AnalyseSettings
from experiment.settings import ExperimentSettings, SimulateSettings
from model_eval.artefacts import InputError, write_text
from model_eval.settings import EvaluateSettings, ImageSettings, LabelSettings, PoolSettings, TrainSettings
from stimuli.settings import StimulusSettings

FILE_NAME = "study.toml"

Model = TypeVar("Model", bound=BaseModel)


class StudySettings(BaseModel):
    """``[study]``: what the study is called, whose it is, and its seed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)] = "My study"
    authors: Annotated[tuple[str, ...], Field(min_length=1)] = ("First Author", "Second Author")
    institution: str = "My institution"
    license: str = "CC-BY-4.0"
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
    stimuli: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")], StimulusSettings] = {
        "main": StimulusSettings()
    }
    experiment: ExperimentSettings = ExperimentSettings()
    simulate: SimulateSettings = SimulateSettings()
    analyse: AnalyseSettings = AnalyseSettings()


@dataclass(frozen=True)
class Study:
    """A study's folder and its settings; each stage has a sub-folder of its own."""

    root: Path
    settings: Settings

    @property
    def training(self) -> Path:
        """What `tricky train` writes."""
        return self.root / "training"

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
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid TOML: {error}") from None
    return validated(Settings, content, where=str(path))


def validated(model: type[Model], content: Mapping[str, Any], *, where: str) -> Model:
    """Make a settings model from plain values, or say in one line what it can't take."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first, *others = error.errors()
        more = f" (and {len(others)} more)" if others else ""
        raise InputError(f"{where}: {_explain(first, model)}{more}") from None


def _explain(error: ErrorDetails, model: type[BaseModel]) -> str:
    """Tell one validation error: the key, what was found, what was expected, the nearest valid key."""
    place, section, key = _place(error["loc"])
    if error["type"] == "extra_forbidden":
        keys = _keys_at(model, section)
        near = difflib.get_close_matches(key, keys, n=1, cutoff=0.5)
        hint = f"did you mean `{near[0]}`?" if near else f"expected one of {', '.join(keys)}"
        return f"{place}: unknown {'key' if section else 'section'}; {hint}"
    if error["type"] == "missing":
        return f"{place}: missing"
    message = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return f"{place} = {json.dumps(error['input'], default=str)}: expected {message[0].lower()}{message[1:]}"


def _place(location: tuple[int | str, ...]) -> tuple[str, list[str], str]:
    """Return a place in the file as people write it, its section, and its key (``[section] key``)."""
    parts: list[str] = []
    for part in location:
        if isinstance(part, int):  # an element of a list: named by its list
            parts[-1] += f"[{part}]"
        else:
            parts.append(part)
    if len(parts) == 1:
        return f"[{parts[0]}]", [], parts[0]
    *section, key = parts
    return f"[{'.'.join(section)}] {key}", section, key


def _keys_at(model: type[BaseModel], section: list[str]) -> list[str]:
    """Return the keys that a section knows, following its place in the file."""
    for part in section:
        field = model.model_fields.get(part)
        candidates = [field.annotation] if field else []
        while candidates:
            candidate = candidates.pop()
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
                break
            candidates.extend(getattr(candidate, "__args__", ()))
    return list(model.model_fields)


def override(study: Study, flags: Mapping[str, Mapping[str, Any]]) -> Study:
    """Return the study with the flags of one run in place of what its file says; None is no flag."""
    content = study.settings.model_dump()
    for section, values in flags.items():
        given = {key: value for key, value in values.items() if value is not None}
        for key, value in given.items():
            content[section][key] = content[section][key] | value if isinstance(value, dict) else value
    return Study(study.root, validated(Settings, content, where="command line"))
