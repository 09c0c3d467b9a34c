"""What did observers and models do, and with what certainty?

`read_sessions` returns all trials of a study as a table; the other functions are statistics of arrays, of
which `tricky.stats` has all, and calls that take tables. `analysis.data` gathers what a report is computed
from, and `analysis.report` writes it. The modules of this package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from analysis.data.sessions import read_sessions
    from analysis.statistics.accuracy import observer_accuracy, population_accuracy
    from analysis.statistics.error_consistency import error_consistency
    from analysis.statistics.population_mean import PopulationMean

__all__ = ["PopulationMean", "error_consistency", "observer_accuracy", "population_accuracy", "read_sessions"]

__getattr__, __dir__ = attach(__name__, __file__)
