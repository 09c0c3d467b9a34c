import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import cohen_kappa_score

from analysis.statistics.error_consistency import (
    error_consistency,
    kappa_bounds,
    less_biased_kappa,
    summarise_pairs,
    why_undefined,
)
from tricky.core.errors import InputError

SHAPES = st.tuples(st.integers(2, 5), st.integers(1, 40))


def reference(a: np.ndarray, b: np.ndarray) -> float:
    """Cohen's kappa by scikit-learn, NaN where one subject is constant."""
    if a.size == 0 or a.all() or b.all() or not a.any() or not b.any():
        return np.nan
    return float(cohen_kappa_score(a, b))


@given(SHAPES.flatmap(lambda shape: hnp.arrays(bool, shape)))
def test_equals_cohens_kappa_of_scikit_learn_for_every_pair(correct):
    kappa = error_consistency(correct)
    expected = [[reference(a, b) for b in correct] for a in correct]
    np.testing.assert_allclose(kappa, expected, atol=1e-12)


@given(SHAPES.flatmap(lambda shape: st.tuples(hnp.arrays(bool, shape), hnp.arrays(bool, shape))))
def test_takes_each_pair_over_the_items_that_both_saw(correct_and_observed):
    correct, observed = correct_and_observed
    kappa = error_consistency(correct, observed)
    for i, a in enumerate(correct):
        for j, b in enumerate(correct):
            common = observed[i] & observed[j]
            np.testing.assert_allclose(kappa[i, j], reference(a[common], b[common]), atol=1e-12)


def test_follows_the_definition_on_an_example_by_hand():
    # 10 items; a1 = .8, a2 = .7; both right on 6, both wrong on 1, so c_obs = .7;
    # c_exp = .8·.7 + .2·.3 = .62; κ = (.7 − .62) / (1 − .62) = .08 / .38.
    first = np.array([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], bool)
    second = np.array([1, 1, 1, 1, 1, 1, 0, 0, 1, 0], bool)
    assert error_consistency([first, second])[0, 1] == pytest.approx(0.08 / 0.38)


def test_keeps_the_sign_of_subjects_who_err_on_different_items():
    first = np.array([0, 0, 1, 1], bool)
    assert error_consistency([first, ~first])[0, 1] == pytest.approx(-1)


def test_is_undefined_where_a_subject_is_always_right_or_always_wrong():
    kappa = error_consistency(np.array([[1, 1, 1], [0, 0, 0], [1, 0, 1]], bool))
    assert np.isnan(kappa[:2]).all()
    assert np.isnan(kappa[:, :2]).all()
    assert kappa[2, 2] == 1


def test_a_common_cause_of_errors_gives_the_kappa_it_was_simulated_with():
    # With probability k both subjects share one draw of accuracy a, else each draws alone:
    # P(agree) = k + (1 − k) c_exp, so κ is k.
    rng = np.random.default_rng(7)
    n, k, accuracy = 200_000, 0.6, 0.8
    alone = rng.random((3, n)) < accuracy
    together = rng.random(n) < k
    correct = np.where(together, rng.random(n) < accuracy, alone)
    # Two subjects share the draw where both follow it; "together" is common to all three here.
    pairs = error_consistency(correct)[np.triu_indices(3, 1)]
    assert pairs.mean() == pytest.approx(k, abs=0.01)


def test_says_why_a_pair_has_no_kappa():
    correct = np.array([[1, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 1], [1, 0, 1, 0], [0, 1, 1, 1]], bool)
    observed = np.array([[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 1]], bool)
    why = why_undefined(correct, observed)
    assert "expected by chance is 1" in why[0, 1]
    assert "the other on none" in why[0, 2]
    assert "one is right on every common item, so" in why[0, 3]
    assert "one is right on no common item, so" in why[2, 3]
    assert why[0, 4] == "no item in common"
    assert why[3, 3] == ""
    np.testing.assert_array_equal(why, why.T)


@given(SHAPES.flatmap(lambda shape: st.tuples(hnp.arrays(bool, shape), hnp.arrays(bool, shape))))
def test_gives_a_reason_exactly_where_kappa_is_undefined(correct_and_observed):
    undefined = np.isnan(error_consistency(*correct_and_observed))
    np.testing.assert_array_equal(why_undefined(*correct_and_observed) != "", undefined)


@pytest.mark.parametrize(
    "wrong", [np.array([[0.0, 1.0]]), np.array([True, False]), np.array([[True, None]], object)]
)
def test_refuses_anything_but_a_table_of_bools(wrong):
    with pytest.raises(InputError, match="pass bools"):
        error_consistency(wrong)


def test_refuses_a_mask_of_another_shape():
    with pytest.raises(InputError, match="must be the same"):
        error_consistency(np.ones((2, 3), bool), np.ones((3, 2), bool))


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


def test_bounds_give_the_accuracies_that_the_authors_state_for_a_kappa():
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
