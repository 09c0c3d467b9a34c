import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from analysis.statistics import consistency_variance, subject_model
from analysis.statistics.consistency_intervals import (
    measure_consistency,
    pairs_between,
    pairs_within,
)
from analysis.statistics.error_consistency import (
    error_consistency,
)
from tricky.core.errors import InputError


def answers(n_subjects: int, n_items: int, seed: int, shared: float = 0.6) -> np.ndarray:
    """Draw subjects who are right on 80% of items and share a draw with probability `shared`."""
    rng = np.random.default_rng(seed)
    alone = rng.random((n_subjects, n_items)) < 0.8
    return np.where(rng.random(n_items) < shared, rng.random(n_items) < 0.8, alone)


def limits_by_scipy(correct: np.ndarray, statistic) -> tuple[float, float]:
    """Return the percentile interval of scipy's bootstrap over items, with scikit-learn's kappa."""
    found = stats.bootstrap(
        tuple(correct), statistic, paired=True, vectorized=False, n_resamples=500, method="percentile", rng=5
    )
    return found.confidence_interval.low, found.confidence_interval.high


@pytest.mark.parametrize(
    ("pairs", "compared_with", "statistic"),
    [
        ([(0, 1)], None, cohen_kappa_score),
        (
            [(0, 1)],
            [(0, 2)],
            lambda a, b, c: cohen_kappa_score(a, b) - cohen_kappa_score(a, c),
        ),
        (
            pairs_within(range(3)),
            None,
            lambda a, b, c: np.mean([cohen_kappa_score(x, y) for x, y in ((a, b), (a, c), (b, c))]),
        ),
    ],
    ids=["a pair", "a difference", "a mean"],
)
def test_on_many_items_the_interval_is_the_bootstrap_of_scipy(pairs, compared_with, statistic):
    correct = answers(3, 1200, seed=1)
    low, high = limits_by_scipy(correct[:2] if statistic is cohen_kappa_score else correct, statistic)
    found = measure_consistency(correct, pairs, compared_with=compared_with)
    # Limits of 500 resamples have a standard error of 5% of the width.
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.2 * (high - low))


def test_value_is_the_mean_over_pairs_and_the_difference_of_two_means():
    correct = answers(5, 80, seed=3)
    kappa = error_consistency(correct)
    within, between = pairs_within([0, 1, 2]), pairs_between([0, 1, 2], [3, 4])
    assert within.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert between.tolist() == [[0, 3], [0, 4], [1, 3], [1, 4], [2, 3], [2, 4]]
    found = measure_consistency(correct, within, compared_with=between)
    assert found.estimate == pytest.approx(kappa[[0, 0, 1], [1, 2, 2]].mean() - kappa[:3, 3:].mean())
    assert (found.n_items, found.n_pairs, found.n_undefined) == (80, 9, 0)


# One binomial standard error of 1,000 studies is .7 points; the plain percentile interval holds 0 in 28%.
def test_subjects_who_share_no_error_in_the_sample_may_still_be_independent():
    rng = np.random.default_rng(5)
    held = []
    for _ in range(1000):
        correct = rng.random((2, 60)) < np.array([[0.95], [0.9]])
        found = measure_consistency(correct, [(0, 1)])
        if np.isfinite(found.estimate):
            held.append(found.low <= 0 <= found.high)
    assert 0.93 < np.mean(held) < 0.97


def test_an_interval_for_other_subjects_is_wider_where_they_differ_and_not_where_they_do_not():
    # Subjects 0–3 share most draws, 4–7 few: which ones were asked decides the mean.
    correct = np.vstack([answers(4, 2000, 1, shared=0.95), answers(4, 2000, 2, shared=0.1)])
    alike = answers(8, 2000, 3)
    pairs, everyone = pairs_within(range(8)), [range(8)]
    widths = []
    for data in (correct, alike):
        these = measure_consistency(data, pairs)
        others = measure_consistency(data, pairs, new_subjects=everyone)
        assert others.estimate == these.estimate
        widths.append((others.high - others.low) / (these.high - these.low))
    assert widths[0] > 3
    assert 1 <= widths[1] < 1.15


