"""Sessions, trials, labels and exclusions as tables: everything that a report is computed from.

`read_sessions` reads the trials of a study, and `exclude` applies rules of exclusion to them. `gather`
returns all data of a report, `gather_models` those of a comparison of models. The modules of this package
are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from analysis.data.compared_models import ComparedModels, gather_models
    from analysis.data.exclusions import Exclusion, exclude
    from analysis.data.sessions import read_sessions
    from analysis.data.study_data import Selection, StudyData, gather

__all__ = [
    "ComparedModels",
    "Exclusion",
    "Selection",
    "StudyData",
    "exclude",
    "gather",
    "gather_models",
    "read_sessions",
]

__getattr__, __dir__ = attach(__name__, __file__)
