from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from timm.data.config import resolve_model_data_config

from model_eval.networks.output_classes import named_head
from model_eval.networks.preprocessing import published
from model_eval.networks.timm import build, preprocessing_of
from model_eval.settings import ModelEntry

HEAD = named_head("three", ("a", "b", "c"))


def saved(name: str, folder: Path) -> tuple[Any, ModelEntry]:
    """Save weights of chance, and return the network that has them and the entry that reads them."""
    torch.manual_seed(4)
    network = timm.create_model(name, num_classes=3).eval()
    torch.save(network.state_dict(), folder / "net.pt")
    return network, ModelEntry(name="net", source=f"timm:{name}", weights="net.pt", head="images")


# levit and tiny_vit have index tables that are no weights, so they are built as usual.
@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        *((name, False) for name in ("test_resnet", "test_vit2", "test_nfnet", "mobilevit_xxs")),
        *(("levit_128s", True), ("tiny_vit_5m_224", True)),
    ],
)
def test_a_checkpoint_is_loaded_without_drawing_other_weights_first(
    name: str, drawn: bool, tmp_path: Path
) -> None:
    network, entry = saved(name, tmp_path)
    size = resolve_model_data_config(network)["input_size"]
    images = torch.randn(2, *size, generator=torch.Generator().manual_seed(1))
    before = torch.get_rng_state()
    ours = build(entry, tmp_path, HEAD).module
    assert torch.equal(torch.get_rng_state(), before) != drawn
    assert not any(part.training for part in ours.modules())
    with torch.inference_mode():
        assert torch.equal(ours(images), network(images))


def test_half_precision_checkpoints_become_single_precision(tmp_path: Path) -> None:
    network, entry = saved("test_resnet", tmp_path)
    torch.save(network.half().state_dict(), tmp_path / "net.pt")
    module = build(entry, tmp_path, HEAD).module
    assert {each.dtype for each in module.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    "name", ["test_resnet", "test_vit2", "vit_base_patch16_clip_224.openai", "xception41"]
)
def test_the_preprocessing_is_known_before_the_weights_and_is_timm_s(name: str) -> None:
    entry = ModelEntry(name="net", source=f"timm:{name}", weights="pretrained")
    with torch.device("meta"):
        network = timm.create_model(name)
    assert preprocessing_of(entry).key == published(resolve_model_data_config(network)).key
