"""What a task's observers did, in the forms that a report is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data.study_data import Evidence
from experiment.records import Kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Findings:
    """What one of the tasks adds to a report, beside the models and the images.

    Attributes
    ----------
    sections : str
        Folder of the templates of the page's sections about observers.
    unit : str
        What an answer is about: a ``pair``, or an ``image``.
    chance : float or None
        Proportion correct by guessing; None where answers are neither right nor wrong.
    content : dict
        Numbers, in the page's order. Those under `exclusions` join what all reports say of these.
    figures : dict of str to Figure
    tables : dict of str to DataFrame
    pictures, thumbnails : dict of str to str
        `item_id` → file, of what is shown large and small.
    scores : object
        What all this was made from: `Scores`, or `RatingScores`.
    observers : DataFrame
        One row an observer in words, for the terminal.
    said : str
        The result in a sentence or two, likewise.
    """

    sections: str
    unit: str
    chance: float | None
    content: dict[str, Any]
    figures: dict[str, Figure]
    tables: dict[str, pd.DataFrame]
    pictures: Mapping[str, str]
    thumbnails: Mapping[str, str]
    scores: Any
    observers: pd.DataFrame
    said: str


def noun_of(evidence: Evidence) -> str:
    """Return what to call several of the observers."""
    return "simulated observers" if evidence.kind == Kind.SIMULATED else "observers"
