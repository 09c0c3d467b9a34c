import json

import numpy as np
import pytest

from analysis.statistics.accuracy import population_accuracy
from benchmarks import coverage_accuracy
from benchmarks.coverage_accuracy import DESIGNS, USED, outcome
from benchmarks.coverage_bound import coverage
from benchmarks.interval_methods import project, t_on_logit_scale
from benchmarks.simulated_studies import Design, Moments, _moments
from benchmarks.stored_results import RESULTS

N_STUDIES = 4_000


def test_many_studies_at_once_get_the_limits_that_each_gets_alone():
    rng = np.random.default_rng(1)
    right = rng.random((30, 5, 20)) < rng.beta(5, 1, (30, 5, 1))
    moments = Moments(*_moments(right.mean(axis=2), right.mean(axis=1)))
    observer, item = (index.ravel() for index in np.indices((5, 20)))
    low, high = project(moments, 5, 20, 0.95)
    for number, answers in enumerate(right):
        found = population_accuracy(answers.ravel(), observer, item)
        assert (low[number], high[number]) == pytest.approx((found.low, found.high), rel=1e-9)


def test_the_interval_on_the_logit_scale_is_the_delta_methods():
    moments = Moments(*(np.array([each]) for each in (0.8, 0.003, 0.001, 0.0005, 0.0)))
    low, high = t_on_logit_scale(moments, 9, 60, 0.95)
    # V = .0035, ν = V² / (.003²/8 + .001²/59) = 10.728, t = 2.2083; around logit .8 = 1.38629 lies
    # t √V / .16 = .81652.
    limits = 1 / (1 + np.exp(-1.38629 + np.array([0.81652, -0.81652])))
    assert (low[0], high[0]) == pytest.approx(limits, abs=1e-4)


# One binomial standard error is .34 points; .93 and .97 with three of them on either side.
@pytest.mark.parametrize(
    "design",
    [
        Design(3, 149, 0.45, 1.6, 0.6),
        Design(5, 60, 1.5, 0.3, 0.9),
        Design(9, 149, 1.5, 0.3, 0.9),
        Design(12, 20, 0.45, 1.6, 0.81),
        Design(8, 57, 1.5, 0.3, 0.03),
    ],
    ids=str,
)
def test_few_observers_are_covered_as_often_as_the_interval_says(design):
    found = outcome(design, N_STUDIES, [7])[USED]
    assert 0.92 < found["coverage"] < 0.98
    assert found["degenerate"] == 0


def test_without_any_spread_the_interval_covers_no_more_than_the_degrees_of_freedom_make_it():
    found = outcome(Design(9, 149, 0, 0, 0.6), N_STUDIES, [8])[USED]["coverage"]
    assert 0.95 < found < 0.98


@pytest.mark.parametrize(("df", "least", "most"), [(2, 0.93, 0.98), (4, 0.93, 0.97), (8, 0.935, 0.965)])
def test_degrees_of_freedom_keep_the_coverage_for_every_spread(df, least, most):
    covered = coverage(1 - 1 / df, df)
    assert least < covered.min() < covered.max() < most


def test_the_published_coverage_is_that_of_108_designs_with_5000_studies_or_more():
    found = json.loads((RESULTS / "coverage_accuracy.json").read_text(encoding="utf-8"))
    assert len(DESIGNS) == 108
    assert found["n_studies"] >= 5000
    assert found["seed"] == coverage_accuracy.SEED
    published = [each["methods"][USED]["coverage"] for each in found["results"][:108]]
    assert min(published) > 0.93
