from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
import torch.nn.functional as F
from torch.optim import lr_scheduler

from model_eval.networks.device import threads_within_models
from model_eval.train.recipe import Recipe, Run, runs_of
from model_eval.train.training_loop import DivergedError, Learner
from tricky.core.errors import InputError

CPU = torch.device("cpu")
Batches = list[tuple[torch.Tensor, torch.Tensor]]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threads_within_models(1), torch.random.fork_rng():
        yield


def run_of(**base: Any) -> Run:
    return runs_of(Recipe.model_validate({"base": {"batch_size": 8, **base}}), seed=1)[0]


def two_shades(n_images: int = 24) -> Batches:
    """Dark images and bright ones, in batches of eight: nothing to learn but that."""
    rng = np.random.default_rng(9)
    labels = torch.arange(n_images) % 2
    images = torch.from_numpy(rng.uniform(-1, 0, (n_images, 3, 32, 32)).astype(np.float32))
    images += labels[:, None, None, None]
    return list(zip(images.split(8), labels.split(8), strict=True))


def learn(learner: Learner, batches: Batches, n_epochs: int) -> list[float]:
    return [learner.learn(batches, lambda _: None) for _ in range(n_epochs)]


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def plain_sgd(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=0.02, momentum=0.9, weight_decay=1e-4, fused=True)


def plain_nesterov(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=0.02, momentum=0.9, weight_decay=1e-4, nesterov=True, fused=True)


def plain_adamw(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=0.02, weight_decay=1e-4, fused=True)


