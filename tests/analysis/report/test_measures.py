import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from analysis.report.measures import observer_details
from analysis.report.response_bias import side_measures


def bars(figure, panel=0):
    return [patch for patch in figure.axes[panel].patches if isinstance(patch, Rectangle)]


def test_of_a_crowd_each_measure_is_counted():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"d_prime": rng.standard_normal(130), "criterion": np.r_[np.nan, np.ones(129)]})
    figure = observer_details(table, 0.95, "observers", side_measures(None))
    assert [sum(bar.get_height() for bar in bars(figure, panel)) for panel in (0, 1)] == [130, 129]
