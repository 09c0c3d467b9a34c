from __future__ import annotations

import pytest
import torch

from model_eval.networks.device import (
    Arithmetic,
    arithmetic,
    choose_device,
    exact_arithmetic,
    memory_format,
    threads_within_models,
)
from tricky.core.errors import InputError


def test_auto_takes_cuda_where_there_is_one_and_else_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == "cuda"


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert choose_device("cuda:0") == torch.device("cuda:0")
    with pytest.raises(InputError, match="device 'cuda:1': this machine has none"):
        choose_device("cuda:1")


def test_reduced_precision_is_off_inside_and_back_as_it_was_outside() -> None:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        with exact_arithmetic():
            assert torch.get_float32_matmul_precision() == "highest"
            assert not torch.backends.cudnn.allow_tf32
            assert torch.backends.cudnn.deterministic
            assert not torch.backends.cudnn.benchmark
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize(
    ("name", "device", "matmul", "layout"),
    [
        ("exact", "cuda", "highest", torch.contiguous_format),
        ("fast", "cuda", "high", torch.channels_last),
        ("mixed", "cuda", "high", torch.channels_last),
        ("fast", "cpu", "highest", torch.channels_last),
    ],
)
def test_arithmetic_sets_tf32_and_the_layout_and_stays_repeatable(
    name: Arithmetic, device: str, matmul: str, layout: torch.memory_format
) -> None:
    before = torch.get_float32_matmul_precision()
    with arithmetic(name, torch.device(device)):
        assert torch.get_float32_matmul_precision() == matmul
        assert torch.backends.cudnn.allow_tf32 == (matmul == "high")
        assert torch.backends.cudnn.deterministic
    assert torch.get_float32_matmul_precision() == before
    assert memory_format(name) == layout


def test_the_number_of_threads_is_given_back() -> None:
    before = torch.get_num_threads()
    with threads_within_models(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
