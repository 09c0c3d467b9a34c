from typing import Any

import numpy as np

from analysis.report.sections.independent_models import histogram_with_independent

KINDS = np.array(["impossible", "impossible", "in-between", "trivial", "trivial", "trivial"])
N_CORRECT = np.array([0, 0, 1, 2, 2, 2])


def axes_of(figure: Any) -> list[Any]:
    return list(figure.axes)


def texts(axes: Any) -> str:
    return " ".join(text.get_text() for text in axes.texts)


def test_the_histogram_counts_images_over_what_independent_models_would_give():
    independent = np.array([0.5, 2.5, 3.0])
    figure = histogram_with_independent(N_CORRECT, KINDS, independent, np.zeros(6, bool))
    (axes,) = axes_of(figure)
    heights = np.array([patch.get_height() for patch in axes.patches]).reshape(3, 3).sum(axis=0)
    assert heights.tolist() == [2, 1, 3]
    (line,) = axes.lines
    np.testing.assert_array_equal(line.get_ydata(), independent)
    assert "impossible\n33.3% of images" in texts(axes)
    assert len(axes.get_legend().get_texts()) == 1


def test_label_errors_are_marked_within_their_bars():
    wrong = np.array([True, True, False, False, False, True])
    figure = histogram_with_independent(N_CORRECT, KINDS, np.ones(3), wrong)
    marked = [patch.get_height() for patch in axes_of(figure)[0].patches[9:]]
    assert marked == [2, 0, 1]
    assert "labels known to be wrong" in axes_of(figure)[0].get_legend().get_texts()[0].get_text()
