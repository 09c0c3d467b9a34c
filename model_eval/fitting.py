"""How one network learns: AdamW, a one-cycle schedule, cross-entropy; nothing is drawn from global chance."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from model_eval.artefacts import InputError
from model_eval.classifiers import new_network
from model_eval.preprocess import scale
from model_eval.settings import ModelEntry, TrainSettings


def derived_seeds(seed: int, *names: str) -> np.random.SeedSequence:
    """Return seeds that depend on the study's seed and on names alone: a further model changes no other's."""
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return np.random.SeedSequence([seed, *np.frombuffer(digest, dtype="<u4").tolist()])


def fit_network(
    entry: ModelEntry,
    pixels: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    settings: TrainSettings,
    seed: int,
    device: torch.device,
    after_epoch: Callable[[], None],
) -> tuple[dict[str, torch.Tensor], float]:
    """Train a new network and return its weights and the mean loss over its last epoch.

    On the CPU the same arguments give the same bits, as long as torch runs one thread.

    Parameters
    ----------
    entry : ModelEntry
    pixels : ndarray of uint8, shape (n_images, input_size_px, input_size_px, 3)
    labels : ndarray of int, shape (n_images,)
    n_classes : int
    settings : TrainSettings
    seed : int
        The study's; the network's own follow from it and its name.
    device : torch.device
    after_epoch : callable
        Called after every epoch.

    Returns
    -------
    state : dict of str to Tensor
    final_loss : float
        In nats.

    Raises
    ------
    InputError
        The loss isn't finite any more.
    """
    initial, order = derived_seeds(seed, "train", entry.name).spawn(2)
    rng = np.random.default_rng(order)
    targets = torch.from_numpy(labels.astype(np.int64)).to(device)
    n_batches = -(-len(labels) // settings.batch_size)
    loss_sum = 0.0
    with torch.random.fork_rng():
        torch.manual_seed(int(initial.generate_state(1, np.uint64)[0]))
        network = new_network(entry, n_classes, settings.input_size_px).to(device).train()
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, max_lr=settings.learning_rate, total_steps=settings.epochs * n_batches
        )
        for epoch in range(settings.epochs):
            loss_sum = 0.0
            # Near-equal batches: a last one of a single image would stop batch normalisation.
            for batch in np.array_split(rng.permutation(len(labels)), n_batches):
                loss = F.cross_entropy(network(scale(pixels[batch]).to(device)), targets[batch])
                if not torch.isfinite(loss):
                    raise InputError(
                        f"{entry.name}: training diverged in epoch {epoch + 1} (the loss is {loss.item()}); "
                        "lower `learning_rate` in [train]"
                    )
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                loss_sum += loss.item() * len(batch)
            after_epoch()
    return network.state_dict(), loss_sum / len(labels)
