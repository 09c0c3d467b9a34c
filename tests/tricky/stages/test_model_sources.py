"""Every form of a model's source that docs/pools.md names, in every command that takes one."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pandas as pd
import pytest
import timm
import torch
from PIL import Image
from torchvision.models import get_model

from model_eval.evaluate.check_pool import PoolCheck
from model_eval.networks.pool_table import PoolRow
from tricky.core.errors import InputError
from tricky.study import Study, open_study

TAGGED = "timm:test_resnet.r160_in1k"
STATED = (
    'head = "images"\npreprocessing = { size_px = 32, crop_pct = 1.0, interpolation = "bilinear", '
    "mean = [0, 0, 0], std = [1, 1, 1] }"
)
MODELS = {
    "timm": 'source = "timm:test_resnet"',
    "timm-tag": f'source = "{TAGGED}"',
    "timm-file": 'source = "timm:test_resnet"\nweights = "timm.pt"\nhead = "images"',
    "timm-tag-file": f'source = "{TAGGED}"\nweights = "timm.pt"\nhead = "images"',
    "torchvision": 'source = "torchvision:squeezenet1_1/DEFAULT"\nweights = "squeeze.pt"\nhead = "images"',
    "openclip": 'source = "openclip:tiny/random"\nweights = "openclip.pt"',
    "python": f'source = "python:nets_for_sources:small"\n{STATED}',
    "torchscript": f'source = "torchscript:my nets/net.ts"\n{STATED}',
    "export": f'source = "export:my nets/net.pt2"\n{STATED}',
}
CODE = """
import torch
from torch import nn

class Standardised(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.last = nn.Linear(48, 2)
    def forward(self, x):
        x = (x - x.mean((1, 2, 3), keepdim=True)) / x.std((1, 2, 3), keepdim=True)
        return self.last(nn.functional.adaptive_avg_pool2d(x, 4).flatten(1))

def small():
    return Standardised()
"""
TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


@dataclass
class Done:
    """What the commands made of a pool in which every form occurs."""

    study: Study
    shown: dict[str, PoolRow]
    checked: dict[str, PoolCheck]
    trained: dict[str, str]
    evaluated: dict[str, dict[str, object]]
    left_out: set[str]


def write_images(folder: Path) -> None:
    rng = np.random.default_rng(8)
    for name, brightest in (("dark", 120), ("light", 255)):
        (folder / name).mkdir(parents=True)
        for index in range(8):
            pixels = rng.integers(0, brightest, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index}.png")


def write_networks(folder: Path) -> None:
    torch.manual_seed(1)
    torch.save(timm.create_model("test_resnet", num_classes=2).state_dict(), folder / "timm.pt")
    torch.save(get_model("squeezenet1_1", num_classes=2).state_dict(), folder / "squeeze.pt")
    torch.save(open_clip.create_model("tiny").state_dict(), folder / "openclip.pt")
    (folder / "nets_for_sources.py").write_text(CODE)
    namespace: dict[str, object] = {}
    exec(CODE, namespace)
    network = namespace["small"]().eval()  # type: ignore[operator]
    (folder / "my nets").mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(network, torch.randn(2, 3, 32, 32))
        torch.jit.save(traced, str(folder / "my nets" / "net.ts"))  # type: ignore[arg-type]
    batch = torch.export.Dim("batch")
    exported = torch.export.export(network, (torch.randn(2, 3, 32, 32),), dynamic_shapes=({0: batch},))
    torch.export.save(exported, str(folder / "my nets" / "net.pt2"))


@pytest.fixture(scope="module")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let open_clip know a small model."""
    folder = tmp_path_factory.mktemp("configs")
    (folder / "tiny.json").write_text(json.dumps(TINY))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_clip.factory, "_MODEL_CONFIGS", dict(open_clip.factory._MODEL_CONFIGS))
        patch.setattr(open_clip.factory, "_MODEL_CONFIG_PATHS", list(open_clip.factory._MODEL_CONFIG_PATHS))
        open_clip.add_model_config(folder)
        patch.setitem(open_clip.pretrained._PRETRAINED, "tiny", {"random": {"hf_hub": "somebody/tiny/"}})
        yield


def models_in(manifest: Path) -> list[dict[str, Any]]:
    return json.loads(manifest.read_text())["models"]


@pytest.fixture(scope="module")
def done(tiny_clip: None, tmp_path_factory: pytest.TempPathFactory) -> Done:  # noqa: ARG001 - set up first
    folder = tmp_path_factory.mktemp("study")
    write_images(folder / "photos")
    write_networks(folder)
    entries = "".join(
        f'[[pool.models]]\nname = "{name}"\nfamily = "{name}"\n{entry}\n' for name, entry in MODELS.items()
    )
    (folder / "study.toml").write_text(
        '[images]\nsource = "folder"\npath = "photos"\n'
        "[train]\nimages = 4\nepochs = 1\nbatch_size = 2\n"
        f'[evaluate]\ndevice = "cpu"\nbatch_size = 5\n{entries}'
    )
    study = open_study(folder)
    shown = {row.entry.name: row for row in study.show_pool()}
    study.train()
    checked = {check.entry.name: check for check in study.check_pool(trust=True)}
    study.evaluate(trust=True)
    study.label()
    left_out = pd.read_csv(study.difficulty / "leave_one_out.csv", dtype="str")
    return Done(
        study,
        shown,
        checked,
        {each["name"]: each["source"] for each in models_in(study.training / "training.json")},
        {each["name"]: each for each in models_in(study.decisions / "pool.json")},
        set(left_out["left_out"]),
    )


@pytest.mark.parametrize("name", MODELS)
def test_every_form_of_a_source_works_in_every_command(name: str, done: Done) -> None:
    assert done.shown[name].weights in ("here", "tricky train", "by code")
    assert done.checked[name].problem == ""
    assert ("weights" not in MODELS[name] and name.startswith("timm")) == (name in done.trained)
    assert "failure" not in done.evaluated[name]
    assert done.evaluated[name]["source"] == done.shown[name].entry.source
    assert name in done.left_out


@pytest.mark.parametrize("network", ["timm:test_resnet", TAGGED])
def test_a_recipe_trains_each_form_that_a_pool_trains(network: str, tmp_path: Path) -> None:
    from model_eval.epoch_decisions import read_conditions
    from model_eval.networks.activations import PENULTIMATE, activations_of_each

    write_images(tmp_path / "photos")
    (tmp_path / "study.toml").write_text(
        '[images]\nsource = "folder"\npath = "photos"\n[evaluate]\ndevice = "cpu"\nbatch_size = 4\n'
        '[train]\nrecipe = "mine.toml"\n'
    )
    (tmp_path / "mine.toml").write_text(
        f'[base]\nnetwork = "{network}"\nimages = 8\nepochs = 1\nbatch_size = 4\n'
    )
    study = open_study(tmp_path)
    study.train_conditions()
    decisions = read_conditions(study.conditions)
    assert [model.network for model in decisions.models] == [network]
    (layer,) = activations_of_each(decisions, PENULTIMATE, study.open_images(), study.conditions, "cpu")
    assert layer is not None
    assert len(layer) == 8


def test_a_recipe_names_the_form_that_it_takes(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        '[images]\nsource = "gaussian"\n[train.base]\nnetwork = "torchvision:resnet50/DEFAULT"\n'
    )
    with pytest.raises(InputError, match=r"network = .*: expected timm:NAME or timm:NAME\.TAG: only timm"):
        open_study(tmp_path).train_conditions()
