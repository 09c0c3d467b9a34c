import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

from analysis.statistics.consistency_intervals import measure_consistency
from analysis.statistics.consistency_sample_size import items_for_width
from tricky.core.errors import InputError


@pytest.mark.parametrize(("kappa", "first", "second"), [(0.0, 0.7, 0.8), (0.5, 0.8, 0.75), (0.8, 0.6, 0.6)])
def test_items_needed_follow_from_the_variance_that_statsmodels_gives(kappa, first, second):
    n = 10_000_000
    disagree = (1 - kappa) * (first * (1 - second) + second * (1 - first))
    only_first = (disagree + first - second) / 2
    table = np.array(
        [
            [first - only_first, only_first],
            [disagree - only_first, 1 - first - disagree + only_first],
        ]
    )
    reference = vars(cohens_kappa(table * n))
    assert reference["kappa"] == pytest.approx(kappa, abs=1e-9)
    needed = (2 * stats.norm.ppf(0.975) * reference["std_kappa"] / 0.1) ** 2 * n
    assert items_for_width(0.1, kappa, first, second) == pytest.approx(needed, abs=1)


def copying(n_items: int, c: float, source: float, alone: float, seed: int) -> np.ndarray:
    """Draw a source and one who copies it, or its opposite where `c` is below 0."""
    rng = np.random.default_rng(seed)
    first = rng.random(n_items) < source
    copied = first if c >= 0 else ~first
    return np.array([first, np.where(rng.random(n_items) < abs(c), copied, rng.random(n_items) < alone)])


def test_with_the_items_needed_the_interval_has_the_requested_width():
    needed = items_for_width(0.2, 0.4, 0.8, 0.8)
    widths = []
    for seed in range(60):
        answers = copying(needed, 0.4, 0.8, 0.8, seed)
        found = measure_consistency(answers, [(0, 1)])
        widths.append(found.high - found.low)
    assert np.mean(widths) == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((0.2, 0.9, 0.9, 0.6), "between -0.19 and 0.29"), ((0.0, 0.2, 0.8, 0.8), "above 0")],
)
def test_an_impossible_width_or_kappa_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        items_for_width(*arguments)
