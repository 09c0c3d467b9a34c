from pathlib import Path
from types import SimpleNamespace

import arviz
import bambi
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import special

from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.crossed_model import CrossedModel, check_convergence, crossed_model
from analysis.statistics.estimate import Estimate
from benchmarks.coverage import mixture
from tricky.core.errors import InputError

REFERENCES = Path(__file__).parents[2] / "references"
# 15 observers answered 60 items, each in one of two conditions.  What the answers were drawn from, in logits;
# between conditions the effects of observers and of items change too, with SDs of .6 and .8.
ANSWERS = pd.read_csv(REFERENCES / "crossed_answers.csv")
INTERCEPT, EFFECT, OBSERVER_SD, ITEM_SD, SD_OF_EFFECT = 1.2, 0.8, 0.7, 1.3, np.hypot(0.6, 0.8)
CORRECT, SECOND = (ANSWERS[name].to_numpy() == 1 for name in ("correct", "second"))
WHO, WHAT = ANSWERS["observer"].to_numpy(), ANSWERS["item"].to_numpy()


@pytest.fixture(scope="module")
def plain() -> CrossedModel:
    return crossed_model(CORRECT, WHO, WHAT, np.random.default_rng(1), n_draws=1000)


@pytest.fixture(scope="module")
def compared() -> CrossedModel:
    return crossed_model(CORRECT, WHO, WHAT, np.random.default_rng(1), is_second=SECOND)


def lme4(model: str) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the maximum likelihood estimates that crossed_lme4.R wrote, each with its standard error."""
    table = pd.read_csv(REFERENCES / "crossed_lme4.csv", dtype={"group": str}, na_filter=False)
    return {
        (str(row.group), str(row.term)): (float(str(row.estimate)), float(str(row.standard_error) or "nan"))
        for row in table[table["model"] == model].itertuples()
    }


def error(estimate: Estimate) -> float:
    """Return the standard error of what is nearly normal."""
    return (estimate.high - estimate.low) / (2 * 1.96)


def logit(estimate: Estimate) -> Estimate:
    found, low, high = special.logit(np.array([estimate.estimate, estimate.low, estimate.high])).tolist()
    return Estimate(found, low, high, estimate.level, estimate.method)


def holds(estimate: Estimate, value: float) -> bool:
    return estimate.low < value < estimate.high


def test_without_conditions_estimates_are_those_of_lme4(plain):
    theirs = lme4("plain")
    value, se = theirs["", "(Intercept)"]
    typical = logit(plain.typical[0])
    assert typical.estimate == pytest.approx(value, abs=0.3 * se)
    # lme4's standard error takes the standard deviations as known: the posterior's is a little larger.
    assert 0.95 < error(typical) / se < 1.3
    # The mean of a skewed posterior lies above the maximum, the more so the fewer clusters.
    assert 1 < plain.observer_sd_logit.estimate / theirs["observer", "(Intercept)"][0] < 1.25
    assert 1 < plain.item_sd_logit.estimate / theirs["item", "(Intercept)"][0] < 1.12


def test_the_effect_of_a_condition_and_its_error_are_those_of_lme4_with_slopes_of_observers_and_items(
    compared,
):
    theirs = lme4("condition")
    assert compared.effect_logit is not None
    value, se = theirs["", "condition"]
    # Without slopes lme4's error is two thirds of it.
    assert compared.effect_logit.estimate == pytest.approx(value, abs=0.3 * se)
    assert 0.95 < error(compared.effect_logit) / se < 1.3
    first, second = (logit(each).estimate for each in compared.typical)
    assert (first + second) / 2 == pytest.approx(theirs["", "(Intercept)"][0], abs=0.1)
    assert 1 < compared.observer_sd_logit.estimate / theirs["observer", "(Intercept)"][0] < 1.25
    assert 1 < compared.item_sd_logit.estimate / theirs["item", "(Intercept)"][0] < 1.12


def test_what_the_answers_were_drawn_from_lies_in_the_intervals(compared):
    assert holds(compared.observer_sd_logit, OBSERVER_SD)
    assert holds(compared.item_sd_logit, ITEM_SD)
    assert compared.effect_logit is not None
    assert compared.difference is not None
    assert holds(compared.effect_logit, EFFECT)
    sd = float(np.sqrt(OBSERVER_SD**2 + ITEM_SD**2 + SD_OF_EFFECT**2 / 4))
    true = [mixture(INTERCEPT + x * EFFECT, sd) for x in (-0.5, 0.5)]
    for k, x in enumerate((-0.5, 0.5)):
        assert holds(compared.typical[k], special.expit(INTERCEPT + x * EFFECT))
        assert holds(compared.average[k], true[k])
    assert holds(compared.difference, true[1] - true[0])


def test_the_average_is_the_accuracy_of_the_population_that_needs_no_model(plain):
    found = population_accuracy(CORRECT, WHO, WHAT)
    (average,) = plain.average
    assert average.estimate == pytest.approx(found.estimate, abs=0.02)
    assert (average.low, average.high) == pytest.approx((found.low, found.high), abs=0.03)
    assert plain.effect_logit is plain.difference is None
    assert (plain.n_observers, plain.n_items, plain.n_trials) == (15, 60, 900)


def draws(value: float, rng: np.random.Generator, sd: float = 1e-6) -> np.ndarray:
    return value + sd * rng.standard_normal((4, 1000))


@pytest.fixture
def sampler(monkeypatch):
    """Known draws in place of the sampler's, and what the sampler was asked for."""
    rng, asked = np.random.default_rng(2), SimpleNamespace(calls=[], n_diverging=0)

    def fit(self, **options):
        asked.calls.append((str(self.formula.main), options))
        values = {"Intercept": 1.0, "condition": 0.8, "1|observer_sigma": 0.6, "1|item_sigma": 1.2}
        values |= {"condition|observer_sigma": 0.6, "condition|item_sigma": 1.0}
        diverging = np.arange(4000).reshape(4, 1000) < asked.n_diverging
        return arviz.from_dict(
            posterior={name: draws(value, rng) for name, value in values.items()},
            sample_stats={"diverging": diverging},
        )

    monkeypatch.setattr(bambi.Model, "fit", fit)
    return asked


