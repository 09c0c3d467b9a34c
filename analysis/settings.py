"""What a study file says about the analysis."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class AnalyseSettings(BaseModel):
    """``[analyse]``: how the people are scored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Coverage that intervals are built for."""
