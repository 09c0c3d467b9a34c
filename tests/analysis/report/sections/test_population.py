import numpy as np
import pandas as pd
import pytest
from made_up_answers import answers_of

from analysis.report.response_bias import side_preference
from analysis.report.sections.observers import measure_observers
from analysis.report.sections.population import describe_population
from analysis.statistics.contrasts import Contrast


def test_the_populations_halves_are_the_same_as_the_observers():
    rng = np.random.default_rng(5)
    sessions = answers_of(rng.random((6, 41)) < 0.7)
    found = describe_population(sessions, rng, chance=0.5, published=0.8, level=0.95)
    order = pd.Index(sorted(set(sessions["participant"])))
    each = measure_observers(sessions, sessions, order, side_preference(sessions, None, 0.95), 0.95)
    assert isinstance(found.halves, Contrast)
    assert found.halves.first == pytest.approx(each["first_half"].mean())
    assert found.halves.second == pytest.approx(each["second_half"].mean())
    assert found.p_chance == found.accuracy.p_value(0.5)
    assert found.bootstrap.interval.low < found.accuracy.estimate < found.bootstrap.interval.high
