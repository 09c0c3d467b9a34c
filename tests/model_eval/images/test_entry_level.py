from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from model_eval.images.entry_level import members
from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.images.open import open_images
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError

SETTINGS = ImageSettings(source="folder", path=Path("images"), entry_level=True)


def write(study: Path, *classes: str) -> None:
    for name in classes:
        (study / "images" / name).mkdir(parents=True)
        Image.new("RGB", (5, 5)).save(study / "images" / name / "0.png")


def test_there_are_16_classes_with_207_members_and_none_belongs_to_two() -> None:
    places = [place for each in members().values() for place in each]
    assert len(members()) == 16
    # By class, as the published lists have them: 1 4 2 49 5 7 3 6 4 3 109 2 2 1 1 8.
    assert [len(each) for each in members().values()] == [1, 4, 2, 49, 5, 7, 3, 6, 4, 3, 109, 2, 2, 1, 1, 8]
    assert len(places) == len(set(places))
    assert wordnet_ids()[members()["cat"][0]] == "n02123045"  # tabby


def test_images_go_to_the_class_that_theirs_belongs_to_and_others_are_left_out(tmp_path: Path) -> None:
    # Tabby, Siamese cat, African elephant; tench and dishwasher belong to no entry-level class.
    write(tmp_path, "n02123045", "n02123597", "n02504458", "n01440764", "dishwasher", "truck")
    source = open_images(SETTINGS, tmp_path)
    catalogue = source.catalogue()
    assert source.name == "folder:images, 16 entry-level classes"
    assert catalogue["class_name"].tolist() == ["cat", "cat", "elephant", "truck"]
    assert catalogue["label"].tolist() == [0, 0, 1, 2]
    assert source.read("truck/0.png").size == (5, 5)


def test_images_of_no_such_class_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "n02123045", "lamp")
    with pytest.raises(InputError, match="fewer than 2 of the 16 entry-level classes"):
        open_images(SETTINGS, tmp_path).catalogue()