def test_items_that_a_subject_did_not_see_count_for_no_pair():
    correct = answers(3, 90, seed=8)
    seen = np.ones_like(correct)
    seen[1, :30] = False
    masked = measure_consistency(correct, [(0, 1)], observed=seen)
    cut = measure_consistency(correct[:, 30:], [(0, 1)])
    assert masked.estimate == pytest.approx(cut.estimate)
    assert masked.high - masked.low == pytest.approx(cut.high - cut.low, rel=0.1)
    # A third of the items tells nothing of the pair, whatever stands there.
    other = correct.copy()
    other[1, :30] = ~other[1, :30]
    assert measure_consistency(other, [(0, 1)], observed=seen) == masked


def test_a_seen_mask_that_is_full_changes_nothing():
    correct = answers(4, 60, seed=9)
    pairs = pairs_within(range(4))
    given = (
        measure_consistency(correct, pairs, observed=observed, new_subjects=[range(4)])
        for observed in (None, np.ones_like(correct))
    )
    assert next(given) == next(given)


def test_the_result_does_not_depend_on_how_much_is_held_in_memory(monkeypatch):
    correct = answers(6, 50, seed=2)
    arguments = {"compared_with": pairs_between(range(4), [4, 5]), "new_subjects": [range(4), [4, 5]]}
    results = []
    for chunk in (2**25, 40):
        monkeypatch.setattr(consistency_variance, "CHUNK", chunk)
        results.append(measure_consistency(correct, pairs_within(range(4)), **arguments))
    assert (results[0].low, results[0].high) == pytest.approx((results[1].low, results[1].high))


def test_pairs_without_kappa_are_left_out_and_counted():
    correct = answers(4, 60, seed=2)
    correct[3] = True
    found = measure_consistency(correct, pairs_within(range(4)))
    assert (found.n_pairs, found.n_undefined) == (3, 3)
    nothing = measure_consistency(correct, [(0, 3)])
    assert np.isnan([nothing.estimate, nothing.low, nothing.high]).all()
    assert nothing.reason == "no pair has an error consistency"


def test_two_subjects_give_no_interval_for_others():
    correct = answers(2, 60, seed=2)
    found = measure_consistency(correct, [(0, 1)], new_subjects=[[0, 1]])
    assert np.isfinite(found.estimate)
    assert np.isnan([found.low, found.high]).all()
    assert found.reason == "without one of the subjects no pair is left"


@pytest.mark.parametrize(
    ("pair", "message"),
    [((0, 5), "names subject 5"), ((-1, 0), "rows 0 to 2"), ((1, 1), "one subject twice")],
)
def test_refuses_pairs_of_whom_there_is_no_row(pair, message):
    with pytest.raises(InputError, match=message):
        measure_consistency(answers(3, 20, seed=1), [pair])


@pytest.mark.parametrize("all_seen", [True, False])
@pytest.mark.parametrize("kind", ["within", "between", "one and the others"])
def test_classes_of_equal_accuracy_give_the_interval_of_single_subjects(monkeypatch, kind, all_seen):
    correct = answers(14, 80, seed=5)
    seen = np.ones_like(correct) if all_seen else np.random.default_rng(6).random(correct.shape) < 0.9
    pairs = {
        "within": pairs_within(range(14)),
        "between": pairs_between(range(3), range(3, 14)),
        "one and the others": pairs_between([0], range(1, 14)),
    }[kind]
    found = {}
    for apart in (100, 2):
        monkeypatch.setattr(subject_model, "SUBJECTS_APART", apart)
        found[apart] = measure_consistency(correct, pairs, observed=seen, new_subjects=[range(3, 14)])
    assert found[2].estimate == found[100].estimate
    assert (found[2].low, found[2].high) == pytest.approx((found[100].low, found[100].high), rel=1e-9)
