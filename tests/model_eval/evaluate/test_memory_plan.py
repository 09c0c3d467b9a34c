from __future__ import annotations

import itertools

import timm
import torch
from hypothesis import given
from hypothesis import strategies as st

from model_eval.evaluate.memory_plan import Count, free_bytes, plan_rounds, size_bytes


def test_the_size_of_a_network_is_that_of_its_weights_and_buffers() -> None:
    network = timm.create_model("test_resnet", num_classes=10)
    assert size_bytes(network) == sum(t.numel() * t.element_size() for t in network.state_dict().values())


def test_free_memory_is_some_of_this_machine_s() -> None:
    assert 1e7 < free_bytes(torch.device("cpu")) < 1e14


def test_rounds_of_hand_computed_sizes() -> None:
    assert plan_rounds([3, 4, 2, 9, 1], 7) == [[0, 1], [2], [3], [4]]
    assert plan_rounds([3, 4, 2], 9) == [[0, 1, 2]]
    assert plan_rounds([], 9) == []


@given(st.lists(st.integers(0, 50)), st.integers(1, 100))
def test_every_model_has_one_round_and_only_a_model_alone_exceeds_the_budget(
    sizes: list[int], budget: int
) -> None:
    rounds = plan_rounds(sizes, budget)
    assert [index for members in rounds for index in members] == list(range(len(sizes)))
    assert all(len(members) == 1 or sum(sizes[i] for i in members) <= budget for members in rounds)
    # No model waits that would have fitted in the round before.
    for before, after in itertools.pairwise(rounds):
        assert sum(sizes[i] for i in before) + sizes[after[0]] > budget


def test_progress_counts_images_in_all_and_model_by_model() -> None:
    said: list[tuple[str, int, int]] = []
    count = Count(lambda *report: said.append(report), {"a": 10, "b": 4})
    count.add("a", 6)
    count.add("b", 1)
    count.drop("b")  # failed: its other images are not waited for
    count.add("a", 4)
    assert said == [
        ("Evaluating models", 6, 14),
        ("a", 6, 10),
        ("Evaluating models", 7, 14),
        ("b", 1, 4),
        ("Evaluating models", 7, 11),
        ("b", 1, 1),
        ("Evaluating models", 11, 11),
        ("a", 10, 10),
    ]
