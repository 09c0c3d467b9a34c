"""What did observers and models do, and with what certainty?"""

from analysis.data.sessions import read_sessions
from analysis.statistics.accuracy import observer_accuracy, population_accuracy
from analysis.statistics.error_consistency import error_consistency
from analysis.statistics.population_mean import PopulationMean

__all__ = [
    "PopulationMean",
    "error_consistency",
    "observer_accuracy",
    "population_accuracy",
    "read_sessions",
]
