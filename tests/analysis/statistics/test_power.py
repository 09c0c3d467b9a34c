import numpy as np
import pytest
from scipy import stats

from analysis.statistics.power import Plan, plan_study, recommendation
from experiment.settings import SimulateSettings
from tricky.core.errors import InputError


def plan(observers, trials, n_studies=200, **population):
    settings = SimulateSettings(**population)
    return plan_study(observers, trials, settings, level=0.95, seed=3, n_studies=n_studies)


def test_where_neither_observers_nor_items_differ_power_is_that_of_independent_answers():
    # With few clusters the interval is wider than independent answers need; with 40 it is a t of 39 degrees.
    found = plan([40], [40], n_studies=400, accuracy=0.535, observer_sd_logit=0, item_sd_logit=0)
    n, quantile = 1600, stats.t.ppf(0.975, 39)
    needed = next(k for k in range(n // 2, n) if quantile * np.sqrt(k * (n - k) / n) < k - n / 2)
    expected = stats.binom.sf(needed - 1, n, 0.535)
    error = np.sqrt(expected * (1 - expected) / 400)
    assert abs(found.designs["power"].item() - expected) < 4 * error


def test_guessing_is_called_better_than_guessing_no_more_often_than_the_interval_allows():
    power = plan([9], [60], n_studies=400, accuracy=0.5).designs["power"].item()
    assert power < 0.025 + 3 * np.sqrt(0.025 * 0.975 / 400)


def test_more_observers_and_more_trials_make_narrower_intervals_and_more_power():
    designs = plan([6, 18], [40, 160], accuracy=0.6).designs
    width, power = designs["width"].to_numpy(), designs["power"].to_numpy()
    assert width[3] < min(width[1], width[2])
    assert width[0] > max(width[1], width[2])
    assert power[3] > power[0]


def test_a_design_does_not_depend_on_which_others_are_asked_for():
    alone = plan([6], [40], n_studies=20).designs
    among = plan([4, 6], [40, 50], n_studies=20).designs.query("n_observers == 6 and n_trials == 40")
    assert alone.to_numpy().tolist() == among.to_numpy().tolist()


def test_the_recommendation_names_the_smallest_design_that_is_enough_or_says_that_none_is():
    found = plan([6, 12], [40, 80], accuracy=0.7)
    designs = found.designs.assign(power=[0.5, 0.85, 0.9, 0.99], width=[0.2, 0.15, 0.14, 0.1])
    said = recommendation(Plan(found.settings, 0.95, designs))
    assert said.startswith("6 observers × 80 trials are enough")
    assert "15 percentage points wide; with 12 observers × 80 trials it is 10." in said
    none = recommendation(Plan(found.settings, 0.95, designs.assign(power=[0.1, 0.2, 0.3, 0.4])))
    assert none.startswith("None of these designs is enough")
    assert "12 observers × 80 trials, does so with a chance of 40%" in none


def test_one_observer_is_refused():
    with pytest.raises(InputError, match="at least 2 observers"):
        plan([1, 2], [20])
