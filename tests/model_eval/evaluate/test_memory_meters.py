from __future__ import annotations

from typing import Any

import pytest
import timm
import torch
from torch.profiler import ProfilerActivity, profile

from model_eval.evaluate.memory_meters import TensorMeter


def profiled_peak(network: torch.nn.Module, images: torch.Tensor) -> int:
    """Return the most bytes that torch's allocator handed out at a time, as torch's profiler saw it."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        network(images)
    results: Any = profiled.profiler
    changes = [each for each in results.kineto_results.events() if each.name() == "[memory]"]
    peak = now = 0
    for change in sorted(changes, key=lambda each: each.start_ns()):
        now += change.nbytes()
        peak = max(peak, now)
    return peak


@pytest.mark.parametrize("name", ["test_vit", "test_convnext", "test_resnet"])
@torch.inference_mode()
def test_activations_are_measured_as_the_profiler_of_torch_sees_them(name: str) -> None:
    network, images = timm.create_model(name).eval(), torch.rand(4, 3, 160, 160)
    network(images)
    with TensorMeter() as meter:
        network(images)
    # Within operations, convolutions copy images into another layout.
    assert meter.peak <= profiled_peak(network, images) <= 1.5 * meter.peak
    with TensorMeter() as of_one:
        network(images[:1])
    assert meter.peak == pytest.approx(4 * of_one.peak, rel=0.02)


def test_memory_is_counted_while_a_tensor_or_a_view_of_it_exists() -> None:
    before = torch.ones(1000)
    with TensorMeter() as meter:
        first = before + 1
        view = first[10:]
        del first
        second = before.view(10, 100) * 2
        assert meter.peak == 8000
        del view, second
        third = before + 3
    assert meter.peak == 8000
    assert third.sum() == 4000
