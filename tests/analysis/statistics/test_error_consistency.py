import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import cohen_kappa_score

from analysis.statistics.error_consistency import error_consistency, why_undefined
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
