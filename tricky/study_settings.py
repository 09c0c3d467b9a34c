"""What `study.toml` says: one section for each package's settings, checked as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from analysis.settings import AnalyseSettings
from experiment.import_settings import ImportSessionsSettings
from experiment.online.settings import OnlineSettings
from experiment.settings import ExperimentSettings, SimulateSettings
from model_eval.settings import (
    EvaluateSettings,
    ImageSettings,
    ImportDecisionsSettings,
    LabelSettings,
    PoolSettings,
    TrainSettings,
)
from stimuli.settings import StimulusSettings
from tricky.core.names import FileName, Line, Name, first_duplicate
from tricky.core.settings import SettingError, SettingsModel, read_toml, validated
from tricky.core.tasks import is_imported_only
from tricky.reserved_names import check_columns

FILE_NAME = "study.toml"


class StudySettings(SettingsModel):
    """``[study]``: what the study is called, whose it is, and its seed."""

    name: Name = "My study"
    authors: Annotated[tuple[Name, ...], Field(min_length=1)] = ("First Author", "Second Author")
    institution: Line = "My institution"
    license: Line = "CC-BY-4.0"
    seed: Annotated[int, Field(ge=0)] = 1


class ImportSettings(SettingsModel):
    """``[import]``: how the files of others are read; a section for each command of `tricky import`."""

    decisions: ImportDecisionsSettings = ImportDecisionsSettings()
    sessions: ImportSessionsSettings = ImportSessionsSettings()


class Settings(SettingsModel):
    """A whole study file."""

    study: StudySettings = StudySettings()
    images: ImageSettings = ImageSettings()
    pool: PoolSettings = PoolSettings()
    train: TrainSettings = TrainSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    import_: Annotated[ImportSettings, Field(alias="import")] = ImportSettings()
    """Its name in the file is a word of Python's own."""
    label: LabelSettings = LabelSettings()
    stimuli: dict[FileName, StimulusSettings] = {"main": StimulusSettings()}
    experiment: ExperimentSettings = ExperimentSettings()
    online: OnlineSettings = OnlineSettings()
    simulate: SimulateSettings = SimulateSettings()
    analyse: AnalyseSettings = AnalyseSettings()

    @field_validator("stimuli")
    @classmethod
    def _sets_differ(cls, stimuli: dict[str, StimulusSettings]) -> dict[str, StimulusSettings]:
        if (name := first_duplicate(stimuli)) is not None:
            raise ValueError(f"sets with names that differ (capitals aside): {name!r} is there twice")
        return stimuli

    @field_validator("stimuli")
    @classmethod
    def _sets_are_shown(cls, stimuli: dict[str, StimulusSettings]) -> dict[str, StimulusSettings]:
        for name, settings in stimuli.items():
            if is_imported_only(settings.task):
                raise SettingError(
                    (name, "task"),
                    settings.task,
                    "a task that sessions are run for; this one is for `tricky import sessions`",
                )
        return stimuli

    @model_validator(mode="after")
    def _columns_differ(self) -> Settings:
        check_columns(self.stimuli, self.experiment)
        return self


def read_settings(path: Path) -> Settings:
    """Read a study file; an error names what is wrong in one line."""
    return validated(Settings, read_toml(path), where=str(path))
