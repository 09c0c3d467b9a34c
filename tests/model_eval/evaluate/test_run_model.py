from __future__ import annotations

import copy
import functools
from typing import Any

import numpy as np
import pytest
import timm
import torch
from torch import nn

from model_eval.evaluate.run_model import NOISE_IMAGES, ModelFailure, RunningModel
from model_eval.networks.build import Classifier
from model_eval.networks.preprocessing import fit_square
from model_eval.settings import EvaluateSettings, ModelEntry

CPU = torch.device("cpu")
N_CLASSES = 4


class Scripted(nn.Module):
    """A network that does as it is told, and remembers the shapes that it was given."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer
        self.weight = nn.Parameter(torch.arange(12.0).reshape(3, N_CLASSES))
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, images: torch.Tensor) -> Any:
        self.shapes.append(tuple(images.shape))
        return self.answer(self, images)


def honest(network: Scripted, images: torch.Tensor) -> torch.Tensor:
    return images.mean(dim=(2, 3)) @ network.weight


def running(module: nn.Module, messages: list[str] | None = None, **settings: Any) -> RunningModel:
    entry = ModelEntry(name="net", source="timm:test_resnet")
    classifier = Classifier(entry, module.eval(), fit_square(32), (2, 0, 3), "", {})
    tell = (lambda _: None) if messages is None else messages.append
    return RunningModel(classifier, CPU, EvaluateSettings(device="cpu", **settings), tell)


def some_images(n: int = 10, size_px: int = 32) -> torch.Tensor:
    return torch.randn(n, 3, size_px, size_px, generator=torch.Generator().manual_seed(2))


def test_logits_are_the_outputs_of_the_classes_for_the_images_of_the_batch() -> None:
    images = some_images()
    network = Scripted(honest)
    logits = running(network, batch_size=10).logits(images, 7)
    expected = (images.mean(dim=(2, 3)) @ network.weight)[:7, [2, 0, 3]]
    torch.testing.assert_close(logits, expected.detach(), rtol=0, atol=0)


def test_when_memory_runs_out_batches_are_halved_with_a_message_and_the_same_logits() -> None:
    def forgetful(network: Scripted, images: torch.Tensor) -> torch.Tensor:
        if len(images) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return honest(network, images)

    messages: list[str] = []
    network, images = Scripted(forgetful), some_images()
    model = running(network, messages, batch_size=10)
    logits = model.logits(images, 10)
    assert model.batch_size == 3
    assert messages == [f"net: out of memory; continues with batches of {n}" for n in (5, 3)]
    assert {shape[0] for shape in network.shapes[2:]} == {3}  # the last of four batches is filled up
    np.testing.assert_allclose(logits, running(Scripted(honest), batch_size=10).logits(images, 10), rtol=1e-6)

    assert model.noise(images, logits) < 1e-4  # measured with no more images than fit

    model.logits(images, 10)  # and is not tried with more again
    assert {shape[0] for shape in network.shapes[2:]} == {3}
    assert len(messages) == 2


def raises(error: Exception) -> Any:
    def answer(*_: Any) -> Any:
        raise error

    return answer


def test_activations_of_a_batch_are_measured_with_one_image() -> None:
    # Of one image: the means of 3 colours and 4 outputs, of 4 bytes each.
    network = Scripted(honest)
    assert running(network, batch_size=5).activation_bytes(some_images(5)) == 5 * (3 + 4) * 4
    assert network.shapes == [(1, 3, 32, 32)]
    failing = running(Scripted(raises(RuntimeError("no weights"))), batch_size=5)
    assert failing.activation_bytes(some_images(5)) == 0  # its run says why


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (raises(torch.OutOfMemoryError("out of memory")), "not enough memory for a single image"),
        (raises(RuntimeError("DefaultCPUAllocator: can't allocate memory")), "not enough memory"),
        (raises(RuntimeError("mat1 and mat2\nshapes")), "RuntimeError: mat1 and mat2 shapes"),
        (raises(KeyError()), "KeyError"),
        (lambda _, images: images, r"shape \(10, 3, 32, 32\), expected 10 images × at least 4 outputs"),
        (lambda _, images: images.mean(dim=(2, 3)), r"shape \(10, 3\), expected 10 images × at least 4 out"),
        (lambda n, images: honest(n, images)[:1], r"shape \(1, 4\), expected 10 images"),
        (lambda n, images: (honest(n, images),), "returns a tuple, not a tensor"),
        (lambda n, images: honest(n.train(), images), "in training mode"),
    ],
)
def test_whatever_else_goes_wrong_is_a_failure_with_its_reason(answer: Any, why: str) -> None:
    with pytest.raises(ModelFailure, match=why) as caught:
        running(Scripted(answer), batch_size=10).logits(some_images(), 10)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["test_convnext", "test_resnet", "test_vit"])
def test_noise_is_of_the_size_of_the_error_that_double_precision_shows(name: str) -> None:
    torch.manual_seed(1)
    network = timm.create_model(name, num_classes=50).eval()
    images = some_images(24, 160)
    model = running(network, batch_size=24)
    logits = model.logits(images, 24)
    with torch.inference_mode():
        exact = copy.deepcopy(network).double()(images[:NOISE_IMAGES].double())[:, [2, 0, 3]]
    error = float((logits[:NOISE_IMAGES] - exact).abs().max())
    assert error / 4 < model.noise(images, logits) < 4 * error


def test_compiled_networks_answer_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    # torch's own tracer, with a back end that needs no C++ compiler and no minutes.
    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="eager"))
    images = some_images()
    torch.manual_seed(1)
    network = nn.Sequential(nn.Conv2d(3, N_CLASSES, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    plain = running(network, batch_size=10).logits(images, 10)
    model = running(network, batch_size=10, compile=True)
    np.testing.assert_allclose(model.logits(images, 10), plain, atol=1e-6)
    assert model.noise(images, plain) < 1e-5
