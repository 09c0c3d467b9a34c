from __future__ import annotations

from math import hypot

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit, logit
from scipy.stats import kstest, norm

from experiment.observers import (
    Population,
    SimulatedDisplay,
    SimulatedObserver,
    population_intercept,
    standard_normal,
)
from experiment.records import Ask, Option, ScheduledTrial, Side
from experiment.settings import SimulateSettings
from stimuli.records import Block


@pytest.mark.parametrize("accuracy", [0.1, 0.5, 0.81, 0.99])
@pytest.mark.parametrize("sd", [0.0, 0.45, hypot(0.45, 1.6), 4.0])
def test_the_intercept_gives_the_population_its_accuracy(accuracy, sd):
    mu = population_intercept(accuracy, sd)
    if sd == 0:
        assert mu == pytest.approx(logit(accuracy))
        return
    mean, _ = quad(lambda z: expit(mu + sd * z) * norm.pdf(z), -12, 12, limit=200)
    assert mean == pytest.approx(accuracy, abs=1e-6)


def test_the_intercept_agrees_with_a_monte_carlo_population():
    # 400,000 new observers, each with a new item; the standard error of the mean is below 0.0005.
    rng = np.random.default_rng(20240501)
    effects = rng.normal(0, 0.45, 400_000) + rng.normal(0, 1.6, 400_000)
    mean = expit(population_intercept(0.81, hypot(0.45, 1.6)) + effects).mean()
    assert mean == pytest.approx(0.81, abs=4 * 0.0005)


def test_keyed_deviates_are_standard_normal_and_belong_to_their_key():
    deviates = [standard_normal(1, "item", f"t{number}") for number in range(4000)]
    assert kstest(deviates, "norm").pvalue > 0.001
    assert standard_normal(1, "item", "t7") == deviates[7]
    assert standard_normal(2, "item", "t7") != deviates[7]
    assert standard_normal(1, "observer", "t7") != deviates[7]


ASK = Ask("response", "", tuple(Option(side, "", side) for side in Side))


def choices(ease: float, harder: Side | None, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Return whether an observer was right (left, where nothing is), and the response times in s."""
    display = SimulatedDisplay()
    observer = SimulatedObserver(ease - 1.0, {"t0": 1.0}, np.random.default_rng(11), display)
    trial = ScheduledTrial(0, Block.MAIN, "t0", ("i0", "i1"), harder)
    made = [observer.choose(trial, ASK) for _ in range(n)]
    assert display.now_s == pytest.approx(sum(choice.response_time_s or 0 for choice in made))
    target = harder or Side.LEFT
    return np.array([c.answer == target for c in made]), np.array([c.response_time_s for c in made])


@pytest.mark.parametrize("ease", [-2.0, 0.0, 1.5, 800.0])
@pytest.mark.parametrize("harder", list(Side))
def test_an_observer_is_right_as_often_as_ability_and_item_say(ease, harder):
    p = float(expit(ease))
    correct, _ = choices(ease, harder)
    assert abs(correct.mean() - p) <= 4 * (p * (1 - p) / len(correct)) ** 0.5


def test_an_observer_who_can_never_be_right_never_is():
    assert not choices(-5000.0, Side.LEFT, 100)[0].any()


def test_where_both_items_are_equally_hard_the_side_is_a_coin_toss():
    left, _ = choices(3.0, None)
    assert abs(left.mean() - 0.5) < 4 * (0.25 / len(left)) ** 0.5


def test_response_times_are_positive_skewed_and_longer_where_it_is_harder():
    (_, hard), (_, easy) = choices(0.0, Side.LEFT), choices(3.0, Side.LEFT)
    assert hard.min() > 0.15
    assert np.median(hard) > np.median(easy) > 0.5
    assert hard.mean() > np.median(hard)
    assert hard.max() < 10


def test_effects_have_the_standard_deviations_asked_for():
    population = Population.of(SimulateSettings(observer_sd_logit=0.45, item_sd_logit=1.6), seed=3)
    items = np.array([population.item_effect(f"t{number}") for number in range(3000)])
    observers = np.array([population.observer_effect(f"sim{number}") for number in range(3000)])
    # The standard error of an SD is sd / sqrt(2 n): 1.3%.
    assert items.std() == pytest.approx(1.6, rel=0.055)
    assert observers.std() == pytest.approx(0.45, rel=0.055)
    assert abs(np.corrcoef(items, observers)[0, 1]) < 4 / 3000**0.5
