from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from model_eval.artefacts import InputError
from model_eval.devices import threads_within_models
from model_eval.fitting import derived_seeds, fit_network
from model_eval.settings import ModelEntry, TrainSettings

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threads_within_models(1):
        yield


def entry(name: str = "net") -> ModelEntry:
    return ModelEntry(name=name, source="timm:test_resnet")


def two_shades(n_images: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Dark images and bright ones: nothing to learn but that."""
    rng = np.random.default_rng(9)
    labels = np.arange(n_images) % 2
    pixels = rng.integers(0, 100, (n_images, 32, 32, 3)) + 150 * labels[:, None, None, None]
    return pixels.astype(np.uint8), labels


def fit(
    which: ModelEntry, settings: TrainSettings, seed: int = 1, device: torch.device = CPU
) -> tuple[dict[str, torch.Tensor], float]:
    pixels, labels = two_shades()
    return fit_network(which, pixels, labels, 2, settings, seed, device, lambda: None)


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_a_network_learns_what_can_be_learnt() -> None:
    _, before = fit(entry(), TrainSettings(epochs=1, batch_size=8))
    _, after = fit(entry(), TrainSettings(epochs=8, batch_size=8))
    assert before > 0.3  # chance is log 2 = .69
    assert after < 0.05


def test_weights_follow_from_seed_and_name_alone() -> None:
    settings = TrainSettings(epochs=1, batch_size=8)
    first, _ = fit(entry(), settings)
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002 – global chance must not matter
    again, _ = fit(entry(), settings)
    assert equal(first, again)
    assert not equal(first, fit(entry(), settings, seed=2)[0])
    assert not equal(first, fit(entry("other"), settings)[0])


def test_training_leaves_global_chance_as_it_was() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit(entry(), TrainSettings(epochs=1, batch_size=8))
    assert torch.equal(torch.rand(3), expected)


def test_a_batch_of_one_left_over_does_not_stop_batch_normalisation() -> None:
    _, loss = fit(entry(), TrainSettings(epochs=1, batch_size=23))  # 24 images: 23 and 1
    assert np.isfinite(loss)


def test_divergence_is_told_with_model_and_epoch() -> None:
    with pytest.raises(InputError, match=r"^net: training diverged in epoch \d.*lower `learning_rate`"):
        fit(entry(), TrainSettings(epochs=3, batch_size=8, learning_rate=1e30))


def test_epochs_are_counted() -> None:
    epochs: list[int] = []
    pixels, labels = two_shades()
    settings = TrainSettings(epochs=3)
    fit_network(entry(), pixels, labels, 2, settings, 1, CPU, lambda: epochs.append(len(epochs)))
    assert epochs == [0, 1, 2]


def test_seeds_of_different_purposes_differ() -> None:
    states = {
        tuple(derived_seeds(seed, *names).generate_state(4))
        for seed in (0, 1)
        for names in (("split",), ("train", "a"), ("train", "b"))
    }
    assert len(states) == 6
