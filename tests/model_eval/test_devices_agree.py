"""Every device that is here against the CPU: the GPU path is the CPU path with another `device`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import timm
import torch

import model_eval.evaluate.run_models
from model_eval.evaluate.evaluate import evaluate_pool
from model_eval.settings import EvaluateSettings, ModelEntry

NAMES = ("test_convnext", "test_resnet", "test_vit")
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
"""On a machine without a GPU the CPU is held against itself: other threads, other batches, other kernels."""

CLEAR = 1e-3
"""Margin between the two best logits from which on a decision must be the same everywhere."""


@pytest.mark.parametrize("device", DEVICES)
def test_wherever_models_run_top_1_is_the_same_on_all_images_but_near_ties(
    device: str, drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = []
    for name in NAMES:
        torch.manual_seed(5)
        network = timm.create_model(name, num_classes=3)
        network.get_classifier().weight.data *= 30  # type: ignore[operator]  # so that answers differ
        torch.save(network.state_dict(), tmp_path / f"{name}.pt")
        entries.append(ModelEntry(name=name, source=f"timm:{name}", weights=f"{name}.pt", head="images"))

    def rows(device: str, batch_size: int, n_cores: int) -> dict[str, pd.DataFrame]:
        monkeypatch.setattr(model_eval.evaluate.run_models, "n_cores", lambda: n_cores)
        folder = tmp_path / f"{device}-{batch_size}"
        settings = EvaluateSettings(device=device, batch_size=batch_size)
        evaluate_pool(drawn, entries, settings, root=tmp_path, training=tmp_path, folder=folder)
        return {name: pd.read_parquet(folder / f"{name}.parquet") for name in NAMES}

    reference, found = rows("cpu", 32, 1), rows(device, 20, 2 * len(NAMES))
    for name in NAMES:
        clear = reference[name]["margin"] >= CLEAR
        assert clear.sum() > 40
        pd.testing.assert_series_equal(found[name]["prediction"][clear], reference[name]["prediction"][clear])
        pd.testing.assert_series_equal(
            found[name]["p_label"], reference[name]["p_label"], check_exact=False, atol=1e-4
        )
