import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from analysis.statistics.estimate import NoResult
from analysis.statistics.psychometric import Psychometric, accuracy_by, psychometric


def sessions(gaps, n_observers, threshold, rng, n_pairs=20):
    """Return answers of observers whose accuracy is ½ + ½ Φ of the gap."""
    gap = np.tile(np.repeat(gaps, n_pairs), n_observers)
    pair = np.tile(np.arange(len(gaps) * n_pairs), n_observers)
    right = rng.random(len(gap)) < 0.5 + 0.5 * norm.cdf((gap - threshold) / 0.25)
    return pd.DataFrame(
        {
            "participant": np.repeat(np.arange(n_observers), len(gaps) * n_pairs),
            "trial_id": pair,
            "gap": gap,
            "correct": pd.array(right, dtype="boolean"),
        }
    )


def test_each_level_has_its_accuracy_and_the_threshold_that_was_put_in_comes_back():
    rng = np.random.default_rng(31)
    data = sessions(np.linspace(0.1, 1, 8), 10, 0.5, rng)
    by_gap = accuracy_by("gap", data, 0.95)
    assert by_gap["n_answers"].tolist() == [200] * 8
    counted = data.astype({"correct": float}).groupby("gap")["correct"].mean()
    assert by_gap["accuracy"].tolist() == pytest.approx(counted.tolist())
    fit = psychometric(by_gap, 0.95)
    assert isinstance(fit, Psychometric)
    assert fit.estimate == pytest.approx(0.5, abs=0.1)
    assert fit.low < 0.5 < fit.high


def test_three_levels_get_no_curve():
    rng = np.random.default_rng(32)
    found = psychometric(accuracy_by("gap", sessions([0.8, 0.9, 1.0], 5, 0.5, rng), 0.95), 0.95)
    assert found == NoResult("a psychometric function needs 4 levels, there are 3")


def test_many_gaps_are_put_into_bins_and_keep_every_answer():
    data = sessions(np.linspace(0.01, 1, 60), 2, 0.5, np.random.default_rng(33), n_pairs=2)
    by_gap = accuracy_by("gap", data, 0.95)
    assert len(by_gap) == 10
    assert by_gap["n_answers"].sum() == len(data)
    assert by_gap["gap"].is_monotonic_increasing
