import numpy as np
import pandas as pd
import pytest

from analysis.report.sections.networks_as_observers import network_accuracies
from analysis.statistics.accuracy import observer_accuracy, population_accuracy


@pytest.mark.parametrize("n_pairs", [7, 60, 149])
def test_a_machine_that_is_always_right_is_drawn_though_its_limit_misses_1_by_a_last_digit(n_pairs):
    observer, item = (index.ravel() for index in np.indices((6, n_pairs)))
    people = population_accuracy((observer + item) % 5 > 0, observer, item)
    perfect = observer_accuracy(np.ones(n_pairs, bool), np.full(n_pairs, "m"))
    row = perfect.loc["m", ["accuracy", "low", "high"]].to_dict()
    nothing = dict.fromkeys(("kappa", "kappa_low", "kappa_high"), np.nan)
    networks = pd.DataFrame([{"network": "m", "measure": "entropy", **row, **nothing}])
    network_accuracies(networks, people, 0.5, chance=0.5, noun="observers")
