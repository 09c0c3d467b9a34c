from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_models import report_of

from analysis.data.compared_models import gather_models, read_superclasses
from analysis.report.sections import classes
from analysis.report.sections.classes import difficulty_by_class, shares_by_group


def axes_of(figure: Any) -> list[Any]:
    return list(figure.axes)


def texts(axes: Any) -> str:
    return " ".join(text.get_text() for text in axes.texts)


def test_superclasses_split_images_like_classes(conditions, tmp_path):
    path = tmp_path / "super.csv"
    path.write_text("class_name,superclass\ndisc,shape\nnoise,texture\nstripes,texture\nzebra,animal\n")
    superclass_of, counts = read_superclasses(path, gather_models(conditions).images["class_name"])
    assert counts == {"n_entries": 4, "n_matched": 3}
    table = report_of(conditions, superclass_of).of(classes.compute).superclasses
    assert table is not None
    assert table["n_images"].to_dict() == {"shape": 80, "texture": 160}
    np.testing.assert_allclose(table[["trivial", "in-between", "impossible"]].sum(axis=1), 1)


def test_shares_of_a_class_come_with_wilsons_intervals():
    table = shares_by_group(
        np.array(["trivial"] * 8 + ["impossible"] * 2 + ["in-between"]), np.array(["a"] * 10 + ["b"]), 0.95
    )
    a = table.loc["a"]
    assert (a["n_images"], a["trivial"], a["impossible"], a["in-between"]) == (10, 0.8, 0.2, 0)
    # Wilson's for 8 of 10: (8 + z²/2 ± z √(8·2/10 + z²/4)) / (10 + z²), z = 1.96.
    assert (a["trivial_low"], a["trivial_high"]) == pytest.approx((0.4902, 0.9433), abs=1e-4)


@pytest.mark.parametrize("n_classes", [3, 100])
def test_classes_are_full_bars_with_the_most_impossible_on_top(n_classes):
    rng = np.random.default_rng(2)
    shares = pd.DataFrame(
        rng.dirichlet([3, 2, 1], n_classes), columns=["trivial", "in-between", "impossible"]
    )
    (axes,) = axes_of(difficulty_by_class(shares, "classes"))
    widths = np.array([bar.get_width() for bar in axes.patches]).reshape(3, n_classes)
    np.testing.assert_allclose(widths.sum(axis=0), 100)
    assert (np.diff(widths[2]) >= 0).all()  # upwards
    assert len(axes.get_yticks()) == (n_classes if n_classes <= 40 else 0)
