from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from model_eval.label.criterion import difficulty_of, least_models
from model_eval.label.subpools import leave_one_out, shares_by_size


@pytest.fixture
def correct() -> np.ndarray:
    """Nine models of different ability on 400 images of different difficulty."""
    rng = np.random.default_rng(3)
    skill, ease = rng.normal(0.5, 1, (9, 1)), rng.normal(0, 2.5, 400)
    return rng.random((9, 400)) < 1 / (1 + np.exp(-skill - ease))


@pytest.mark.parametrize("whole", [True, False])
def test_mean_shares_of_subpools_are_what_the_hypergeometric_distribution_says(
    correct: np.ndarray, whole: bool
) -> None:
    seen = np.ones_like(correct)
    if not whole:  # an image that nobody saw has no difficulty and changes no share
        correct, seen = (np.pad(each, ((0, 0), (0, 1))) for each in (correct, seen))
    table = shares_by_size(correct, seen, 1, 0.5, np.random.default_rng(1), n_orders=2000)
    shares = table.pivot_table(index="n_models", columns="difficulty", values="share")
    spread = table.pivot_table(index="n_models", columns="difficulty", values="sd")
    assert shares.index.tolist() == [3, 4, 5, 6, 7, 8, 9]
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    n_correct = correct[:, :400].sum(axis=0)
    for size in shares.index:
        right = stats.hypergeom(9, n_correct, size)
        error = 5 * spread.loc[size] / np.sqrt(2000) + 1e-9
        assert abs(shares.loc[size, "trivial"] - float(np.mean(right.sf(size - 2)))) < error["trivial"]
        assert abs(shares.loc[size, "impossible"] - float(np.mean(right.cdf(1)))) < error["impossible"]
    assert (table.query("n_models == 9")[["sd"]] < 1e-12).all(axis=None)
    assert (table["low"] <= table["share"] + 1e-12).all()
    assert (table["share"] <= table["high"] + 1e-12).all()


@pytest.mark.parametrize("tolerance", [0, 1, 3, 8])
@pytest.mark.parametrize("n_unseen", [0, 30, 400])
def test_shares_of_one_order_are_those_of_labelling_its_first_models(tolerance: int, n_unseen: int) -> None:
    rng = np.random.default_rng(7)
    correct = rng.random((19, 400)) < rng.choice([0, 0.05, 0.5, 0.9, 1], 400)
    seen = np.ones_like(correct)
    seen[:, :n_unseen] = rng.random((19, n_unseen)) < 0.8
    correct &= seen
    table = shares_by_size(correct, seen, tolerance, 0.5, np.random.default_rng(8), n_orders=1)
    order = np.random.default_rng(8).permutation(19)
    shares = table.pivot_table(index="n_models", columns="difficulty", values="share")
    assert shares.index.tolist() == list(range(2 * tolerance + 1, 20))
    for size in shares.index:
        first = order[:size]
        least = least_models(size, tolerance, 0.5)
        labels = difficulty_of(correct[first].sum(axis=0), seen[first].sum(axis=0), tolerance, least)
        for kind in ("trivial", "in-between", "impossible"):
            assert shares.loc[size, kind] == (labels == kind).sum() / (labels != "n/a").sum()


def test_the_same_seed_draws_the_same_subpools(correct: np.ndarray) -> None:
    seen = np.ones_like(correct)
    first, again = (shares_by_size(correct, seen, 1, 0.5, np.random.default_rng(8), 20) for _ in range(2))
    assert first.equals(again)


FAMILIES = ("a", "a", "a", "b", "b", "", "", "c", "c")


def test_leaving_out_is_labelling_the_rest(correct: np.ndarray) -> None:
    models = [f"m{index}" for index in range(9)]
    table, lowest = leave_one_out(correct, np.ones_like(correct), models, FAMILIES, 1, 0.5)
    whole = difficulty_of(correct.sum(axis=0), 9, 1)
    kin = np.array([family or model for family, model in zip(FAMILIES, models, strict=True)])
    expected_lowest = np.ones(400)
    for row in table.itertuples():
        keep = (np.array(models) if row.what == "model" else kin) != row.left_out
        right, n = correct[keep].sum(axis=0), int(keep.sum())
        labels = difficulty_of(right, n, 1)
        assert row.n_models == n
        assert row.n_relabelled == (labels != whole).sum()
        assert row.trivial == pytest.approx((labels == "trivial").mean())
        assert row.impossible_change == pytest.approx(
            (labels == "impossible").mean() - (whole == "impossible").mean()
        )
        resampled = stats.binom(n, right / n)
        trivial, impossible = resampled.sf(n - 2), resampled.cdf(1)
        same = np.select([whole == "trivial", whole == "impossible"], [trivial, impossible])
        same = np.where(whole == "in-between", 1 - trivial - impossible, same)
        assert row.stability == pytest.approx(same.mean())
        if row.what == "family":
            expected_lowest = np.minimum(expected_lowest, same)
    assert table["left_out"].tolist() == [*models, "a", "b", "m5", "m6", "c"]
    np.testing.assert_allclose(lowest, np.clip(expected_lowest, 0, 1), atol=1e-12)


def test_six_relatives_are_not_six_votes() -> None:
    # Six models of one family call image 0 right and image 1 wrong; the three others do the opposite.
    correct = np.array([[True, False]] * 6 + [[False, True]] * 3)
    names = [str(index) for index in range(9)]
    families = ["resnet"] * 6 + ["x", "y", "z"]
    table, hangs_on_kin = leave_one_out(correct, np.ones_like(correct), names, families, 1, 0.5)
    assert hangs_on_kin.tolist() == [0, 0]  # without the ResNets: impossible and trivial for certain
    assert table.query("left_out == 'resnet'")["n_relabelled"].tolist() == [2]


def test_an_image_that_only_one_family_saw_depends_on_it() -> None:
    correct = np.ones((6, 2), dtype=bool)
    seen = correct.copy()
    seen[3:, 1] = False
    _, lowest = leave_one_out(correct & seen, seen, list("abcdef"), ["k"] * 3 + ["l"] * 3, 0, 0.5)
    assert lowest.tolist() == [1, 0]


def test_what_cannot_be_labelled_without_is_missing(correct: np.ndarray) -> None:
    table, lowest = leave_one_out(correct[:3], np.ones((3, 400), dtype=bool), list("abc"), ["k"] * 3, 1, 0.5)
    assert table[["trivial", "n_relabelled", "stability"]].isna().all(axis=None)
    assert np.isnan(lowest).all()
