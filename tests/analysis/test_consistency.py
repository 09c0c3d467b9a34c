import numpy as np
import pytest

from analysis.consistency import summarise_pairs


def test_summarises_each_pair_once_and_counts_the_undefined():
    kappa = np.array([[1, 0.2, np.nan], [0.2, 1, 0.6], [np.nan, 0.6, 1]])
    summary = summarise_pairs(kappa)
    assert summary.mean == pytest.approx(0.4)
    assert (summary.low, summary.high) == (0.2, 0.6)
    assert summary.sd == pytest.approx(np.sqrt(0.08))
    assert (summary.n_pairs, summary.n_undefined) == (2, 1)


def test_summary_of_no_defined_pair_is_nan_rather_than_an_error():
    summary = summarise_pairs(np.array([[np.nan]]))
    assert np.isnan(summary.mean)
    assert (summary.n_pairs, summary.n_undefined) == (0, 0)
