from __future__ import annotations

from pathlib import Path

import huggingface_hub.constants
import open_clip
import pytest
import timm
import torch
from huggingface_hub.file_download import repo_folder_name
from torchvision.models import SqueezeNet1_1_Weights

from model_eval.networks.pool import read_pool
from model_eval.networks.pool_table import PoolRow, describe
from model_eval.settings import ModelEntry, PoolSettings

SQUEEZENET = ModelEntry(name="net", source="torchvision:squeezenet1_1/IMAGENET1K_V1")


@pytest.fixture(autouse=True)
def nothing_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "torch"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))


def look(entry: ModelEntry, root: Path) -> PoolRow:
    return describe(entry, root=root, training=root / "training")


@pytest.mark.parametrize("name", ["paper-2022", "modern"])
def test_every_model_of_a_shipped_pool_is_known_to_its_library(name: str) -> None:
    entries = read_pool(PoolSettings(file=name), Path())
    published = set(open_clip.list_pretrained())
    for entry in entries:
        if entry.library == "timm":
            config = timm.get_pretrained_cfg(entry.model)
            assert config is not None, entry
            assert config.hf_hub_id or config.url
            assert config.num_classes == 1000
        elif entry.library == "openclip":
            assert tuple(entry.model.split("/")) in published
        elif entry.library == "torchvision":
            assert look(entry, Path()).n_parameters
        else:
            assert not entry.preprocessing.missing()
            assert entry.head == "imagenet-1k"
        assert entry.family
        assert entry.weights != "train"
    assert len(entries) == (11 if name == "paper-2022" else 26)
    assert len({entry.family for entry in entries}) >= 7


def test_parameters_and_preprocessing_are_those_of_the_libraries(tmp_path: Path) -> None:
    row = look(ModelEntry(name="net", source="timm:test_resnet.r160_in1k", weights="pretrained"), tmp_path)
    assert row.n_parameters == sum(p.numel() for p in timm.create_model("test_resnet").parameters())
    assert (row.size, row.crop_pct, row.interpolation) == ((160, 160), 0.95, "bilinear")
    row = look(SQUEEZENET, tmp_path)
    assert row.n_parameters == SqueezeNet1_1_Weights.IMAGENET1K_V1.meta["num_params"]
    assert (row.size, row.crop_pct, row.interpolation) == ((224, 224), 0.875, "bilinear")
    row = look(ModelEntry(name="net", source="openclip:RN50/openai"), tmp_path)
    # Radford et al. (2021): the image tower of RN50 sees 224 px; both towers have 102 million parameters.
    assert (row.size, row.crop_pct, row.interpolation) == ((224, 224), 1.0, "bicubic")
    assert row.n_parameters is not None
    assert round(row.n_parameters / 1e6) == 102


def test_weights_are_looked_for_where_a_download_leaves_them(tmp_path: Path) -> None:
    assert look(SQUEEZENET, tmp_path).weights == "download"
    cache = tmp_path / "torch" / "checkpoints"
    cache.mkdir(parents=True)
    (cache / SqueezeNet1_1_Weights.IMAGENET1K_V1.url.rsplit("/", 1)[1]).touch()
    assert look(SQUEEZENET, tmp_path).weights == "here"

    entry = ModelEntry(name="net", source="timm:test_resnet.r160_in1k", weights="pretrained")
    assert look(entry, tmp_path).weights == "download"
    config = timm.get_pretrained_cfg("test_resnet.r160_in1k")
    assert config is not None
    repository = tmp_path / "hub" / repo_folder_name(repo_id=str(config.hf_hub_id), repo_type="model")
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    (repository / "snapshots" / ("0" * 40)).mkdir(parents=True)
    (repository / "snapshots" / ("0" * 40) / "model.safetensors").touch()
    assert look(entry, tmp_path).weights == "here"


def test_files_training_and_code_are_told_apart(tmp_path: Path) -> None:
    entry = ModelEntry(name="net", source="timm:test_resnet", weights="net.pt")
    assert (look(entry, tmp_path).weights, look(entry, tmp_path).path) == ("no file", tmp_path / "net.pt")
    (tmp_path / "net.pt").touch()
    assert look(entry, tmp_path).weights == "here"
    assert look(ModelEntry(name="net", source="export:net.pt"), tmp_path).weights == "here"
    assert look(ModelEntry(name="net", source="timm:test_resnet"), tmp_path).weights == "tricky train"
    changed = ModelEntry.model_validate(
        {"name": "net", "source": "python:a:b", "preprocessing": {"size_px": [96, 64], "crop_pct": 0.5}}
    )
    row = look(changed, tmp_path)
    assert (row.weights, row.n_parameters, row.size, row.crop_pct) == ("by code", None, (96, 64), 0.5)
