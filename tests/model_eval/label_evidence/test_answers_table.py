from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from model_eval.label_evidence.answers_table import read_answers
from tricky.core.errors import InputError

WHERE = "right.csv ([label] reassessed)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image_id,label\na,1\n", "no column `class_name`"),
        ("", "empty; expected a header with image_id, class_name"),
        ("image_id,class_name\nx,cat\n", r"\(\[label\] reassessed\): no image is called 'x'"),
        ("image_id,class_name\nx,cat\nx,\n", "line 3, column class_name: '', expected only one row for 'x'"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    text: str, said: str, imagenet: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "right.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_answers(tmp_path / "right.csv", imagenet, WHERE)
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read_answers(tmp_path / "none.csv", imagenet, WHERE)


def test_a_table_may_be_larger_than_the_data_and_its_matches_are_counted(tmp_path: Path) -> None:
    images = pd.DataFrame({"image_id": ["käfer/1.png", "b.png"], "class_name": ["Käfer", "NA"]})
    (tmp_path / "right.csv").write_text(
        "image_id,class_name\nka\u0308fer/1.png,Ka\u0308fer\nka\u0308fer/1.png,bee\nb.png,n/a\nother.png,x\n"
    )
    found = read_answers(tmp_path / "right.csv", images, WHERE)
    assert found.reasons == {"käfer/1.png": "ambiguous", "b.png": "ambiguous"}
    assert found.counts() == {"n_entries": 3, "n_matched": 2}
    assert found.classes == {"classes": {"n_entries": 2, "n_matched": 1}}


def test_the_reason_follows_from_the_correct_answers(tmp_path: Path) -> None:
    images = pd.DataFrame({"image_id": list("abcdf"), "class_name": "cat"})
    rows = ("a,cat", "b,cat", "b,dog", "c,dog", "d,")
    (tmp_path / "right.csv").write_text("\n".join(["image_id,class_name", *rows]) + "\n")
    found = read_answers(tmp_path / "right.csv", images, WHERE)
    assert found.reasons == {"a": "truly hard", "b": "ambiguous", "c": "wrong label", "d": "ambiguous"}
    assert found.errors == {"c"}
