from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from model_eval.images.image_lists import read_ground_truth
from model_eval.images.open import class_names, folder_of_files, open_images
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
    (study / "set" / "images.csv").write_text(text)


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
        ("file,label\nd.png,1\n", "no column `path`; its columns are file, label"),
        ("path,label\nd.png,1\ne.png,2\nf.png,2\n", r"2 of 3 files are not there: e\.png, f\.png"),
        ("path,label\n/d.png,1\n", "line 2: path is '/d.png'"),
        ("path,label\nd.png,1\npictures/../d.png,1\n", "line 3: path is 'pictures/../d.png'"),
        ("path,label\nd.png,1\nd.png,2\n", r"d\.png stands in more than one row"),
        ("path,label\nd.png,\n", "line 2: label is empty"),
        ("path,label,class_name\nd.png,1,a\npictures/a.png,1,b\n", "label 1 is called 'a' and 'b'"),
        ("path,label\nd.png,1\npictures/a.png,1\n", "fewer than 2 classes"),
        ("", "not readable as CSV"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_one_line(text: str, said: str, study: Path) -> None:
    write(study, text)
    with pytest.raises(InputError, match=said) as caught:
        open_images(CSV, study).catalogue()
    assert "\n" not in str(caught.value)


TENCH, TABBY, TISSUE = "n01440764", "n02123045", "n15075141"
NAMES = [f"ILSVRC2012_val_{number:08d}" for number in (1, 2, 3)]


def forms(folder: Path) -> dict[str, Path]:
    """Write the classes tabby, tench, toilet tissue in every form in which they are passed on."""
    texts = {
        "synsets.txt": [TABBY, TENCH, TISSUE],
        "val.txt": [f"{NAMES[0]}.JPEG 281", f"{NAMES[1]}.JPEG 0", f"{NAMES[2]}.JPEG 999"],
        "ids.txt": [f"{NAMES[2]}.JPEG {TISSUE}", f"{NAMES[0]}.JPEG {TABBY}", f"{NAMES[1]}.JPEG {TENCH}"],
        "LOC_val_solution.csv": [
            "ImageId,PredictionString",
            f"{NAMES[0]},{TABBY} 1 2 3 4",
            f"{NAMES[2]},{TISSUE} 1 2 3 4 {TISSUE} 5 6 7 8",
            f"{NAMES[1]},{TENCH} 1 2 3 4",
        ],
        "ILSVRC2012_validation_ground_truth.txt": ["231", "449", "3"],
    }
    for name, lines in texts.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    return {name: folder / name for name in texts}


def test_ground_truth_is_read_in_every_form_in_which_it_is_passed_on(tmp_path: Path) -> None:
    kit = np.array(
        [(231, TABBY, "tabby"), (449, TENCH, "tench"), (3, TISSUE, "toilet tissue")],
        dtype=[("ILSVRC2012_ID", "O"), ("WNID", "O"), ("words", "O")],
    )
    savemat(tmp_path / "meta.mat", {"synsets": kit})
    (tmp_path / "numbers.txt").write_text(f"231 {TABBY}\n449 {TENCH}\n3 {TISSUE}\n")
    expected = {1: TABBY, 2: TENCH, 3: TISSUE}
    for name, path in forms(tmp_path).items():
        if name.startswith("ILSVRC"):
            assert read_ground_truth(path, tmp_path / "meta.mat") == expected
            assert read_ground_truth(path, tmp_path / "numbers.txt") == expected
            with pytest.raises(InputError, match="not in the order of WordNet ids; set `synsets`"):
                read_ground_truth(path)
        else:
            assert read_ground_truth(path) == expected


@pytest.mark.parametrize(
    "text", ["cat\n", "a.JPEG 3\n", f"{NAMES[0]}.JPEG 1000\n", f"{NAMES[0]} n00000000\n"]
)
def test_other_ground_truth_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "truth.txt").write_text(text)
    with pytest.raises(InputError, match=r"image 1: .* tells no validation image and one of ImageNet's"):
        read_ground_truth(tmp_path / "truth.txt")


def test_the_flat_folder_of_validation_images_is_labelled_by_wordnet_id(tmp_path: Path) -> None:
    flat = tmp_path / "val"
    flat.mkdir()
    for name in NAMES:
        Image.new("RGB", (6, 6)).save(flat / f"{name}.JPEG")
    (flat / "notes.txt").write_text("passed over")
    path = forms(tmp_path)["val.txt"].relative_to(tmp_path)
    settings = ImageSettings(source="imagenet-val", path=Path("val"), labels=path)
    source = open_images(settings, tmp_path)
    catalogue = source.catalogue()
    assert source.name == "imagenet-val"
    assert catalogue["image_id"].tolist() == [f"{name}.JPEG" for name in NAMES]
    assert catalogue["class_name"].tolist() == [TABBY, TENCH, TISSUE]
    Image.new("RGB", (6, 6)).save(flat / "ILSVRC2012_val_00000004.JPEG")
    with pytest.raises(InputError, match=r"no class for ILSVRC2012_val_00000004\.JPEG"):
        source.catalogue()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no ILSVRC2012_val_….JPEG lies in it"):
        open_images(settings.model_copy(update={"path": Path("empty")}), tmp_path).catalogue()
    with pytest.raises(InputError, match="none: no such folder; set `path` in"):
        open_images(settings.model_copy(update={"path": Path("none")}), tmp_path)
