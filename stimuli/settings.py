"""What a study file says about a stimulus set."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class StimulusSettings(BaseModel):
    """``[stimuli.NAME]``: one stimulus set of the study."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: Literal["2afc"] = "2afc"
    """Two-alternative forced choice between a trivial and an impossible image."""
    trials: Annotated[int, Field(ge=1)] = 60
    """Number of pairs in the main block."""
    practice_trials: Annotated[int, Field(ge=0)] = 5
    """Number of pairs before it, of other images."""
