import numpy as np
import pytest
from rated import rated
from statsmodels.miscmodels.ordinal_model import OrderedModel

from analysis.statistics.ordinal_regression import _ordered_model, ordinal_regression
from analysis.statistics.ratings import rating_table
from tricky.core.errors import InputError


def test_slope_and_thresholds_are_those_of_statsmodels():
    rating, x, observer, item = rated(6, 50, seed=4)
    found = ordinal_regression(100 * rating, x, observer, item)
    model = OrderedModel(rating, x[:, None], distr="logit")
    fitted = model.fit(method="newton", disp=False)
    assert found.estimate == pytest.approx(fitted.params[0], abs=1e-3)
    assert found.thresholds == pytest.approx(model.transform_threshold_params(fitted.params)[1:-1], abs=1e-3)
    assert found.ratings == (100, 200, 300, 400, 500)
    assert found.low < found.estimate < found.high


def test_what_a_rating_adds_to_the_slope_is_what_more_of_it_changes():
    rating, x, observer, item = rated(6, 50, seed=5)
    table = rating_table(rating, observer, item, x=x)
    _, slope, influence = _ordered_model(table["rating"], table["x"])
    for which in (0, 50, 299):
        more = table.iloc[[*range(len(table)), which]]
        changed = _ordered_model(more["rating"], more["x"])[1] - slope
        assert changed == pytest.approx(influence[which], abs=4e-4)
        assert abs(influence[which]) > 1e-3


def test_with_two_ratings_and_two_groups_the_slope_is_the_log_odds_ratio():
    rating = np.repeat([1, 2, 1, 2], [30, 10, 12, 28])
    observer, item = np.tile(np.arange(4), 20), np.repeat(np.arange(20), 4)
    found = ordinal_regression(rating, item >= 10, observer, item)
    assert found.estimate == pytest.approx(np.log((28 / 12) / (10 / 30)), abs=1e-3)


def test_units_and_zero_of_the_predictor_change_nothing_but_its_units():
    rating, x, observer, item = rated(6, 50, seed=6)
    share = ordinal_regression(rating, x, observer, item)
    count = ordinal_regression(rating, 1000 + 50 * x, observer, item)
    assert (50 * count.estimate, 50 * count.low) == pytest.approx((share.estimate, share.low), rel=1e-4)
    assert count.thresholds - 1000 * count.estimate == pytest.approx(share.thresholds, abs=1e-3)


def test_missing_ratings_are_left_out():
    rating, x, observer, item = rated(5, 30, seed=8)
    rating[::7] = np.nan
    kept = ~np.isnan(rating)
    rest = rating[kept], x[kept], observer[kept], item[kept]
    whole, part = ordinal_regression(rating, x, observer, item), ordinal_regression(*rest)
    assert (whole.estimate, whole.low, whole.high) == (part.estimate, part.low, part.high)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"predictor": [1, 1, 1, 1]}, "the predictor took one value only"),
        ({"rating": [2, 2, 2, 2]}, "ratings took one value only"),
        ({"rating": [np.nan] * 4}, "no rating is left"),
        ({"rating": [1, 2]}, "one of each for every trial"),
        ({"rating": [1, 2, 1, 2]}, "without exception"),
        ({"rating": [2, 1, 2, 1]}, "without exception"),
    ],
)
def test_what_has_no_slope_is_refused_in_one_line(change, message):
    trials = {"rating": [1, 2, 2, 1], "predictor": [0, 1, 0, 1], "observer": [0, 0, 1, 1], "item": [0, 1] * 2}
    with pytest.raises(InputError, match=message):
        ordinal_regression(**(trials | change))
