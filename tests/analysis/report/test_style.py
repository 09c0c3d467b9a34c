import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd

from analysis.report import style
from analysis.report.drawings import consistency_matrix
from analysis.statistics.error_consistency import error_consistency


def matrix_figure(n_subjects):
    correct = np.random.default_rng(5).random((n_subjects, 30)) < 0.8
    correct[0] = True
    names = [f"s{number:02d}" for number in range(n_subjects)]
    return consistency_matrix(pd.DataFrame(error_consistency(correct), names, names), "observers")


def test_the_same_figure_is_the_same_file_without_a_date(tmp_path):
    for name in ("one", "two"):
        style.save(matrix_figure(4), tmp_path / name)
    for suffix in (".svg", ".png"):
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()
    assert "<dc:date>" not in (tmp_path / "one.svg").read_text()


def test_the_users_own_style_neither_shows_in_a_figure_nor_is_lost(tmp_path):
    style.save(matrix_figure(5), tmp_path / "plain")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        style.save(matrix_figure(5), tmp_path / "loud")
        assert mpl.rcParams["font.size"] == 30
    assert (tmp_path / "plain.svg").read_bytes() == (tmp_path / "loud.svg").read_bytes()


def test_importing_the_package_loads_neither_matplotlib_nor_statsmodels_nor_jinja():
    heavy = "matplotlib", "statsmodels", "jinja2", "torch", "psychopy"
    code = f"import sys, analysis, analysis.report.build; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_error_bars_reach_as_far_as_intervals_and_never_backwards():
    found = style.reach([0.5, 1, 0.3], [0.4, 0.9, np.nan], [0.8, 1 - 1e-16, np.nan])
    np.testing.assert_allclose(found, [[0.1, 0.1, 0], [0.3, 0, 0]])
    assert (found >= 0).all()
