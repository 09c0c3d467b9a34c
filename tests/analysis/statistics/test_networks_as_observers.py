import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from analysis.statistics.networks_as_observers import (
    choices,
    consistency_with_people,
    feature_choices,
)


def test_the_image_with_the_smaller_score_is_taken_for_the_harder_and_equal_ones_for_neither():
    harder = pd.DataFrame({"m": [0.2, 0.9, 0.5, np.nan]})
    easier = pd.DataFrame({"m": [0.8, 0.1, 0.5, 0.5]})
    assert choices(harder, easier)["m"].tolist() == pytest.approx([1, 0, np.nan, np.nan], nan_ok=True)


def test_features_that_predict_the_harder_image_are_found_on_left_out_pairs_and_noise_is_not():
    rng = np.random.default_rng(6)
    harder, easier = rng.standard_normal((2, 400, 3))
    noise = feature_choices(pd.DataFrame(harder), pd.DataFrame(easier), rng)
    assert noise is not None
    assert 0.4 < noise.mean() < 0.6  # four standard errors of 400 guesses
    harder[:, 1] += 1.0
    told = feature_choices(pd.DataFrame(harder), pd.DataFrame(easier), rng)
    assert told is not None
    # The difference is normal with mean 1 and variance 2: the best possible is Φ(1/√2) = 76%.
    assert 0.70 < told.mean() < 0.82
    assert feature_choices(pd.DataFrame(harder[:5]), pd.DataFrame(easier[:5]), rng) is None


def test_mean_consistency_with_people_is_that_of_scikit_learn_and_holds_with_holes():
    rng = np.random.default_rng(7)
    people = (rng.random((6, 80)) < 0.8).astype(float)
    people[rng.random(people.shape) < 0.2] = np.nan
    networks = (rng.random((2, 80)) < 0.7).astype(float)
    networks[1] = 1.0
    found = consistency_with_people(networks, people, 0.95)
    kappas = [cohen_kappa_score(row[~np.isnan(row)], networks[0][~np.isnan(row)]) for row in people]
    assert found["kappa"][0] == pytest.approx(np.mean(kappas))
    assert found["kappa_low"][0] < found["kappa"][0] < found["kappa_high"][0]
    assert np.isnan(found["kappa"][1])  # always right: nothing can be said
