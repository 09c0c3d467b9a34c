"""Files that don't count as images, wherever images are counted."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CODE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.last = nn.Linear(3, 2)
    def forward(self, x):
        return self.last(x.mean((2, 3)))

def make():
    return Net()
"""
STUDY = """
[images]
source = "folder"
path = "photos"
[label]
tolerance = 0
[train]
images = 4
epochs = 1
batch_size = 2
[evaluate]
device = "cpu"
batch_size = 4
[[pool.models]]
name = "trained"
source = "timm:test_resnet"
[[pool.models]]
name = "own"
source = "python:net_of_test_images:make"
head = "images"
preprocessing = { size_px = 32, crop_pct = 1.0, interpolation = "bilinear", mean = [0,0,0], std = [1,1,1] }
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen images of two classes, and what else gathers in a folder that is used."""
    root = tmp_path_factory.mktemp("study")
    rng = np.random.default_rng(4)
    for name in ("ant", "bee"):
        (root / "photos" / name).mkdir(parents=True)
        for index in range(8):
            pixels = rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / "photos" / name / f"{index}.png")
    ant = root / "photos" / "ant"
    shutil.copy(ant / "0.png", ant / "Copy of 0.png")
    (ant / "all").symlink_to("..", target_is_directory=True)
    (root / "elsewhere").mkdir()
    (ant / "far").symlink_to(root / "elsewhere", target_is_directory=True)
    (ant / "._0.png").write_bytes(b"\0\5\26\7")
    (ant / "@eaDir").mkdir()
    shutil.copy(ant / "0.png", ant / "@eaDir" / "thumb.png")
    (root / "photos" / "moth").mkdir()
    for index in range(3):
        (root / "photos" / "moth" / f"{index}.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    (root / "net_of_test_images.py").write_text(CODE)
    (root / "study.toml").write_text(STUDY)
    return root


NOT_COUNTED = [
    r"1 exact copies of images in the same folder: ant/Copy of 0\.png",
    r"1 symbolic links to what is listed already, or to a folder above: ant/all",
    r"1 symbolic links that leave the folder \(`follow_links = true` in \[images\] follows them\): ant/far",
    r"1 hidden files .*: ant/\._0\.png",
    r"1 system files of a NAS .*: ant/@eaDir/thumb\.png",
    r"3 \.heic files: moth/0\.heic, moth/1\.heic, moth/2\.heic",
    r"1 class folders without an image: moth/",
]


def test_every_command_that_counts_images_says_what_does_not_count(study: Path, succeed) -> None:
    for command in (("images", "check"), ("train",), ("evaluate", "--trust"), ("label",)):
        said = re.sub(r"\s+", " ", succeed(*command, cwd=study))
        for line in NOT_COUNTED:
            assert re.search(f"not counted: {line}", said), (command, line)
    for path, n in (("training/training.json", 7), ("decisions/pool.json", 7)):
        found = json.loads((study / path).read_text())["images"]["not_counted"]
        assert len(found) == n
        assert found["class folders without an image"] == {"n": 1, "first": ["moth/"]}
    assert json.loads((study / "decisions" / "pool.json").read_text())["images"]["n"] == 12
    assert len(json.loads((study / "difficulty" / "difficulty.json").read_text())["not_counted"]) == 7


def test_a_recipe_says_it_too(study: Path, succeed) -> None:
    (study / "mine.toml").write_text("[base]\nimages = 4\nepochs = 1\nbatch_size = 2\n")
    said = re.sub(r"\s+", " ", succeed("train", "--recipe", "mine.toml", cwd=study))
    assert all(re.search(f"not counted: {line}", said) for line in NOT_COUNTED)
    manifest = json.loads((study / "conditions" / "conditions.json").read_text())
    assert len(manifest["images"]["not_counted"]) == len(manifest["training_images"]["not_counted"]) == 7
