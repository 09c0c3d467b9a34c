"""What did observers and models do, and with what certainty?"""

from analysis.accuracy import PopulationAccuracy, observer_accuracy, population_accuracy
from analysis.sessions import read_sessions
from model_eval.agreement import error_consistency

__all__ = [
    "PopulationAccuracy",
    "error_consistency",
    "observer_accuracy",
    "population_accuracy",
    "read_sessions",
]
