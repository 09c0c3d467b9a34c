"""What a study file says about sessions, with people and with simulated observers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class MonitorSettings(BaseModel):
    """``[experiment.monitor]``: the screen that observers sit at."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width_cm: Annotated[float, Field(gt=0)] = 53.0
    """Width of the visible picture."""
    viewing_distance_cm: Annotated[float, Field(gt=0)] = 60.0
    size_px: tuple[Annotated[int, Field(ge=640)], Annotated[int, Field(ge=480)]] = (1920, 1080)
    """Width and height of the screen (of the window, where `full_screen` is off)."""
    full_screen: bool = True
    screen: Annotated[int, Field(ge=0)] = 0
    """Which screen, where there are several."""


class ExperimentSettings(BaseModel):
    """``[experiment]``: how a session runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stimuli: str = "main"
    """Name of the stimulus set: ``[stimuli.NAME]``."""
    task_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$")] = "harder"
    """The BIDS task entity of the data files: letters and digits."""
    left_key: str = "left"
    right_key: str = "right"
    continue_key: str = "space"
    quit_key: str = "escape"
    pause_key: str = "p"
    """Breaks a trial off until the continue key is pressed; the trial is shown again."""
    keyboard: Literal["ptb", "event"] = "ptb"
    """PsychoPy's keyboard backend; nothing falls back silently."""
    image_height_deg: Annotated[float, Field(gt=0, le=60)] = 8.0
    """Height of each image in degrees of visual angle."""
    inter_trial_interval_s: Annotated[float, Field(ge=0)] = 0.5
    """Fixation between a response and the next pair."""
    break_every: Annotated[int, Field(ge=0)] = 50
    """Number of main trials between breaks; 0 for none."""
    monitor: MonitorSettings = MonitorSettings()

    @model_validator(mode="after")
    def _keys_differ(self) -> ExperimentSettings:
        keys = [self.left_key, self.right_key, self.continue_key, self.quit_key, self.pause_key]
        if len(set(keys)) < len(keys):
            raise ValueError("`left_key`, `right_key`, `continue_key`, `quit_key` and `pause_key` to differ")
        return self


class SimulateSettings(BaseModel):
    """``[simulate]``: observers of known ability."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    observers: Annotated[int, Field(ge=1)] = 12
    accuracy: Annotated[float, Field(gt=0, lt=1)] = 0.81
    """Proportion correct of the population: over new observers and new items."""
    observer_sd_logit: Annotated[float, Field(ge=0)] = 0.45
    item_sd_logit: Annotated[float, Field(ge=0)] = 1.6
