from __future__ import annotations

import pytest
import timm
import torch

from model_eval.evaluate.memory_plan import (
    SHARE_ON_THE_CPU,
    MemoryPlan,
    free_bytes,
    size_bytes,
)

CPU = torch.device("cpu")


def test_the_size_of_a_network_is_that_of_its_weights_and_buffers() -> None:
    network = timm.create_model("test_resnet", num_classes=10)
    assert size_bytes(network) == sum(t.numel() * t.element_size() for t in network.state_dict().values())


def test_free_memory_is_some_of_this_machine_s() -> None:
    assert 1e7 < free_bytes(CPU) < 1e14


def test_models_share_memory_until_weights_and_the_largest_activations_exceed_the_budget() -> None:
    plan = MemoryPlan(budget=10)
    assert plan.fits(50)  # the first model of a round has no alternative
    plan.add(4)
    assert plan.fits(6)
    assert not plan.fits(7)
    plan.activations = 3  # measured when the first model ran
    assert plan.fits(3)
    assert not plan.fits(4)
    plan.add(3)
    assert not plan.fits(1)
    plan.next_round()
    plan.add(5)
    assert plan.fits(2)  # what was measured still counts
    assert not plan.fits(3)


def test_the_processor_keeps_some_of_its_memory_for_images() -> None:
    assert MemoryPlan.of(CPU).budget == pytest.approx(SHARE_ON_THE_CPU * free_bytes(CPU), rel=0.1)
