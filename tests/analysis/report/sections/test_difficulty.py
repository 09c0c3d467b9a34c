import numpy as np
import pandas as pd
import pytest
from made_up import write_difficulty
from matplotlib.patches import Rectangle
from reports import report, text_of

from analysis.report.sections.difficulty import correct_model_histogram

PUBLISHED = [3522, 2230, 1893, 1851, 2088, 2243, 2444, 2878, 3409, 4442, 7081, 15919]
"""Images by number of correct models, 0 to 11 (Meding et al. 2022)."""


def histogram_figure():
    n_correct = np.repeat(np.arange(12), PUBLISHED)
    difficulty = np.where(n_correct <= 1, "impossible", np.where(n_correct >= 10, "trivial", "in-between"))
    return correct_model_histogram(n_correct, difficulty, 11)


def test_histogram_draws_every_count_and_names_the_published_shares():
    figure = histogram_figure()
    heights = np.zeros(12)
    for bar in (each for each in figure.axes[0].patches if isinstance(each, Rectangle)):
        heights[round(bar.get_x() + bar.get_width() / 2)] += bar.get_height()
    assert heights.tolist() == PUBLISHED
    assert [text.get_text() for text in figure.axes[0].texts] == [
        "impossible\n11.5% of images",
        "in-between\n42.5% of images",
        "trivial\n46.0% of images",
    ]


@pytest.mark.usefixtures("blank_figures")
def test_images_without_a_difficulty_count_in_no_share(study):
    study.write_observers(3)
    before = report(study.root).content["difficulty"]
    folder = study.root / "difficulty"
    table = pd.read_parquet(folder / "difficulty.parquet")
    table.loc[table["difficulty"] == "in-between", "difficulty"] = None
    write_difficulty(folder, table, images="drawn")
    results = report(study.root)
    after = results.content["difficulty"]
    n_left = before["n_images"] - before["counts"]["in-between"]
    assert after["n_not_labelled"] == before["counts"]["in-between"] > 0
    assert after["shares"]["trivial"] == before["counts"]["trivial"] / n_left
    assert sum(after["shares"].values()) == pytest.approx(1)
    assert f"Too few models saw {after['n_not_labelled']} further images" in text_of(results)
