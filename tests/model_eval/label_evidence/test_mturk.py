from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from model_eval.label_evidence.mturk import read_mturk
from tricky.core.errors import InputError

WHERE = "mturk.json ([label] reassessed)"
VALIDATION = "https://labelerrors.com//static/imagenet/val/n01440764/ILSVRC2012_val_{:08d}.JPEG"


def entry(number: int, label: int, url: str, **answers: int) -> dict[str, Any]:
    """Return an entry in the form of label-errors."""
    return {
        "id": number,
        "url": url,
        "given_original_label": label,
        "given_original_label_name": "x",
        "our_guessed_label": label + 1,
        "our_guessed_label_name": "y",
        "mturk": answers,
    }


def written(path: Path, *entries: dict[str, Any]) -> Path:
    path.write_text(json.dumps(entries))
    return path


def test_workers_answers_to_imagenet_are_read_by_file_name(imagenet: pd.DataFrame, tmp_path: Path) -> None:
    votes = ({"given": 3, "both": 2}, {"given": 1, "both": 4}, {"given": 2, "guessed": 2, "neither": 1})
    numbers, labels = (1, 2, 50_000), (0, 1, 999)
    entries = [
        entry(n, label, VALIDATION.format(n), **answers)
        for n, label, answers in zip(numbers, labels, votes, strict=True)
    ]
    others = entry(4, 2, VALIDATION.format(4), given=0, guessed=5)
    found = read_mturk(written(tmp_path / "m.json", *entries, others), imagenet, WHERE)
    assert found.counts() == {"n_entries": 4, "n_matched": 3}
    assert list(found.reasons.values()) == ["truly hard", "ambiguous", "wrong label"]
    # Northcutt et al. count each label that not more than half confirmed.
    assert found.errors == set(imagenet["image_id"].iloc[1:])
    assert found.columns["mturk_given"].tolist() == [0.6, 0.2, 0.4]
    assert found.columns["mturk_both"].tolist() == [0.4, 0.8, 0]


@pytest.mark.parametrize("data_set", ["cifar10", "mnist"])
def test_workers_answers_to_test_sets_are_read_by_place_and_checked_by_label(
    data_set: str, cifar: pd.DataFrame, tmp_path: Path
) -> None:
    url = f"https://labelerrors.com/static/{data_set}/23.png"
    path = written(tmp_path / "m.json", entry(23, 3, url, given=2, guessed=8))  # MNIST: ten answers
    found = read_mturk(path, cifar, WHERE)
    assert found.reasons == {"0023": "wrong label"}
    with pytest.raises(
        InputError, match="says that image 0023 is of class 3, but its label here is 5; use a"
    ):
        read_mturk(path, cifar.assign(label=5), WHERE)
    with pytest.raises(InputError, match="only their labels can confirm; add the column label"):
        read_mturk(path, cifar.assign(label=-1), WHERE)
    with pytest.raises(InputError, match=r"ours are not numbered \('a\.png'\); use `source = \"torchvision"):
        read_mturk(path, pd.DataFrame({"image_id": ["a.png"], "label": [3], "class_name": ["x"]}), WHERE)
    with pytest.raises(InputError, match="contains none of the images, which are numbered 0 to 9"):
        read_mturk(path, cifar.iloc[:10], WHERE)


def test_other_labels_for_the_same_images_are_refused(imagenet: pd.DataFrame, tmp_path: Path) -> None:
    path = written(tmp_path / "m.json", entry(1, 7, VALIDATION.format(1), given=5))
    with pytest.raises(InputError, match="is of class n01514668, but its class here is n01440764; use"):
        read_mturk(path, imagenet, WHERE)
    # Entry-level classes and classes with names of the lab's own cannot be compared.
    assert len(read_mturk(path, imagenet.assign(class_name="bird"), WHERE).reasons) == 1


GOOD = entry(1, 0, VALIDATION.format(1), given=5)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([1], "entry 1: expected an object with id, url"),
        ([GOOD | {"id": True}], "entry 1: expected an object with id"),
        ([GOOD | {"mturk": {"positive": 3, "neutral": 2}}], r"entry 1: .*\(counts of given, guessed"),
        ([GOOD | {"mturk": {"given": -1}}], "entry 1: answers {'given': -1}, expected how many"),
        ([GOOD | {"mturk": {"given": 0}}], "entry 1: answers"),
        ([GOOD | {"url": "https://x.org/static/quickdraw/3.png"}], "about 'quickdraw'; tricky knows which"),
        ([GOOD | {"url": "http://youtu.be/x"}], "about 'http://youtu.be/x'; tricky knows"),
        ([GOOD, GOOD], "id 1 is there twice; remove one"),
        ([GOOD, GOOD | {"id": 2}], "'val/n01440764/ILSVRC2012_val_00000001.JPEG' is there twice"),
        (
            [GOOD, entry(2, 0, "https://x.org/static/mnist/2.png", given=5)],
            "several data sets, imagenet, mni",
        ),
        ([GOOD | {"given_original_label": 1000}], "class 1000 of .*, expected 0 to 999"),
    ],
)
def test_entries_of_another_kind_are_refused_in_one_line(
    entries: list[Any], said: str, imagenet: pd.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said) as raised:
        read_mturk(written(tmp_path / "m.json", *entries), imagenet, WHERE)
    assert len(str(raised.value).splitlines()) == 1
