import numpy as np
import pytest

from analysis.statistics.copy_model import copy_model
from analysis.statistics.error_consistency import (
    error_consistency,
    kappa_bounds,
)


def copying(n_items: int, c: float, source: float, alone: float, seed: int) -> np.ndarray:
    """Draw a source and one who copies it, or its opposite where `c` is below 0."""
    rng = np.random.default_rng(seed)
    first = rng.random(n_items) < source
    copied = first if c >= 0 else ~first
    return np.array([first, np.where(rng.random(n_items) < abs(c), copied, rng.random(n_items) < alone)])


@pytest.mark.parametrize(("c", "source", "alone"), [(0.4, 0.8, 0.6), (0.7, 0.6, 0.9), (-0.3, 0.7, 0.8)])
def test_copy_model_returns_what_subjects_were_made_with(c, source, alone):
    answers = copying(400_000, c, source, alone, seed=3)
    kappa = error_consistency(answers)[0, 1]
    found = copy_model(kappa, *answers.mean(axis=1))
    assert found.probability == pytest.approx(c, abs=0.01)
    assert found.accuracy_alone == pytest.approx(alone, abs=0.01)


def test_at_the_largest_kappa_whoever_copies_is_always_right_or_always_wrong_alone():
    # Then whatever the worse subject gets right, the better one does.
    largest = kappa_bounds(0.6, 0.9)[1]
    assert copy_model(largest, 0.6, 0.9).accuracy_alone == pytest.approx(1)
    assert copy_model(largest, 0.9, 0.6).accuracy_alone == pytest.approx(0)
    assert np.isnan(copy_model(largest + 0.01, 0.6, 0.9).accuracy_alone)


def test_with_equal_accuracies_kappa_is_the_copy_probability():
    found = copy_model([0.5, 1.0], 0.7, 0.7)
    assert found.probability == pytest.approx([0.5, 1.0])
    assert found.accuracy_alone[0] == pytest.approx(0.7)
    assert np.isnan(found.accuracy_alone[1])
