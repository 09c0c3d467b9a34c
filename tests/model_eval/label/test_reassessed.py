from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.label.reassessed import read_reassessed, why_impossible
from tricky.core.errors import InputError

IMAGES = pd.DataFrame(
    {
        "image_id": [f"n01440764/ILSVRC2012_val_{n:08d}.JPEG" for n in (1, 2, 50_000)],
        "class_name": ["n01440764", "n01443537", "n15075141"],
    }
)


def real(path: Path) -> Path:
    """Write what annotators found, in the form that ReaL is published in: the place is the image's number."""
    lists: list[list[int]] = [[] for _ in range(50_000)]
    lists[0], lists[49_999] = [0, 281], [999]
    path.write_text(json.dumps(lists))
    return path


def test_the_challenge_s_classes_are_in_its_order() -> None:
    ids = wordnet_ids()
    assert len(set(ids)) == 1000
    assert list(ids) == sorted(ids)
    assert (ids[0], ids[281], ids[999]) == (
        "n01440764",
        "n02123045",
        "n15075141",
    )  # tench, tabby, toilet tissue


def test_reals_lists_are_read_by_the_number_in_the_file_name(tmp_path: Path) -> None:
    found = read_reassessed(real(tmp_path / "real.json"), IMAGES)
    assert found.matched == {
        "reassessed": {"n_entries": 50_000, "n_matched": 3},
        "reassessed classes": {"n_entries": 3, "n_matched": 2},
    }
    assert list(found.right.values()) == [{"n01440764", "n02123045"}, set(), {"n15075141"}]
    with pytest.raises(
        InputError, match=r"real\.json \(\[label\] reassessed\): contains none of the images.*'a\.png'"
    ):
        read_reassessed(tmp_path / "real.json", IMAGES.assign(image_id=["a.png", "b.png", "c.png"]))
    with pytest.raises(InputError, match=r"3 of 3 entries match no class; .* there are 'tench'"):
        read_reassessed(tmp_path / "real.json", IMAGES.assign(class_name="tench"))
    with pytest.raises(InputError, match=r"names classes, but 3 of the images have none; add the column"):
        read_reassessed(tmp_path / "real.json", IMAGES.assign(class_name=""))
    (tmp_path / "real.json").write_text("[[1], [2]]")
    with pytest.raises(InputError, match=r"holds 2 entries, expected ReaL's list of 50,000"):
        read_reassessed(tmp_path / "real.json", IMAGES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image_id,label\na,1\n", "no column `class_name`"),
        ("", "empty; expected a header with image_id, class_name"),
        ("image_id,class_name\nx,cat\n", r"\(\[label\] reassessed\): no image is called 'x'"),
        ("image_id,class_name\nx,cat\nx,\n", "line 3, column class_name: '', expected only one row for 'x'"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "right.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_reassessed(tmp_path / "right.csv", IMAGES)
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read_reassessed(tmp_path / "none.csv", IMAGES)


@pytest.mark.parametrize("entry", [1000, -1, "281", True, None, [1]])
def test_an_output_that_no_network_has_is_named(entry: object, tmp_path: Path) -> None:
    lists = [[0]] * 49_999 + [[entry]]
    (tmp_path / "real.json").write_text(json.dumps(lists))
    with pytest.raises(
        InputError, match=r"real\.json, entry 50000: .*, expected a list of outputs from 0 to 999"
    ):
        read_reassessed(tmp_path / "real.json", IMAGES)


def test_a_table_may_be_larger_than_the_data_and_its_matches_are_counted(tmp_path: Path) -> None:
    images = pd.DataFrame({"image_id": ["käfer/1.png", "b.png"], "class_name": ["Käfer", "NA"]})
    (tmp_path / "right.csv").write_text(
        "image_id,class_name\nka\u0308fer/1.png,Ka\u0308fer\nka\u0308fer/1.png,bee\nb.png,n/a\nother.png,x\n"
    )
    found = read_reassessed(tmp_path / "right.csv", images)
    assert found.right == {"käfer/1.png": {"Käfer", "bee"}, "b.png": frozenset()}
    assert found.matched == {
        "reassessed": {"n_entries": 3, "n_matched": 2},
        "reassessed classes": {"n_entries": 2, "n_matched": 1},
    }


def test_why_an_image_is_impossible() -> None:
    images = pd.DataFrame({"image_id": list("abcdef"), "class_name": "cat"})
    right = {"a": {"cat"}, "b": {"cat", "dog"}, "c": {"dog"}, "d": set(), "e": {"cat"}}
    listed = np.array([False] * 4 + [True, False])
    frozen = {image_id: frozenset(names) for image_id, names in right.items()}
    assert why_impossible(images, listed, frozen).tolist() == [
        *("truly hard", "ambiguous", "wrong label", "ambiguous", "wrong label", "not reassessed")
    ]
    assert set(why_impossible(images, listed, None)) == {"wrong label", "not reassessed"}
