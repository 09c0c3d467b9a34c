import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

from analysis.statistics.consistency_bounds import (
    copy_model,
    independence_p_values,
    items_for_width,
    kappa_bounds,
    less_biased_kappa,
    mean_independence_p_value,
    summarise_pairs,
)
from analysis.statistics.consistency_intervals import measure_consistency, pairs_within
from analysis.statistics.error_consistency import error_consistency
from tricky.core.errors import InputError


def copying(n_items: int, c: float, source: float, alone: float, seed: int) -> np.ndarray:
    """Draw a source and one who copies it, or its opposite where `c` is below 0."""
    rng = np.random.default_rng(seed)
    first = rng.random(n_items) < source
    copied = first if c >= 0 else ~first
    return np.array([first, np.where(rng.random(n_items) < abs(c), copied, rng.random(n_items) < alone)])


def test_summarises_each_pair_once_and_counts_the_undefined():
    kappa = np.array([[1, 0.2, np.nan], [0.2, 1, 0.6], [np.nan, 0.6, 1]])
    summary = summarise_pairs(kappa)
    assert summary.mean == pytest.approx(0.4)
    assert (summary.low, summary.high) == (0.2, 0.6)
    assert summary.sd == pytest.approx(np.sqrt(0.08))
    assert (summary.n_pairs, summary.n_undefined) == (2, 1)


def test_summary_of_no_defined_pair_is_nan_rather_than_an_error():
    summary = summarise_pairs(np.array([[np.nan]]))
    assert np.isnan(summary.mean)
    assert (summary.n_pairs, summary.n_undefined) == (0, 0)


def test_no_two_subjects_lie_outside_the_bounds_and_some_lie_on_them():
    # All 2 × 2 tables of 12 items.
    n = 12
    tables = [(a, b, c) for a in range(n + 1) for b in range(n + 1 - a) for c in range(n + 1 - a - b)]
    extremes: dict[tuple[int, int], list[float]] = {}
    for both, first, second in tables:
        answers = np.zeros((2, n), bool)
        answers[0, : both + first] = True
        answers[1, :both] = answers[1, both + first : both + first + second] = True
        extremes.setdefault((both + first, both + second), []).append(error_consistency(answers)[0, 1])
    for (right, other), found in extremes.items():
        smallest, largest = kappa_bounds(right / n, other / n)
        np.testing.assert_allclose([np.min(found), np.max(found)], [smallest, largest], atol=1e-12)


def test_bounds_tell_the_accuracies_that_the_authors_give_for_a_kappa():
    # Klein et al. (2025), their code: with a1 = .9 and κ = .5, the other accuracy is at most .964 and at
    # least .75; with a1 = .5, between .25 and .75.
    for first, other in ((0.9, 0.75), (0.9, 0.9642857), (0.5, 0.25), (0.5, 0.75)):
        assert kappa_bounds(first, other)[1] == pytest.approx(0.5, abs=1e-6)


def test_less_biased_estimate_is_nearly_free_of_bias_where_two_err_alike():
    # 20,000 samples of 10 items, of which half are answered alike: the mean's standard error is .002.
    rng = np.random.default_rng(1)
    alike, shared, *alone = rng.random((4, 20_000, 10)) < 0.5
    pairs = np.where(alike, shared, np.array(alone)).transpose(1, 0, 2)
    kappa = np.array([error_consistency(pair)[0, 1] for pair in pairs])
    assert np.nanmean(kappa) < 0.48
    assert np.nanmean(less_biased_kappa(kappa, 10)) == pytest.approx(0.5, abs=0.01)


def test_less_biased_estimate_compares_different_items_only():
    # Agreement expected by chance from all pairs of two different items, counted one by one.
    a, b = np.random.default_rng(5).random((2, 9)) < np.array([[0.7], [0.6]])
    differ = np.mean([a[i] != b[j] for i in range(9) for j in range(9) if i != j])
    kappa = error_consistency(np.array([a, b]))[0, 1]
    assert less_biased_kappa(kappa, 9) == pytest.approx(1 - (a != b).mean() / differ)


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


def test_independence_p_values_are_fishers_less_half_of_what_was_observed():
    answers = np.random.default_rng(2).random((4, 30)) < 0.7
    seen = np.random.default_rng(3).random((4, 30)) < 0.9
    p = independence_p_values(answers, seen)
    np.testing.assert_array_equal(p, p.T)
    assert np.isnan(np.diag(p)).all()
    for j, k in pairs_within(range(4)):
        common = seen[j] & seen[k]
        table = [
            [np.sum((answers[j] == x) & (answers[k] == y) & common) for y in (True, False)]
            for x in (True, False)
        ]
        tails = [np.asarray(stats.fisher_exact(table, alternative=side))[1] for side in ("less", "greater")]
        # The observed table stands in both tails: together they exceed 1 by its probability.
        half = (sum(tails) - 1) / 2
        assert p[j, k] == pytest.approx(min(1, 2 * (min(tails) - half)))


def test_a_pair_without_kappa_has_no_p_value():
    p = independence_p_values(np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 1, 1]], bool))
    assert np.isnan(p[0]).all()
    assert p[1, 2] == 1


def test_mean_over_pairs_is_told_from_independence_where_no_single_pair_is():
    rng = np.random.default_rng(8)
    shared = rng.random(60) < 0.35
    common, alone = rng.random(60) < 0.8, rng.random((8, 60)) < 0.8
    answers = np.where(shared, common, alone)
    pairs = pairs_within(range(8))
    assert mean_independence_p_value(answers, pairs, rng, n_permutations=200) < 0.02
    seen = rng.random(answers.shape) < 0.8
    assert mean_independence_p_value(answers, pairs, rng, seen, n_permutations=200) < 0.02
    assert mean_independence_p_value(alone, pairs, rng, n_permutations=200) > 0.05
    assert np.isnan(mean_independence_p_value(np.ones((2, 9), bool), [(0, 1)], rng))


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


def test_with_the_items_needed_the_interval_is_as_wide_as_asked_for():
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
def test_a_width_or_a_kappa_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        items_for_width(*arguments)
