"""Training of one network: optimizer, schedule, cross-entropy, and the state from which it continues."""

from __future__ import annotations

import copy
import difflib
import inspect
import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from timm.optim import (
    create_optimizer_v2,  # pyright: ignore[reportPrivateImportUsage] - timm documents them here
    get_optimizer_info,  # pyright: ignore[reportPrivateImportUsage]
    list_optimizers,  # pyright: ignore[reportPrivateImportUsage]
)
from torch import nn
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from model_eval.networks.timm import new_network
from model_eval.recipe_settings import NetworkRecipe
from model_eval.settings import ModelEntry
from model_eval.train.data_loading import Batch
from model_eval.train.recipe import Run
from tricky.core.errors import InputError

CHECK_BATCHES = 100
"""Number of batches after which the loss is checked: checking each batch would make a GPU wait."""


class DivergedError(Exception):
    """The loss or the outputs of a network are no longer finite."""


class Learner:
    """A network in training.

    It uses torch's global random generator, whose state is part of the training state.  On the CPU the same
    arguments and batches give the same bits, as long as torch runs one thread.

    Parameters
    ----------
    run : Run
    n_classes : int
    n_batches : int
        Of an epoch.
    device : torch.device
    channels_last : bool
        Whether weights and images are stored pixel by pixel.
    """

    def __init__(
        self,
        run: Run,
        n_classes: int,
        n_batches: int,
        device: torch.device,
        *,
        channels_last: bool = False,
    ) -> None:
        recipe = run.recipe
        torch.manual_seed(run.seeds.initialisation)
        entry = ModelEntry(name=run.name, source=recipe.network)
        self.network = new_network(entry, n_classes, recipe.input_size_px).to(device)
        if channels_last:
            self.network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.average = (
            AveragedModel(
                self.network,
                multi_avg_fn=get_ema_multi_avg_fn(recipe.average_decay),
                use_buffers=True,
            )
            if recipe.average_decay
            else None
        )
        self.optimizer = _optimizer(self.network, recipe, run.name)
        self.schedule = _schedule(self.optimizer, recipe, n_batches)
        self.n_batches_left = recipe.epochs * n_batches - 1
        """Batches after which the learning rate still changes."""
        self.device = device
        self.channels_last = channels_last
        self.recipe = recipe
        torch.manual_seed(run.seeds.noise)

    @property
    def evaluated(self) -> nn.Module:
        """The network that is evaluated and kept: with the moving average of the weights, if there is one."""
        return self.network if self.average is None else self.average.module

    def learn(self, batches: Iterable[Batch], after_batch: Callable[[float], None]) -> float:
        """Train on the batches of an epoch and return the mean loss, in nats.

        Parameters
        ----------
        batches : iterable of Batch
        after_batch : callable
            Called after every batch with the mean loss of the last check (NaN before the first).

        Raises
        ------
        DivergedError
            The loss isn't finite any more.
        """
        self.network.train()
        losses: list[torch.Tensor] = []
        sizes: list[int] = []
        seen = math.nan
        for number, (images, labels) in enumerate(batches, start=1):
            images = images.to(self.device, non_blocking=True)
            if self.channels_last:
                images = images.contiguous(memory_format=torch.channels_last)
            labels = labels.to(self.device, non_blocking=True)
            n_updates = min(self.recipe.updates_per_batch, len(labels))
            for some, of_some in zip(
                images.tensor_split(n_updates), labels.tensor_split(n_updates), strict=True
            ):
                losses.append(self._update(some, of_some))
                sizes.append(len(of_some))
            if self.n_batches_left > 0:
                self.schedule.step()
                self.n_batches_left -= 1
            if number % CHECK_BATCHES == 1:
                seen = _mean_loss(losses, sizes)
            after_batch(seen)
        return _mean_loss(losses, sizes)

    def _update(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Make one step on some images and return their mean loss."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.mixed_precision):
            loss = F.cross_entropy(self.network(images), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.network)
        return loss.detach()

    def state(self) -> dict[str, Any]:
        """Return everything that training continues from."""
        return {
            "network": self.network.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": copy.copy(self.schedule.state_dict()),
            "n_batches_left": self.n_batches_left,
            "chance": torch.get_rng_state(),
            "chance_on_cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from what `state` returned."""
        self.network.load_state_dict(state["network"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.n_batches_left = state["n_batches_left"]
        torch.set_rng_state(state["chance"].cpu())
        if self.device.type == "cuda" and state["chance_on_cuda"] is not None:
            torch.cuda.set_rng_state(state["chance_on_cuda"].cpu(), self.device)


def _mean_loss(losses: list[torch.Tensor], sizes: list[int]) -> float:
    """Return the mean loss per image of batches.

    Raises
    ------
    DivergedError
        One of them isn't finite.
    """
    values = torch.stack(losses).cpu()
    if not torch.isfinite(values).all():
        raise DivergedError
    return math.fsum(loss * size for loss, size in zip(values.tolist(), sizes, strict=True)) / sum(sizes)


def _optimizer(network: nn.Module, recipe: NetworkRecipe, name: str) -> torch.optim.Optimizer:
    known = [str(each) for each in list_optimizers()]
    if recipe.optimizer not in known:
        near = difflib.get_close_matches(recipe.optimizer, known, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; see timm.optim.list_optimizers()"
        raise InputError(f"{name}: timm has no optimizer {recipe.optimizer!r}{hint}")
    kind: Any = get_optimizer_info(recipe.optimizer).opt_class
    faster: dict[str, Any] = {"fused": True} if "fused" in inspect.signature(kind).parameters else {}
    return create_optimizer_v2(
        # Parameters, not the module: timm would exclude some weights from the decay of the recipe.
        network.parameters(),
        recipe.optimizer,
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        momentum=recipe.momentum,
        **faster,
    )


def _schedule(
    optimizer: torch.optim.Optimizer, recipe: NetworkRecipe, n_batches: int
) -> lr_scheduler.LRScheduler:
    """Return the schedule, one step a batch."""
    total = recipe.epochs * n_batches
    match recipe.schedule:
        case "one-cycle":
            cycle = bool({"momentum", "betas"} & optimizer.defaults.keys())
            return lr_scheduler.OneCycleLR(
                optimizer, recipe.learning_rate, total_steps=total, cycle_momentum=cycle
            )
        case "cosine":
            return lr_scheduler.CosineAnnealingLR(optimizer, T_max=total)
        case "steps":
            milestones = [epoch * n_batches for epoch in recipe.decay_epochs]
            return lr_scheduler.MultiStepLR(optimizer, milestones, gamma=0.1)
        case "constant":
            return lr_scheduler.ConstantLR(optimizer, factor=1.0)
