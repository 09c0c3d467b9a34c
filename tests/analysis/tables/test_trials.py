import numpy as np
import pandas as pd
import pytest

from analysis.tables.trials import checked_trials, once_each, ordered_labels
from tricky.core.errors import InputError

COLUMNS = {"observer": "Subject", "item": "Stimulus", "correct": "OK"}


def table(**changes):
    columns = {"Subject": ["a", "a", "b", "b"], "Stimulus": [1, 2, 1, 2], "OK": [True, False, True, True]}
    return pd.DataFrame(columns | changes, index=[10, 11, 12, 13])


@pytest.mark.parametrize(
    "values",
    [
        [True, False, None, True],
        [1, 0, None, 1],
        [1.0, 0.0, np.nan, 1.0],
        pd.array([True, False, pd.NA, True], dtype="boolean"),
        pd.array([1, 0, pd.NA, 1], dtype="Int64"),
        pd.Categorical([True, False, None, True]),
        np.array([np.True_, np.False_, None, np.True_], dtype=object),
    ],
)
def test_answers_are_true_false_one_or_zero_and_missing_ones_stay_missing(values):
    found = checked_trials(table(OK=values), COLUMNS)["correct"]
    assert found.dtype == "boolean"
    assert found.isna().to_list() == [False, False, True, False]
    assert found.dropna().to_list() == [True, False, True]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"OK": ["yes", "no", "yes", "yes"]},
            r"column 'OK' holds 'yes' in the row with index 10; .* table\['OK'\] == 'yes'",
        ),
        ({"OK": [True, "False", True, True]}, "column 'OK' holds 'False' in the row with index 11"),
        ({"OK": [1, 0, 2, 1]}, "column 'OK' holds 2 in the row with index 12"),
        ({"OK": [1, 0.5, 1, 1]}, "column 'OK' holds 0.5 in the row with index 11"),
        (
            {"Subject": ["a", None, "b", "b"]},
            "'Subject' is empty in the row with index 11; name the obs",
        ),
        ({"Stimulus": [1, 2, 1, np.nan]}, "'Stimulus' is empty in the row with index 13; name the item"),
    ],
)
def test_a_value_that_a_column_may_not_have_is_named_with_its_column_and_row(changes, message):
    with pytest.raises(InputError, match=message):
        checked_trials(table(**changes), COLUMNS)


def test_a_column_that_is_not_there_is_named_with_the_one_that_was_meant():
    with pytest.raises(InputError, match=r"has no column 'subject'; did you mean 'Subject'\? .* observer=…"):
        checked_trials(table(), COLUMNS | {"observer": "subject"})
    with pytest.raises(
        InputError, match=r"has no column 'xyz'; it has 'Subject', 'Stimulus', 'OK'\. .* item=…"
    ):
        checked_trials(table(), COLUMNS | {"item": "xyz"})


def test_one_column_for_two_roles_two_columns_of_one_name_and_other_types_are_refused():
    with pytest.raises(InputError, match="column 'Subject' is named as observer and item"):
        checked_trials(table(), COLUMNS | {"item": "Subject"})
    twice = pd.concat([table(), table()[["OK"]]], axis=1)
    with pytest.raises(InputError, match="the table has 2 columns 'OK'; keep one"):
        checked_trials(twice, COLUMNS)
    with pytest.raises(InputError, match="the table is of type dict; pass a pandas DataFrame"):
        checked_trials({"OK": [True]}, COLUMNS)  # type: ignore[arg-type]


def test_two_answers_of_an_observer_to_an_item_are_named_with_both_rows():
    trials = checked_trials(table(Stimulus=[1, 2, 2, 2]), COLUMNS)
    with pytest.raises(
        InputError, match="Subject 'b', Stimulus 2: answered twice, in the rows with index 12 and 13"
    ):
        once_each(trials, COLUMNS, ["observer", "item"], "")


def test_labels_have_the_order_of_their_categories_or_are_sorted():
    assert ordered_labels(pd.Series(["b", "a", "b"])) == ["a", "b"]
    assert ordered_labels(pd.Series(pd.Categorical(["b", "a"], ["c", "b", "a"]))) == ["b", "a"]
    assert ordered_labels(pd.Series([2, "a", 1], dtype=object)) == [1, 2, "a"]
