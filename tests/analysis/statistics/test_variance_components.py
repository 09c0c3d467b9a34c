import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from analysis.statistics.variance_components import Components, on_logit_scale, variance_components
from benchmarks.coverage import Design
from tricky.core.errors import InputError


def study(n_observers: int, n_items: int, seed: int, sd_observer: float = 0.6, sd_item: float = 1.3):
    rng = np.random.default_rng(seed)
    design = Design(n_observers, n_items, sd_observer, sd_item, 0.8)
    observer, item = (index.ravel() for index in np.indices((n_observers, n_items)))
    return design.answers(design.abilities(rng), rng).ravel(), observer, item


def test_complete_tables_give_the_analysis_of_variance_of_statsmodels():
    # Expected mean squares: rest; rest + n_items · observer; rest + n_observers · item.
    correct, observer, item = study(8, 30, seed=1)
    frame = pd.DataFrame({"x": correct.astype(float), "observer": observer, "item": item})
    table = anova_lm(ols("x ~ C(observer) + C(item)", frame).fit())
    squares = (table["sum_sq"] / table["df"]).to_dict()
    rest = squares["Residual"]
    found = variance_components(correct, observer, item)
    assert found.rest == pytest.approx(rest)
    assert found.observer == pytest.approx((squares["C(observer)"] - rest) / 30)
    assert found.item == pytest.approx((squares["C(item)"] - rest) / 8)
    assert sum(found.shares) == pytest.approx(1)


def test_holes_leave_the_estimates_unbiased():
    rng = np.random.default_rng(3)
    found, complete = [], []
    for seed in range(150):
        correct, observer, item = study(8, 40, seed)
        kept = rng.random(len(correct)) < np.where(observer < 4, 0.9, 0.4)
        found.append(variance_components(correct[kept], observer[kept], item[kept]))
        complete.append(variance_components(correct, observer, item))
    assert np.mean(found, axis=0) == pytest.approx(np.mean(complete, axis=0), abs=0.003)


# Simulated observers: what is put in comes back, on average over 40 studies of 40 × 300.
@pytest.mark.parametrize(("sd_observer", "sd_item"), [(0.45, 1.6), (0.9, 0.5)])
def test_what_simulated_observers_were_given_comes_back(sd_observer, sd_item):
    back = [
        on_logit_scale(variance_components(*study(40, 300, seed, sd_observer, sd_item))) for seed in range(40)
    ]
    intercept = Design(40, 300, sd_observer, sd_item, 0.8).constant
    assert np.mean(back, axis=0) == pytest.approx([intercept, sd_observer, sd_item], abs=0.06)


def test_no_variance_beyond_chance_is_none_in_logits():
    found = on_logit_scale(Components(0.8, -0.001, 0.0, 0.16))
    assert found == pytest.approx((np.log(4), 0, 0), abs=0.02)


@pytest.mark.parametrize(
    ("components", "message"), [((1.0, 0, 0, 0), "no logit"), ((0.5, 0.24, 0.2, 0.0), "no normal effects")]
)
def test_components_that_no_observers_have_are_refused(components, message):
    with pytest.raises(InputError, match=message):
        on_logit_scale(Components(*components))


def test_one_observer_has_no_variance():
    with pytest.raises(InputError, match="two of both"):
        variance_components([True, False], ["a", "a"], ["x", "y"])