def test_slopes_are_in_the_model_and_in_the_average_just_where_the_data_have_them(sampler):
    def accuracies(is_second) -> tuple[str, tuple[float, ...]]:
        found = crossed_model(CORRECT, WHO, WHAT, np.random.default_rng(1), is_second=is_second)
        return sampler.calls[-1][0], tuple(each.estimate for each in found.average)

    plain = 0.6**2 + 1.2**2
    for second, slopes, of_slopes in (
        (SECOND, ("observer", "item"), 0.6**2 + 1),
        (WHAT > 30, ("observer",), 0.6**2),
        (WHO > 7, ("item",), 1.0),
    ):
        formula, averages = accuracies(second)
        assert [f"condition|{each}" in formula for each in ("observer", "item")] == [
            each in slopes for each in ("observer", "item")
        ]
        sd = np.sqrt(plain + of_slopes / 4)
        assert averages == pytest.approx((mixture(0.6, sd), mixture(1.4, sd)), abs=1e-5)


def test_draws_depend_on_the_generator(sampler):
    for seed in (1, 1, 2):
        crossed_model(CORRECT, WHO, WHAT, np.random.default_rng(seed))
    first, again, other = (options["random_seed"] for _, options in sampler.calls)
    assert first == again != other


def test_divergences_are_refused(sampler):
    sampler.n_diverging = 3
    with pytest.raises(InputError, match="3 divergences"):
        crossed_model(CORRECT, WHO, WHAT, np.random.default_rng(1))


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_chains_that_disagree_or_hardly_move_are_refused_in_one_line():
    rng = np.random.default_rng(3)
    good = rng.standard_normal((4, 1000))
    slow = np.repeat(rng.standard_normal((4, 50)), 20, axis=1)
    r_hat, ess = check_convergence(chains(good), 0)
    assert r_hat < 1.01
    assert ess > 3000
    # One chain half a standard deviation away; 200 different values in all; none.
    for bad in (good + np.array([[0.5], [0], [0], [0]]), slow, np.zeros((4, 1000))):
        with pytest.raises(InputError, match="has not converged") as caught:
            check_convergence(chains(bad), 0)
        assert "\n" not in str(caught.value)


def chains(values: np.ndarray) -> xr.Dataset:
    return xr.Dataset({"x": (("chain", "draw"), values)})


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([True, False], ["a", "a"], ["x", "y"]), {}, "two of each"),
        (([True, False], ["a", "b"], ["x", "x"]), {}, "two of each"),
        (([True, None, True], ["a", "b", "b"], ["x", "x", "y"]), {}, "all answers are the same"),
        (([True, False], ["a", "b"], ["x", "y"]), {"is_second": [True, True]}, "one condition"),
        (([True, False], ["a", "b"], ["x", "y"]), {"level": 95}, "write 0.95"),
        (([True, False], ["a", "b"], ["x"]), {}, "same length"),
    ],
)
def test_data_that_no_such_model_fits_are_refused(arguments, options, message):
    correct, observer, item = arguments
    with pytest.raises(InputError, match=message):
        crossed_model(correct, observer, item, np.random.default_rng(1), **options)
