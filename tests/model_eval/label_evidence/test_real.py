from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.label_evidence.real import read_raters, read_real
from tricky.core.errors import InputError

WHERE = "real.json ([label] reassessed)"


def real(path: Path) -> Path:
    """Write what annotators found, in the form that ReaL is published in: the place is the image's number."""
    lists: list[list[int]] = [[] for _ in range(50_000)]
    lists[0], lists[49_999] = [0, 281], [998]
    path.write_text(json.dumps(lists))
    return path


def raters(path: Path, **answers: str) -> Path:
    """Write five raters' answers (n, m, y) to questions like ``image_class``, in the form of raters.npz."""
    tensor = np.zeros((7, len(answers), 3))
    info = []
    for place, (question, given) in enumerate(answers.items()):
        number, output = question.removeprefix("q").split("_")
        info.append([f"ILSVRC2012_val_{int(number):08d}.JPEG", output])
        for rater, answer in enumerate(given):  # two of seven raters were not asked
            tensor[rater + place % 3, place, "nmy".index(answer)] = 1
    np.savez_compressed(path, tensor=tensor, info=np.array(info, dtype="<U28"), ids=np.arange(7))
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


def test_reals_lists_are_read_by_the_number_in_the_file_name(imagenet: pd.DataFrame, tmp_path: Path) -> None:
    found = read_real(real(tmp_path / "real.json"), imagenet, WHERE)
    assert found.counts() == {"n_entries": 50_000, "n_matched": 3}
    assert found.classes == {"classes": {"n_entries": 3, "n_matched": 1}}
    assert list(found.reasons.values()) == ["ambiguous", "ambiguous", "wrong label"]
    assert found.errors == {imagenet["image_id"].iloc[2]}
    assert found.columns["real_n_answers"].tolist() == [2, 0, 1]
    assert found.columns.index.tolist() == imagenet["image_id"].tolist()


def test_reals_list_for_other_images_or_classes_is_refused(imagenet: pd.DataFrame, tmp_path: Path) -> None:
    path = real(tmp_path / "real.json")
    with pytest.raises(
        InputError, match=r"real\.json \(\[label\] reassessed\): contains none of the images.*'a\.png'"
    ):
        read_real(path, imagenet.assign(image_id=["a.png", "b.png", "c.png"]), WHERE)
    with pytest.raises(InputError, match=r"3 of 3 entries match no class; .* there are 'tench'"):
        read_real(path, imagenet.assign(class_name="tench"), WHERE)
    with pytest.raises(InputError, match=r"names classes, but 3 of the images have none; add the column"):
        read_real(path, imagenet.assign(class_name=""), WHERE)
    twice = imagenet.assign(image_id=["a/ILSVRC2012_val_00000001.JPEG", "b/ILSVRC2012_val_00000001.png", "c"])
    with pytest.raises(
        InputError, match=r"'ILSVRC2012_val_00000001' may mean .* or another image of the same"
    ):
        read_real(path, twice, WHERE)
    path.write_text("[[1], [2]]")
    with pytest.raises(InputError, match=r"holds 2 entries, expected ReaL's list of 50,000"):
        read_real(path, imagenet, WHERE)


@pytest.mark.parametrize("entry", [1000, -1, "281", True, None, [1]])
def test_an_output_that_no_network_has_is_named(
    entry: object, imagenet: pd.DataFrame, tmp_path: Path
) -> None:
    lists = [[0]] * 49_999 + [[entry]]
    (tmp_path / "real.json").write_text(json.dumps(lists))
    with pytest.raises(
        InputError, match=r"real\.json, entry 50000: .*, expected a list of outputs from 0 to 999"
    ):
        read_real(tmp_path / "real.json", imagenet, WHERE)


def test_a_class_is_correct_where_yes_and_half_of_maybe_are_more_than_half(
    imagenet: pd.DataFrame, tmp_path: Path
) -> None:
    """Image 1: yyymm is 4/5 and yynnn 2/5; image 2: mmmyn is 2.5/5, not more than half; 7 is not ours."""
    path = raters(
        tmp_path / "r.npz", q1_0="yyymm", q1_5="yynnn", q2_1="mmmyn", q7_1="yyyyy", q50000_3="yyymn"
    )
    found = read_raters(path, imagenet, WHERE)
    assert found.counts() == {"n_entries": 4, "n_matched": 3}
    assert list(found.reasons.values()) == ["truly hard", "ambiguous", "wrong label"]
    assert found.columns["raters_n_answers"].tolist() == [1, 0, 1]
    np.testing.assert_allclose(found.columns["raters_yes_label"], [0.8, 0.5, np.nan])


def test_arrays_that_are_not_raters_answers_are_refused(imagenet: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "r.npz"
    np.savez(path, scores=np.eye(2))
    with pytest.raises(InputError, match=r"r\.npz: holds scores, expected `tensor` and `info`; name ReaL's"):
        read_raters(path, imagenet, WHERE)
    np.savez(path, tensor=np.zeros(2), info=np.array([["a.JPEG", "1"], ["b.JPEG", "2"]]))
    with pytest.raises(InputError, match=r"`tensor` is float64 of shape \(2,\), expected \(raters, 2, 3\)"):
        read_raters(path, imagenet, WHERE)
    path = raters(path, q1_0="yyy", q2_x="y")
    with pytest.raises(InputError, match=r"class 'x' of ILSVRC2012_val_00000002\.JPEG, expected 0 to 999"):
        read_raters(path, imagenet, WHERE)
