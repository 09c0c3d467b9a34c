"""Settings of the analysis in a study file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from tricky.core.names import Line, Name, PathText
from tricky.core.settings import SettingError, SettingsModel

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]


class ExcludeSettings(SettingsModel):
    """``[analyse.exclude]``: what is excluded, in the order of `analysis.data.exclusions`."""

    sessions: dict[Line, Name] = {}
    """``07`` (a participant) or ``07/2`` (one session of several), each with the reason."""
    min_catch_accuracy: Share | None = None
    """Smallest share of correct catch trials of a session."""
    timing_ok: bool = False
    """Whether to exclude trials whose `timing_ok` is false."""
    focus: bool = False
    """Whether to exclude trials of online sessions during which another window had the focus, or the page
    left the full screen."""
    repeated: bool = False
    """Whether to exclude online sessions in a browser in which another session had been begun before."""
    min_response_time_s: Seconds | None = None
    max_response_time_s: Seconds | None = None
    max_share_missing: Share | None = None
    """Largest share of its scored trials that a session may lack, those excluded by other rules included."""

    @model_validator(mode="after")
    def _times_in_order(self) -> ExcludeSettings:
        low, high = self.min_response_time_s, self.max_response_time_s
        if low is not None and high is not None and low >= high:
            raise SettingError("min_response_time_s", low, f"less than `max_response_time_s` ({high:g})")
        return self


class AnalyseSettings(SettingsModel):
    """``[analyse]``: how observers are scored."""

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Coverage of intervals."""
    compare_with: list[PathText] = []
    """Folders of other studies to compare with, relative to the folder of this one."""
    exclude: ExcludeSettings = ExcludeSettings()
