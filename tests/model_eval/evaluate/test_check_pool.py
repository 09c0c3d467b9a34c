from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch

from model_eval.evaluate.check_pool import check_pool
from model_eval.images.folder import ImageFolder
from model_eval.settings import EvaluateSettings, ImageSettings, ModelEntry

SETTINGS = EvaluateSettings(device="cpu", batch_size=4)


@pytest.fixture
def source(drawn_folder: Path) -> ImageFolder:
    return ImageFolder(ImageSettings(source="folder", path=drawn_folder), drawn_folder)


def test_every_model_is_tried_whatever_becomes_of_the_others(source: ImageFolder, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = timm.create_model("test_resnet", num_classes=3)
    torch.save(network.state_dict(), tmp_path / "good.pt")
    state = network.state_dict()
    state["fc.bias"][0] = float("nan")
    torch.save(state, tmp_path / "nan.pt")
    entries = [
        ModelEntry(name="untrained", source="timm:test_vit"),
        ModelEntry(name="good", source="timm:test_resnet", weights="good.pt", head="images"),
        ModelEntry(name="nan", source="timm:test_resnet", weights="nan.pt", head="images"),
        ModelEntry(name="imagenet", source="timm:test_resnet", weights="pretrained"),
        ModelEntry(name="code", source="python:no_such_module:net", head="images").as_trusted(),
    ]
    told: list[int] = []
    checks = check_pool(
        source,
        entries,
        SETTINGS,
        root=tmp_path,
        training=tmp_path / "training",
        progress=lambda what, done, _: told.append(done) if what == "Checking models" else None,
    )
    assert [check.entry.name for check in checks] == ["untrained", "good", "nan", "imagenet", "code"]
    problems = [check.problem for check in checks]
    assert "run `tricky train`" in problems[0]
    assert problems[1] == ""
    assert "an output isn't finite" in problems[2]
    assert "its 1000 outputs are called by imagenet-1k" in problems[3]
    assert "brings no preprocessing of its own" in problems[4]
    assert told == [1, 2, 3, 4, 5]
