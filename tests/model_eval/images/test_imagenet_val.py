from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from model_eval.images import uncounted_files
from model_eval.images.imagenet_val import read_ground_truth
from model_eval.images.open import open_images
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError

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
    with pytest.raises(InputError, match=r"line 1: .* expected a validation image and one of ImageNet's"):
        read_ground_truth(tmp_path / "truth.txt")


KAGGLE = "ImageId,PredictionString\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"{NAMES[0]}.JPEG 0\n\n{NAMES[1]}.JPEG 1\n{NAMES[0]}.JPEG 2\n",
            "line 4: .* but n01440764 in line 1",
        ),
        (
            f"{NAMES[0]} {TENCH}\n{NAMES[0]} {TABBY}\n",
            f"line 2: {NAMES[0]} is {TABBY}, but {TENCH} in line 1",
        ),
        (f"{KAGGLE}{NAMES[0]},{TENCH} 1 2 3 4\n{NAMES[0]},{TABBY} 1 2 3 4\n", "line 3: .* in line 2"),
        (
            f"{KAGGLE}{NAMES[0]},{TENCH} 1 2 3 4 {TABBY} 1 2 3 4\n",
            "line 2, column PredictionString: .* one class",
        ),
        (f"{KAGGLE}{NAMES[0]},\n", "line 2, column PredictionString: ''"),
        (f"{KAGGLE}{NAMES[0]}\n", "line 2: 1 cells, where the header has 2"),
        (f"{NAMES[0]}.JPEG 0\n{NAMES[1]}.JPEG\n", "line 2: .* expected a validation image"),
        (f"{NAMES[0]}.JPEG {'9' * 5000}\n", "line 1: .* expected a validation image"),
        (f"{TENCH}\n7\n", "line 2: .* expected a validation image"),
        ("", "lists nothing"),
    ],
)
def test_ground_truth_that_contradicts_itself_is_refused_with_its_line(
    text: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "truth.txt").write_text(text)
    with pytest.raises(InputError, match=rf"truth\.txt.*{said}") as caught:
        read_ground_truth(tmp_path / "truth.txt")
    assert "\n" not in str(caught.value)


def test_an_image_may_be_listed_twice_with_the_same_class(tmp_path: Path) -> None:
    (tmp_path / "truth.txt").write_text(f"{NAMES[0]}.JPEG 0\n{NAMES[0]} {TENCH}\n")
    assert read_ground_truth(tmp_path / "truth.txt") == {1: TENCH}


@pytest.mark.parametrize(
    ("synsets", "said"),
    [
        (f"231 {TABBY}\n449 {TENCH}\n", r"truth\.txt, line 3: .*synsets\.txt has no class 3"),
        (f"231 {TABBY}\n449 {TENCH}\n3 {TISSUE}\n231 {TENCH}\n", r"synsets\.txt, line 4: class 231 is"),
        (f"231 {TABBY}\n{TENCH} 449\n", r"synsets\.txt, line 2: .* expected a number and a WordNet id"),
        ("", r"synsets\.txt: lists nothing"),
    ],
)
def test_numbers_of_the_kit_that_mean_nothing_or_two_things_are_refused(
    synsets: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "truth.txt").write_text("231\n449\n3\n")
    (tmp_path / "synsets.txt").write_text(synsets)
    with pytest.raises(InputError, match=said):
        read_ground_truth(tmp_path / "truth.txt", tmp_path / "synsets.txt")


def test_a_broken_meta_mat_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "truth.txt").write_text("231\n")
    kit = np.array([(231, TABBY)], dtype=[("ILSVRC2012_ID", "O"), ("WNID", "O")])
    savemat(tmp_path / "whole.mat", {"synsets": kit})
    whole = (tmp_path / "whole.mat").read_bytes()
    savemat(tmp_path / "other.mat", {"numbers": np.arange(3)})
    savemat(tmp_path / "shape.mat", {"synsets": np.arange(3)})
    (tmp_path / "cut.mat").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.mat").write_text("x\n")
    (tmp_path / "empty.mat").write_bytes(b"")
    (tmp_path / "zeros.mat").write_bytes(bytes(200))
    for name in ("other", "shape", "cut", "text", "empty", "zeros"):
        with pytest.raises(InputError, match=rf"{name}\.mat: not the development kit's meta\.mat") as caught:
            read_ground_truth(tmp_path / "truth.txt", tmp_path / f"{name}.mat")
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=r"none\.mat: no such file"):
        read_ground_truth(tmp_path / "truth.txt", tmp_path / "none.mat")


def test_in_the_flat_folder_only_exact_names_are_images(tmp_path: Path) -> None:
    flat = tmp_path / "val"
    (flat / "more").mkdir(parents=True)
    counted = [f"{name}.JPEG" for name in NAMES]
    others = ["Copy of ILSVRC2012_val_00000001.JPEG", "ILSVRC2012_val_00000001 (1).JPEG"]
    others += ["ILSVRC2012_val_00000002.png", "a_ILSVRC2012_val_00000003.JPEG", "ILSVRC2012_val_3.JPEG"]
    for name in [*counted, *others, "more/ILSVRC2012_val_00000003.JPEG"]:
        Image.new("RGB", (6, 6)).save(flat / name, format="JPEG")
    (flat / "._ILSVRC2012_val_00000001.JPEG").write_bytes(b"\0\5\26\7")
    path = forms(tmp_path)["val.txt"].relative_to(tmp_path)
    settings = ImageSettings(source="imagenet-val", path=Path("val"), labels=path)
    inspection = open_images(settings, tmp_path).inspect()
    assert inspection.images["image_id"].tolist() == counted
    assert inspection.not_counted == {
        uncounted_files.HIDDEN: (1, ("._ILSVRC2012_val_00000001.JPEG",)),
        uncounted_files.NAMED_LIKE_COPIES: (2, tuple(others[:2])),
        uncounted_files.OTHER_NAMES: (3, tuple(sorted(others[2:]))),
        uncounted_files.SUB_FOLDERS: (1, ("more/ILSVRC2012_val_00000003.JPEG",)),
    }


def test_the_flat_folder_of_validation_images_is_labelled_by_wordnet_id(tmp_path: Path) -> None:
    flat = tmp_path / "val"
    flat.mkdir()
    for name in NAMES:
        Image.new("RGB", (6, 6)).save(flat / f"{name}.JPEG")
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
    with pytest.raises(InputError, match=r"no file ILSVRC2012_val_….JPEG in it"):
        open_images(settings.model_copy(update={"path": Path("empty")}), tmp_path).catalogue()
    with pytest.raises(InputError, match="none: no such folder; set `path` in"):
        open_images(settings.model_copy(update={"path": Path("none")}), tmp_path)
