import pandas as pd
import pytest
from made_up import write_difficulty
from made_up_models import N_IMAGES, dynamics, images_table, make_conditions

from analysis.data.compared_models import gather_models, read_superclasses
from tricky.core.errors import InputError


def test_models_of_a_pool_can_be_left_out(pool):
    compared = gather_models(pool, leave_out=["three"])
    assert compared.models == ("one", "two")
    assert compared.correct.shape == (2, N_IMAGES)


def test_label_errors_count_where_labels_are_of_the_same_images(conditions):
    table = images_table()[["image_id"]].assign(label_error=[True] * 6 + [False] * (N_IMAGES - 6))
    labels = conditions / "difficulty"
    for source, n_marked in (("drawn", 6), ("others", 0)):
        write_difficulty(labels, table, images=source)
        compared = gather_models(conditions)
        assert compared.label_error.sum() == n_marked
        assert ("difficulty/difficulty.json" in compared.made_from) == bool(n_marked)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class,superclass\na,b\n", "no column `class_name`; rename 'class'"),
        ("class_name,superclass\nb,c\nA,c\n", r"\(--superclasses\), line 2: 2 of 2 entries match no class"),
        ("class_name,superclass\na,n/a\n", "column superclass: 'n/a', expected a value"),
        ("class_name,superclass\na,b\na,c\n", "line 3, column class_name: 'a' is in line 2, too"),
    ],
)
def test_faulty_superclasses_are_refused_in_one_line(text, message, tmp_path):
    (tmp_path / "super.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_superclasses(tmp_path / "super.csv", pd.Series(["a"]))


def test_says_what_to_run_where_there_is_nothing_to_compare(tmp_path):
    with pytest.raises(InputError, match=r"no models to compare; run `tricky train` with a recipe"):
        dynamics(tmp_path)


def test_conditions_without_their_base_wait_for_it(tmp_path):
    make_conditions(tmp_path / "conditions", [("order", 1, 2), ("order", 2, 2)])
    with pytest.raises(InputError, match="the base network is not trained yet"):
        dynamics(tmp_path)


def test_one_model_has_nothing_to_be_compared_with(tmp_path):
    make_conditions(tmp_path / "conditions", [("base", 1, 2)])
    with pytest.raises(InputError, match=r"conditions/ holds 1 model\(s\) so far; it takes two"):
        dynamics(tmp_path)
