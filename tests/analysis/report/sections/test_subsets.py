from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh

from analysis.report.sections.subsets import two_consistencies


def axes_of(figure: Any) -> list[Any]:
    return list(figure.axes)


def texts(axes: Any) -> str:
    return " ".join(text.get_text() for text in axes.texts)


def test_each_side_of_the_diagonal_shows_its_own_consistency():
    names = ["a", "b", "c"]
    below = pd.DataFrame([[1, 0.1, 0.2], [0.1, 1, 0.3], [0.2, 0.3, 1]], index=names, columns=names)
    (mesh,) = [
        each
        for each in axes_of(two_consistencies(below, below + 0.5, ("all", "some")))[0].collections
        if isinstance(each, QuadMesh)
    ]
    values = np.ma.filled(np.ma.asarray(mesh.get_array(), float), np.nan).reshape(3, 3)
    assert values[1, 0] == 0.1
    assert values[0, 1] == pytest.approx(0.6)
    assert np.isnan(np.diag(values)).all()
