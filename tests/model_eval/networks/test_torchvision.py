from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from torchvision.models import MobileNet_V3_Small_Weights, SqueezeNet1_1_Weights, get_model

from model_eval.networks.build import build_classifier
from model_eval.networks.sample_images import Sample
from model_eval.settings import ModelEntry, PreprocessingSettings
from tricky.core.errors import InputError

SYNSETS = ("n01440764", "n02123045", "n15075141")
SAMPLE = Sample(("china", "flower"), lambda name: Image.fromarray(load_sample_image(f"{name}.jpg")))
SQUEEZENET = ModelEntry(name="net", source="torchvision:squeezenet1_1/IMAGENET1K_V1")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which torch keeps what it has downloaded."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def downloaded(hub: Path, name: str, url: str) -> torch.nn.Module:
    torch.manual_seed(3)
    network = get_model(name, weights=None).eval()
    torch.save(network.state_dict(), hub / url.rsplit("/", 1)[1])
    return network


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("squeezenet1_1", SqueezeNet1_1_Weights.IMAGENET1K_V1),
        ("mobilenet_v3_small", MobileNet_V3_Small_Weights.IMAGENET1K_V1),
    ],
)
def test_published_weights_are_asked_as_torchvision_s_own_preset_does(
    name: str, weights: SqueezeNet1_1_Weights | MobileNet_V3_Small_Weights, hub: Path, tmp_path: Path
) -> None:
    theirs = downloaded(hub, name, weights.url)
    entry = ModelEntry(name="net", source=f"torchvision:{name}/IMAGENET1K_V1")
    ours = build_classifier(entry, SYNSETS, SAMPLE, root=tmp_path, training=tmp_path)
    assert ours.entry.weights == "pretrained"
    assert ours.outputs == (0, 281, 999)
    assert ours.preprocessing.description["kind"] == "torchvision"
    preset = weights.transforms()
    china, flower = load_sample_image("china.jpg"), load_sample_image("flower.jpg")
    for photograph in (china, flower[:, :97], flower[:51], china[::4, ::4, 0]):  # the last one grey
        image = Image.fromarray(np.ascontiguousarray(photograph))
        expected = preset(image.convert("RGB"))
        torch.testing.assert_close(ours.preprocessing.transform(image), expected, rtol=0, atol=0)
        with torch.inference_mode():
            assert torch.equal(ours.module(expected[None]), theirs(expected[None]))


def test_a_checkpoint_has_the_preprocessing_of_the_weights_that_are_named(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = get_model("squeezenet1_1", weights=None, num_classes=3)
    torch.save(network.state_dict(), tmp_path / "net.pt")
    (tmp_path / "names.txt").write_text("c\na\nb\n")
    entry = SQUEEZENET.model_copy(update={"weights": "net.pt", "head": "names.txt"})
    ours = build_classifier(entry, ("a", "b", "c"), SAMPLE, root=tmp_path, training=tmp_path)
    assert ours.outputs == (1, 2, 0)
    assert ours.preprocessing.description["resize_size"] == 256


def test_preprocessing_can_be_replaced_piece_by_piece(hub: Path, tmp_path: Path) -> None:
    downloaded(hub, "squeezenet1_1", SqueezeNet1_1_Weights.IMAGENET1K_V1.url)

    def description(**changes: object) -> dict[str, object]:
        settings = PreprocessingSettings.model_validate(changes)
        entry = SQUEEZENET.model_copy(update={"preprocessing": settings})
        return build_classifier(
            entry, SYNSETS, SAMPLE, root=tmp_path, training=tmp_path
        ).preprocessing.description

    before = description()
    assert (before["crop_size"], before["resize_size"]) == (224, 256)
    assert description(size_px=112) == before | {"crop_size": 112, "resize_size": 128}  # the share stays
    assert description(crop_pct=1.0) == before | {"resize_size": 224}
    assert description(interpolation="bicubic") == before | {"interpolation": "bicubic"}
    assert description(mean=(0, 0, 0))["mean"] == [0, 0, 0]
    with pytest.raises(InputError, match="see squares"):
        description(size_px=(96, 64))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("torchvision:resnet51/DEFAULT", "torchvision has no model 'resnet51'"),
        ("torchvision:squeezenet1_1/V9", "no weights 'V9' of squeezenet1_1; there is IMAGENET1K_V1"),
        ("torchvision:fcn_resnet50/DEFAULT", "no classifier of images"),
    ],
)
def test_what_torchvision_has_not_is_refused(source: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"^net: .*{said}"):
        build_classifier(
            ModelEntry(name="net", source=source), SYNSETS, SAMPLE, root=tmp_path, training=tmp_path
        )


def test_classes_are_checked_before_anything_is_downloaded(hub: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"its 1000 outputs are called by imagenet-1k.*'disc'"):
        build_classifier(SQUEEZENET, ("disc", "noise"), SAMPLE, root=tmp_path, training=tmp_path)
    assert list(hub.iterdir()) == []


def test_a_server_that_cannot_be_reached_is_told_in_one_line(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", unreachable)
    with pytest.raises(InputError, match=r"net: torchvision can't build .* \(no route to host\)"):
        build_classifier(SQUEEZENET, SYNSETS, SAMPLE, root=tmp_path, training=tmp_path)
    assert list(hub.iterdir()) == []
