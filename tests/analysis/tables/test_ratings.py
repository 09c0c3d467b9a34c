import krippendorff
import numpy as np
import pandas as pd
import pytest
from rated import rated

from analysis.statistics.agreement import Agreement
from analysis.statistics.estimate import NoResult
from analysis.statistics.ordinal_regression import OrdinalFit
from analysis.tables.ratings import analyse_ratings
from tricky.core.errors import InputError

STEPS = ["awful", "bad", "fair", "good", "great"]


def rating_table(n_observers=6, n_items=60, seed=1, slope=2.0):
    rating, x, observer, item = rated(n_observers, n_items, seed, slope)
    kind = np.where(x < 0.3, "hard", "easy")
    return pd.DataFrame({"observer": observer, "item": item, "rating": rating, "kind": kind, "x": x})


def in_words(table):
    words = table["rating"].map(dict(enumerate(STEPS, start=1)))
    return table.assign(rating=pd.Categorical(words, [*STEPS, "perfect"], ordered=True))


def test_both_kinds_of_shares_are_those_of_a_table_of_counts():
    table = rating_table()
    found = analyse_ratings(table, group="kind")
    within_group = pd.crosstab(table["kind"], table["rating"], normalize="index").to_numpy().ravel()
    within_rating = pd.crosstab(table["rating"], table["kind"], normalize="index").to_numpy().ravel()
    assert found.distribution["share"].to_numpy() == pytest.approx(within_group)
    assert found.composition["share"].to_numpy() == pytest.approx(within_rating)
    assert set(found.equalised["base_rate"]) == {0.5}
    assert set(found.composition["base_rate"].round(9)) == {round(1 / 3, 9), round(2 / 3, 9)}
    means = table.groupby("kind")["rating"].mean()
    assert found.means.set_index("group")["mean"].to_dict() == pytest.approx(means.to_dict())


def test_agreement_is_that_of_the_package_krippendorff_and_the_slope_is_recovered():
    table = rating_table(30, 300, seed=2)
    found = analyse_ratings(table, predictor="x")
    matrix = table.pivot_table(index="observer", columns="item", values="rating").to_numpy()
    assert isinstance(found.agreement, Agreement)
    assert found.agreement.estimate == pytest.approx(
        krippendorff.alpha(matrix, level_of_measurement="ordinal")
    )
    assert isinstance(found.slope, OrdinalFit)
    # The slope of the population is flatter than the simulated one of 2: by about 1 / √(1 + 0.346 σ²).
    assert found.slope.low < 2 / np.sqrt(1 + 0.346 * (0.5**2 + 0.7**2)) < found.slope.high


def test_an_ordered_categorical_is_a_scale_with_names_and_with_answers_that_nobody_gave():
    table = rating_table()
    numbers, words = (analyse_ratings(each, group="kind") for each in (table, in_words(table)))
    assert words.distribution["rating"].to_list() == [*STEPS, "perfect"] * 2
    given = words.distribution["rating"] != "perfect"
    assert words.distribution.loc[given, "share"].to_list() == numbers.distribution["share"].to_list()
    assert (words.distribution.loc[~given, "share"] == 0).all()
    assert words.means["mean"].to_list() == numbers.means["mean"].to_list()
    assert (words.means["high"] <= 6).all()
    assert words.agreement == numbers.agreement


def test_groups_have_the_order_of_their_categories_and_may_be_left_out():
    table = rating_table()
    table["kind"] = pd.Categorical(table["kind"], ["hard", "easy"])
    assert analyse_ratings(table, group="kind").means["group"].to_list() == ["hard", "easy"]
    alone = analyse_ratings(table)
    assert alone.distribution["group"].unique().tolist() == ["all"]
    assert (alone.composition["share"] == 1).all()
    assert alone.slope == NoResult("no predictor is named")


def test_missing_ratings_are_left_out():
    table = in_words(rating_table())
    table.loc[[3, 80], "rating"] = None
    found = analyse_ratings(table, group="kind")
    assert found.distribution.groupby("group")["n_ratings"].first().sum() == 358


def test_what_is_no_rating_is_named_with_its_column_and_row():
    table = rating_table()
    again = pd.concat([table, table.iloc[[0]]], ignore_index=True)
    unnamed = table.assign(kind=table["kind"].where(table.index != 4))
    for wrong, how, message in [
        (table, {"rating": "kind"}, "'kind' holds 'hard' in the row with index 0, which has no order"),
        (table, {"predictor": "kind"}, "'kind' holds 'hard' in the row with index 0; a predictor is"),
        (again, {}, "observer 0, item 0: answered twice, in the rows with index 0 and 360"),
        (unnamed, {"group": "kind"}, "'kind' is empty in the row with index 4; name the group of every"),
        (table.assign(rating=np.nan), {}, "column 'rating' is empty in every row"),
    ]:
        with pytest.raises(InputError, match=message):
            analyse_ratings(wrong, **how)
