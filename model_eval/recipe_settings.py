"""Settings of the training of one network; without torch, so that study files can be checked anywhere."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model_eval.network_source import TrainableSource
from tricky.core.names import Line
from tricky.core.settings import SettingsModel

BASE = "base"
"""The condition that all others are compared with."""


def model_name(condition: str, replicate: int) -> str:
    """Return the name of a condition's model and of its files."""
    return f"{condition}-{replicate}"


class NetworkRecipe(SettingsModel):
    """Training of one network: the keys of ``[base]``, any of which a condition may change."""

    network: TrainableSource = "timm:test_resnet"
    input_size_px: Annotated[int, Field(ge=16)] = 32
    crop_pct: Annotated[float, Field(gt=0, le=1)] = 1.0
    """In evaluation, the share of the resized image's side that the square takes."""
    augmentation: Literal["none", "crop", "crop-flip", "resized-crop-flip"] = "none"
    """Random augmentation of training images: ``crop`` moves the square by up to an eighth of its side,
    ``resized-crop`` takes a part of the original (Szegedy et al. 2015), ``flip`` mirrors every other one."""
    epochs: Annotated[int, Field(ge=1)] = 8
    """Epochs of the schedule."""
    extra_epochs: Annotated[int, Field(ge=0)] = 0
    """Further epochs, at the schedule's last learning rate."""
    batch_size: Annotated[int, Field(ge=2)] = 32
    updates_per_batch: Annotated[int, Field(ge=1)] = 1
    """Number of equal parts of a batch, each of which is one update."""
    optimizer: Line = "adamw"
    """A name that timm knows; ``momentum`` is SGD with classical, ``nesterov`` with Nesterov's momentum."""
    learning_rate: Annotated[float, Field(gt=0)] = 3e-3
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """For optimizers that have one."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    schedule: Literal["one-cycle", "cosine", "steps", "constant"] = "one-cycle"
    decay_epochs: tuple[int, ...] = ()
    """With ``steps``: after these epochs the learning rate falls to a tenth."""
    average_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay of the moving average of the weights, which is evaluated and kept; 0: the weights themselves."""
    mixed_precision: bool = False
    """Train with bfloat16 where torch's autocast uses it; evaluation is in float32."""
    deterministic: bool = True
    """False lets cuDNN choose its algorithms: on CUDA the same seeds then give different weights."""
    parts: Annotated[int, Field(ge=1)] = 1
    """Number of disjoint, stratified parts of the training images; model n is trained on part n."""


class BaseRecipe(NetworkRecipe):
    """``[base]``: the base network, its number of training images, and the seed of all random numbers."""

    images: Annotated[int, Field(ge=1)] | Literal["all"] = 400
    """Number of training images, the same share of each class; ``all`` of a training set of its own."""
    seed: Annotated[int, Field(ge=0)] | None = None
    """By default the study's."""
