from __future__ import annotations

from pathlib import Path

import pytest

from model_eval.label.published_counts import read_counts
from tricky.core.errors import InputError


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "counts.csv"


def test_a_table_may_give_labels_and_the_size_of_each_pool(table: Path) -> None:
    table.write_text("image_id,n_correct,n_models,label,class_name,more\n0002,3,5,1,NA,x\n0001,0,4,0,cat,y\n")
    counts = read_counts(table)
    assert counts.to_dict("list") == {
        "image_id": ["0002", "0001"],
        "label": [1, 0],
        "class_name": ["NA", "cat"],
        "n_models": [5, 4],
        "n_correct": [3, 0],
    }


def test_a_table_needs_no_more_than_names_and_counts(table: Path) -> None:
    table.write_bytes("\ufeffimage_id,n_correct\r\na,1\r\n".encode())  # as spreadsheets save it
    assert read_counts(table, 3).to_dict("list") == {
        "image_id": ["a"],
        "label": [-1],
        "class_name": [""],
        "n_models": [3],
        "n_correct": [1],
    }


def test_names_come_in_one_unicode_form_and_without_spaces_around_them(table: Path) -> None:
    table.write_text("image_id,n_correct,class_name\nka\u0308fer/1.png ,1, Ka\u0308fer\nb, 2,n/a\n")
    counts = read_counts(table, 3)
    assert counts["image_id"].tolist() == ["käfer/1.png", "b"]
    assert counts["class_name"].tolist() == ["Käfer", ""]


@pytest.mark.parametrize(
    ("text", "n_models", "message"),
    [
        ("", 3, "empty"),
        ("image_id,n_correct\n", 3, "no rows"),
        ("image,n_correct\na,1\n", 3, "no column `image_id`; rename 'image'"),
        ("image_id,n\na,1\n", 3, "no column `n_correct`"),
        ("image_id;n_correct\na;1\n", 3, "separated by semicolons, expected commas"),
        ("image_id,n_correct\na,1\n", None, "`--models N`"),
        ("image_id,n_correct,n_models\na,1,3\n", 3, "leave out `--models`"),
        (
            "image_id,n_correct\na,1\nb,4\n",
            3,
            "line 3, column n_correct: '4', expected at most 3, the number of models",
        ),
        ("image_id,n_correct\na,1.5\n", 3, "line 2, column n_correct: '1.5', expected a whole number"),
        ("image_id,n_correct\na,-1\n", 3, "line 2, column n_correct: '-1', expected a whole number from 0"),
        (
            "image_id,n_correct\na,99999999999999999999\n",
            3,
            "line 2, column n_correct: '99999999999999999999'",
        ),
        ("image_id,n_correct\na,9999999999\n", 3, "line 2, column n_correct: '9999999999'"),
        ("image_id,n_correct\na,\n", 3, "line 2, column n_correct: ''"),
        (
            "image_id,n_correct,n_models\na,0,0\n",
            None,
            "line 2, column n_models: '0', expected a whole number from 1",
        ),
        (
            "image_id,n_correct\na,1\nb,1\na,2\n",
            3,
            "line 4, column image_id: 'a' is in line 2, too; keep one of these rows",
        ),
        ("image_id,n_correct\n,1\n", 3, "line 2, column image_id: ''"),
        (
            'image_id,n_correct\n"a,1\n',
            3,
            "line 2: a cell that begins with a quotation mark must end with one",
        ),
    ],
)
def test_a_faulty_table_is_refused_in_one_line(
    text: str, n_models: int | None, message: str, table: Path
) -> None:
    table.write_text(text)
    with pytest.raises(InputError, match=r"counts\.csv") as caught:
        read_counts(table, n_models)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_table_is_named(table: Path) -> None:
    with pytest.raises(InputError, match=r"counts\.csv: no such file"):
        read_counts(table, 3)
