"""The statistics of `analysis` under plain names, for notebooks: functions of arrays, each with its source.

>>> import tricky
>>> tricky.stats.population_accuracy(correct, observer, item)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from analysis.statistics.accuracy import observer_accuracy, population_accuracy
    from analysis.statistics.agreement import rating_agreement
    from analysis.statistics.bootstrap import bootstrap_accuracy
    from analysis.statistics.consistency_intervals import measure_consistency
    from analysis.statistics.contrasts import accuracy_difference, study_difference
    from analysis.statistics.copy_model import copy_model
    from analysis.statistics.crossed_model import crossed_model
    from analysis.statistics.detection import observer_detection
    from analysis.statistics.dichotomy import dichotomy, measure_dichotomy
    from analysis.statistics.error_consistency import error_consistency, kappa_bounds
    from analysis.statistics.noise_ceiling import noise_ceiling
    from analysis.statistics.ordinal_regression import ordinal_regression
    from analysis.statistics.population_mean import population_mean
    from analysis.statistics.power import plan_study
    from analysis.statistics.ratings import rating_distribution
    from analysis.statistics.variance_components import variance_components

__all__ = [
    "accuracy_difference",
    "bootstrap_accuracy",
    "copy_model",
    "crossed_model",
    "dichotomy",
    "error_consistency",
    "kappa_bounds",
    "measure_consistency",
    "measure_dichotomy",
    "noise_ceiling",
    "observer_accuracy",
    "observer_detection",
    "ordinal_regression",
    "plan_study",
    "population_accuracy",
    "population_mean",
    "rating_agreement",
    "rating_distribution",
    "study_difference",
    "variance_components",
]

_HOMES = {
    "accuracy": ("observer_accuracy", "population_accuracy"),
    "agreement": ("rating_agreement",),
    "bootstrap": ("bootstrap_accuracy",),
    "consistency_intervals": ("measure_consistency",),
    "copy_model": ("copy_model",),
    "contrasts": ("accuracy_difference", "study_difference"),
    "crossed_model": ("crossed_model",),
    "detection": ("observer_detection",),
    "dichotomy": ("dichotomy", "measure_dichotomy"),
    "error_consistency": ("error_consistency", "kappa_bounds"),
    "population_mean": ("population_mean",),
    "noise_ceiling": ("noise_ceiling",),
    "power": ("plan_study",),
    "ordinal_regression": ("ordinal_regression",),
    "ratings": ("rating_distribution",),
    "variance_components": ("variance_components",),
}
__getattr__, __dir__ = attach(
    __name__, {name: f"analysis.statistics.{home}" for home, names in _HOMES.items() for name in names}
)