def plain_steps(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    return lr_scheduler.MultiStepLR(optimizer, [3, 6], gamma=0.1)


def plain_cycle(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    return lr_scheduler.OneCycleLR(optimizer, 0.02, total_steps=9)


def plain_cosine(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    return lr_scheduler.CosineAnnealingLR(optimizer, T_max=9)


@pytest.mark.parametrize(
    ("optimizer", "make_optimizer", "schedule", "make_schedule", "updates"),
    [
        ("momentum", plain_sgd, "steps", plain_steps, 1),
        ("nesterov", plain_nesterov, "cosine", plain_cosine, 2),
        ("adamw", plain_adamw, "one-cycle", plain_cycle, 1),
    ],
)
@pytest.mark.parametrize("network", ["test_resnet", "test_vit"])
def test_loss_and_weights_are_those_of_a_plain_torch_loop_to_the_last_bit(
    network: str, optimizer: str, make_optimizer: Any, schedule: str, make_schedule: Any, updates: int
) -> None:
    run = run_of(
        network=f"timm:{network}",
        optimizer=optimizer,
        learning_rate=0.02,
        weight_decay=1e-4,
        schedule=schedule,
        decay_epochs=[1, 2],
        epochs=3,
        updates_per_batch=updates,
    )
    batches = two_shades()

    torch.manual_seed(run.seeds.initialisation)
    size: dict[str, Any] = {"img_size": 32} if network == "test_vit" else {}
    plain = timm.create_model(network, num_classes=2, **size).train()
    torch.manual_seed(run.seeds.noise)
    plain_optimizer = make_optimizer(plain.parameters())
    plain_schedule = make_schedule(plain_optimizer)
    plain_losses = []
    for _ in range(3):
        epoch_losses = []
        for images, labels in batches:
            for some, of_some in zip(images.chunk(updates), labels.chunk(updates), strict=True):
                loss = F.cross_entropy(plain(some), of_some)
                plain_optimizer.zero_grad()
                loss.backward()
                plain_optimizer.step()
                epoch_losses.append(loss.item())
            plain_schedule.step()
        plain_losses.append(sum(epoch_losses) / len(epoch_losses))

    learner = Learner(run, 2, len(batches), CPU)
    losses = learn(learner, batches, 3)
    assert losses == pytest.approx(plain_losses, rel=1e-14)  # a mean of the same numbers, added up exactly
    assert equal(learner.network.state_dict(), plain.state_dict())


def test_a_network_learns_what_can_be_learnt() -> None:
    learner = Learner(run_of(epochs=8), 2, 3, CPU)
    losses = learn(learner, two_shades(), 8)
    assert losses[0] > 0.3  # chance is log 2 = .69
    assert losses[-1] < 0.05


def test_global_chance_before_does_not_matter() -> None:
    run = run_of(epochs=1)
    first, again = Learner(run, 2, 3, CPU), None
    learn(first, two_shades(), 1)
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002 – global chance must not matter
    again = Learner(run, 2, 3, CPU)
    learn(again, two_shades(), 1)
    assert equal(first.network.state_dict(), again.network.state_dict())


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine", "steps", "constant"])
def test_a_learner_goes_on_from_its_state_as_if_nothing_had_happened(tmp_path: Path, schedule: str) -> None:
    run = run_of(
        network="timm:test_vit",
        epochs=3,
        extra_epochs=1,
        schedule=schedule,
        decay_epochs=[2],
        average_decay=0.9,
    )
    undisturbed = Learner(run, 2, 3, CPU)
    torch.nn.Dropout(0.5)(torch.ones(3))  # chance goes on, too
    expected = learn(undisturbed, two_shades(), 4)

    stopped = Learner(run, 2, 3, CPU)
    torch.nn.Dropout(0.5)(torch.ones(3))
    first = learn(stopped, two_shades(), 2)
    torch.save(stopped.state(), tmp_path / "state.pt")
    torch.rand(5)
    resumed = Learner(run, 2, 3, CPU)
    resumed.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    assert first + learn(resumed, two_shades(), 2) == expected
    assert equal(resumed.network.state_dict(), undisturbed.network.state_dict())
    assert equal(resumed.evaluated.state_dict(), undisturbed.evaluated.state_dict())
    assert torch.equal(torch.get_rng_state(), resumed.state()["chance"])


def test_extra_epochs_keep_the_schedules_last_learning_rate() -> None:
    learner = Learner(run_of(epochs=2, extra_epochs=2, schedule="cosine", learning_rate=0.1), 2, 3, CPU)
    rates = []
    for _ in range(4):
        learn(learner, two_shades(), 1)
        rates.append(learner.optimizer.param_groups[0]["lr"])
    # Of six batches the last is number five, counted from 0: (1 + cos(5 π / 6)) / 2 of the first rate.
    assert rates[1:] == pytest.approx([0.1 * (1 + np.cos(5 * np.pi / 6)) / 2] * 3)
    assert rates[0] > rates[1]


def test_the_average_of_weights_is_torchs() -> None:
    run = run_of(epochs=1, average_decay=0.5, schedule="constant", optimizer="momentum")
    learner = Learner(run, 2, 3, CPU)
    name = "fc.weight"
    states = []
    for batch in two_shades():
        learn(learner, [batch], 1)
        states.append(learner.network.state_dict()[name].clone())
    # The first update copies; later ones go half of the way.
    expected = 0.5 * (0.5 * states[0] + 0.5 * states[1]) + 0.5 * states[2]
    assert torch.allclose(learner.evaluated.state_dict()[name], expected, atol=1e-7)


def test_mixed_precision_trains_weights_of_single_precision() -> None:
    learner = Learner(run_of(epochs=1, mixed_precision=True), 2, 3, CPU)
    mixed = learn(learner, two_shades(), 1)
    assert {tensor.dtype for tensor in learner.network.parameters()} == {torch.float32}
    single = learn(Learner(run_of(epochs=1), 2, 3, CPU), two_shades(), 1)
    assert mixed != single
    assert mixed == pytest.approx(single, rel=0.1)


def test_an_infinite_loss_is_a_divergence() -> None:
    learner = Learner(run_of(epochs=3, learning_rate=1e30), 2, 3, CPU)
    with pytest.raises(DivergedError):
        learn(learner, two_shades(), 3)


def test_an_unknown_optimizer_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"timm has no optimizer 'momentun'; did you mean momentum"):
        Learner(run_of(optimizer="momentun"), 2, 3, CPU)


def test_channels_last_changes_last_digits_only():
    batches = two_shades()
    plain, other = (
        Learner(run_of(network="timm:test_resnet"), 2, len(batches), CPU, channels_last=channels_last)
        for channels_last in (False, True)
    )
    weights = [each for each in other.network.parameters() if each.ndim == 4 and each.shape[1] > 1]
    assert weights
    assert all(each.is_contiguous(memory_format=torch.channels_last) for each in weights)
    assert learn(other, batches, 1) == pytest.approx(learn(plain, batches, 1), rel=1e-3)
