"""One model on a device, asked about batches of one constant shape, until it answers or is known to fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch

from model_eval.networks.build import Classifier
from model_eval.networks.preprocessing import Preprocessing
from model_eval.settings import EvaluateSettings
from tricky.core.errors import InputError
from tricky.core.progress import Notify

NOISE_IMAGES = 8
"""Images that a model is asked about a second time, to see what arithmetic alone does to its answers."""


class ModelFailure(Exception):  # noqa: N818 - a finding about a model, kept and shown, rather than an error
    """A model gave no usable answer; the message is the reason."""


class RunningModel:
    """A classifier on a device, with the arithmetic that the settings name.

    Parameters
    ----------
    classifier : Classifier
    device : torch.device
    settings : EvaluateSettings
    notify : callable
        Told when memory runs out and batches are halved.

    Attributes
    ----------
    device : torch.device
    batch_size : int
        Images that the model is given at a time.
    """

    def __init__(
        self, classifier: Classifier, device: torch.device, settings: EvaluateSettings, notify: Notify
    ) -> None:
        self.batch_size = settings.batch_size
        self._classifier = classifier
        self.device = device
        self._precision = getattr(torch, settings.precision)
        self._notify = notify
        self._layout = torch.channels_last if settings.channels_last else torch.contiguous_format
        self._module: Any = classifier.module.to(device).to(memory_format=self._layout)
        self._compiled: Any = torch.compile(self._module, dynamic=False) if settings.compile else self._module

    @property
    def name(self) -> str:
        """Of its entry in the pool."""
        return self._classifier.entry.name

    @property
    def preprocessing(self) -> Preprocessing:
        """The way in which it sees images."""
        return self._classifier.preprocessing

    @torch.inference_mode()
    def logits(self, inputs: torch.Tensor, n: int) -> np.ndarray:
        """Return the logits of the first `n` of a batch, for the classes of the data set.

        Parameters
        ----------
        inputs : Tensor, shape (batch_size, 3, height, width)
            On the device; what is beyond the first `n` only fills the batch.
        n : int

        Returns
        -------
        ndarray of float32, shape (n, n_classes)

        Raises
        ------
        ModelFailure
            The model raises an error, is in training mode, or its answer has another shape.
        InputError
            The device itself stopped working.
        """
        while True:
            try:
                return self._in_portions(inputs, n)
            except _OutOfMemoryError:
                if self.batch_size == 1:
                    raise ModelFailure("not enough memory for a single image") from None
            # Here the error is gone, and with it the tensors that its frames held.
            self.batch_size = -(-self.batch_size // 2)
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            self._notify(f"{self.name}: out of memory; goes on with batches of {self.batch_size}")

    @torch.inference_mode()
    def noise(self, inputs: torch.Tensor, logits: np.ndarray) -> float:
        """Return the largest difference that rounding alone makes to a logit.

        The first images are asked about once more: in a batch of their own, which changes the order of sums,
        in single precision, not compiled, and with the last bit of every input changed at random, as
        rounding changes it in every layer.  For networks of seven families the result lay within a factor of
        two of the error that double precision shows.

        Parameters
        ----------
        inputs : Tensor
            As for `logits`.
        logits : ndarray of float32, shape (n, n_classes)
            What `logits` returned for them.
        """
        n = min(NOISE_IMAGES, len(logits))
        few = inputs[:n].cpu()
        up = torch.rand(few.shape, generator=torch.Generator().manual_seed(0)) < 0.5
        few = torch.nextafter(few, torch.where(up, torch.inf, -torch.inf)).to(self.device)
        with _answering():
            again = self._select(self._module(few.to(memory_format=self._layout)), n)
        return float(np.abs(again.float().cpu().numpy() - logits[:n]).max())

    def _in_portions(self, inputs: torch.Tensor, n: int) -> np.ndarray:
        answers = []
        for start in range(0, n, self.batch_size):
            portion = inputs[start : start + self.batch_size]
            if len(portion) < self.batch_size:  # constant shape, as ever
                rest = inputs[:1].expand(self.batch_size - len(portion), -1, -1, -1)
                portion = torch.cat([portion, rest])
            with _answering(), self._arithmetic():
                answers.append(
                    self._select(self._compiled(portion.to(memory_format=self._layout)), self.batch_size)
                    .float()
                    .cpu()
                )
        return torch.cat(answers)[:n].numpy()

    def _arithmetic(self) -> AbstractContextManager[Any]:
        if self._precision is torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self._precision)

    def _select(self, outputs: Any, n: int) -> torch.Tensor:
        """Return the outputs that stand for the classes of the data set, if the answer has their shape."""
        if any(module.training for module in self._module.modules()):
            raise ModelFailure("it is in training mode")
        if not isinstance(outputs, torch.Tensor):
            raise ModelFailure(f"it answers with a {type(outputs).__name__}, not with a tensor")
        n_least = 1 + max(self._classifier.outputs)
        if outputs.ndim != 2 or len(outputs) != n or outputs.shape[1] < n_least:
            raise ModelFailure(
                f"its answer has the shape {tuple(outputs.shape)}, "
                f"expected {n} images × at least {n_least} outputs"
            )
        return outputs[:, list(self._classifier.outputs)]


class _OutOfMemoryError(Exception):
    """Memory ran out: on the device or, on the CPU, in the machine."""


@contextmanager
def _answering() -> Iterator[None]:
    """Turn whatever a network raises into one of three things: no memory, no device, or a failed model."""
    try:
        yield
    except ModelFailure:
        raise
    except Exception as error:
        text = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, torch.OutOfMemoryError | MemoryError) or ("memory" in text and "alloc" in text):
            raise _OutOfMemoryError from None
        if isinstance(error, torch.AcceleratorError):  # after it nothing works on the device in this process
            raise InputError(
                f"the device stopped working ({text[:200]}); "
                "run `tricky evaluate` again: what is finished is kept"
            ) from error
        raise ModelFailure(f"{type(error).__name__}: {text[:300]}") from error
