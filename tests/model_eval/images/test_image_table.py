from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from model_eval.images.image_source import class_names
from model_eval.images.open import folder_of_files, open_images
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError

CSV = ImageSettings(source="csv", path=Path("set/images.csv"))


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Three pictures in a folder and one beside it."""
    folder = tmp_path / "set" / "pictures"
    folder.mkdir(parents=True)
    for name in ("pictures/a.png", "pictures/b.png", "pictures/c.png", "d.png"):
        Image.new("RGB", (8, 6), len(name)).save(tmp_path / "set" / name)
    return tmp_path


def write(study: Path, text: str) -> None:
    (study / "set" / "images.csv").write_text(text, encoding="utf-8")


def test_a_table_names_files_and_their_classes(study: Path) -> None:
    write(
        study, "label,path,class_name,more\n7,pictures/b.png,dog,x\n12,d.png,cat,y\n7,pictures/a.png,dog,z\n"
    )
    source = open_images(CSV, study)
    catalogue = source.catalogue()
    assert source.name == "csv:images.csv"
    assert catalogue["image_id"].tolist() == ["d.png", "pictures/a.png", "pictures/b.png"]
    assert catalogue["class_name"].tolist() == ["cat", "dog", "dog"]
    assert catalogue["label"].tolist() == [0, 1, 1]
    assert source.read("d.png").size == (8, 6)
    assert folder_of_files(CSV, study) == study / "set"


def test_without_names_classes_are_called_by_their_labels(study: Path) -> None:
    write(study, "path,label\npictures/a.png,NA\nd.png,0\n")
    assert class_names(open_images(CSV, study).catalogue()) == ("0", "NA")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label\nd.png,1\n", "no column `path`"),
        ("path,label\nd.png,1\ne.png,2\nf.png,2\n", r"line 3: 2 of 3 entries match no file; .* 'e\.png'"),
        ("path,label\nd.png,1\nPictures/A.png,2\n", r"line 3: .*'pictures/a\.png': capital"),
        ("path,label\nd.png,1\npictures/a.jpg,2\n", r"line 3: .*'pictures/a\.png': the suffix differs"),
        ("path,label\nd.png,1\npictures\\a.png,2\n", r"line 3: .*'pictures/a\.png' \(/ for"),
        ("path,label\n/d.png,1\n", "line 2, column path: '/d.png'"),
        ("path,label\nd.png,1\npictures/../d.png,1\n", "line 3, column path: 'pictures/../d.png'"),
        ("path,label\nd.png,1\nd.png,2\n", r"line 3, column path: 'd\.png' is in line 2"),
        ("path,label\nd.png,\n", "line 2, column label: ''"),
        (f"path,label\nd.png,1\n{'x' * 300},2\n", "line 3: 1 of 2 entries match no file"),
        ("path,label\nd.png,n/a\n", "line 2, column label: 'n/a'"),
        (
            "path,label,class_name\nd.png,1,a\npictures/a.png,1,b\n",
            "line 3, column class_name: 'b', expected 'a', as label '1' has it in line 2",
        ),
        (
            "path,label,class_name\nd.png,1,crane\npictures/a.png,2,crane\n",
            "line 3, column label: '2', expected '1', as class_name 'crane' has it in line 2",
        ),
        ("path,label\nd.png,1\npictures/a.png,1\n", "fewer than 2 classes"),
        ("path,label\nd.png,crane, bird\npictures/a.png,tench\n", "line 2: 3 cells"),
        ("path;label\nd.png;1\n", "semicolons"),
        ("", "empty"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_one_line(text: str, said: str, study: Path) -> None:
    write(study, text)
    with pytest.raises(InputError, match=said) as caught:
        open_images(CSV, study).catalogue()
    assert "\n" not in str(caught.value)


def test_a_name_in_the_other_unicode_form_is_the_same_file(study: Path) -> None:
    on_disk = unicodedata.normalize("NFD", "pictures/Löwe.png")
    (study / "set" / "pictures" / "a.png").rename(study / "set" / on_disk)
    write(study, unicodedata.normalize("NFC", "path,label\npictures/Löwe.png,lion\nd.png,dog\n"))
    source = open_images(CSV, study)
    assert source.catalogue()["image_id"].tolist() == ["d.png", "pictures/Löwe.png"]
    assert source.read("pictures/Löwe.png").size == (8, 6)


def test_classes_keep_their_spelling(study: Path) -> None:
    write(study, "path,label\npictures/a.png,007\npictures/b.png,NA\npictures/c.png,1e5\nd.png,None\n")
    assert class_names(open_images(CSV, study).catalogue()) == ("007", "1e5", "NA", "None")
