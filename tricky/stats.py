"""The statistics of `analysis` under plain names, for notebooks.

``analyse_…`` take a table with one row a trial and answer a question; the others are functions of arrays,
each with its source.

>>> import tricky
>>> tricky.stats.analyse_accuracy(trials, observer="Subject", item="Stimulus", correct="OK")  # doctest: +SKIP
>>> tricky.stats.population_accuracy(correct, observer, item)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from analysis.statistics.accuracy import observer_accuracy, population_accuracy
    from analysis.statistics.agreement import rating_agreement
    from analysis.statistics.bootstrap import bootstrap_accuracy
    from analysis.statistics.consistency_intervals import measure_consistency, pairs_between, pairs_within
    from analysis.statistics.consistency_sample_size import items_for_width
    from analysis.statistics.contrasts import accuracy_difference, study_difference
    from analysis.statistics.copy_model import copy_model
    from analysis.statistics.crossed_model import crossed_model
    from analysis.statistics.detection import observer_detection
    from analysis.statistics.dichotomy import (
        dichotomy,
        dichotomy_of_histogram,
        interval_of_histogram,
        measure_dichotomy,
    )
    from analysis.statistics.difficulty_models import beta_shares, fit_beta, fit_sigmoid, sigmoid_shares
    from analysis.statistics.error_consistency import error_consistency, kappa_bounds, less_biased_kappa
    from analysis.statistics.independence import independence_p_values, mean_independence_p_value
    from analysis.statistics.noise_ceiling import noise_ceiling
    from analysis.statistics.ordinal_regression import ordinal_regression
    from analysis.statistics.population_mean import population_mean
    from analysis.statistics.power import plan_study
    from analysis.statistics.rating_composition import rating_composition
    from analysis.statistics.ratings import rating_distribution
    from analysis.statistics.variance_components import variance_components
    from analysis.tables.accuracy import analyse_accuracy
    from analysis.tables.conditions import analyse_conditions
    from analysis.tables.consistency import analyse_consistency
    from analysis.tables.items import analyse_items
    from analysis.tables.ratings import analyse_ratings

__all__ = [
    "accuracy_difference",
    "analyse_accuracy",
    "analyse_conditions",
    "analyse_consistency",
    "analyse_items",
    "analyse_ratings",
    "beta_shares",
    "bootstrap_accuracy",
    "copy_model",
    "crossed_model",
    "dichotomy",
    "dichotomy_of_histogram",
    "error_consistency",
    "fit_beta",
    "fit_sigmoid",
    "independence_p_values",
    "interval_of_histogram",
    "items_for_width",
    "kappa_bounds",
    "less_biased_kappa",
    "mean_independence_p_value",
    "measure_consistency",
    "measure_dichotomy",
    "noise_ceiling",
    "observer_accuracy",
    "observer_detection",
    "ordinal_regression",
    "pairs_between",
    "pairs_within",
    "plan_study",
    "population_accuracy",
    "population_mean",
    "rating_agreement",
    "rating_composition",
    "rating_distribution",
    "sigmoid_shares",
    "study_difference",
    "variance_components",
]

__getattr__, __dir__ = attach(__name__, __file__)
