"""One model on a device: its logits for batches of one constant shape, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

from model_eval.evaluate.memory_meters import TensorMeter
from model_eval.networks.build import Classifier
from model_eval.networks.device import exact_arithmetic, memory_format
from model_eval.networks.preprocessing import Preprocessing
from model_eval.settings import EvaluateSettings
from tricky.core.errors import InputError
from tricky.core.progress import Notify

NOISE_IMAGES = 8
"""Images that a model sees a second time, to measure what arithmetic alone does to its logits."""


class ModelFailure(Exception):  # noqa: N818 - a finding about a model, kept and shown, rather than an error
    """A model gave no usable output; the message is the reason."""


class RunningModel:
    """A classifier on a device, with the arithmetic that the settings name.

    Only `noise` synchronises with the device.

    Parameters
    ----------
    classifier : Classifier
    device : torch.device
    settings : EvaluateSettings
    notify : callable
        Called with a line when memory runs out and batches are halved.

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
        self.device = device
        self._classifier = classifier
        self._arithmetic = settings.arithmetic
        self._notify = notify
        layout = memory_format(settings.arithmetic)
        try:
            with _answering():
                self._module: Any = classifier.module.to(device).to(memory_format=layout)
        except _OutOfMemoryError:
            raise ModelFailure("not enough memory for its weights") from None
        self._compiled: Any = torch.compile(self._module, dynamic=False) if settings.compile else self._module
        self._parts = tuple(self._module.modules())
        self._outputs = torch.tensor(classifier.outputs, device=device)

    @property
    def name(self) -> str:
        """Name of the model's entry in the pool."""
        return self._classifier.entry.name

    @property
    def preprocessing(self) -> Preprocessing:
        """What it does to images."""
        return self._classifier.preprocessing

    @torch.inference_mode()
    def logits(self, inputs: torch.Tensor, n: int) -> torch.Tensor:
        """Return the logits of the first `n` of a batch, for the classes of the data set.

        Parameters
        ----------
        inputs : Tensor, shape (batch_size, 3, height, width)
            On the device; what is beyond the first `n` only fills the batch.
        n : int

        Returns
        -------
        Tensor of float32, shape (n, n_classes)
            On the device.

        Raises
        ------
        ModelFailure
            The model raises an error, is in training mode, or its output has another shape.
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
            self._notify(f"{self.name}: out of memory; continues with batches of {self.batch_size}")

    @torch.inference_mode()
    def noise(self, inputs: torch.Tensor, logits: torch.Tensor) -> float:
        """Return the largest difference that rounding alone makes to a logit.

        The model sees the first images once more: in a batch of their own, which changes the order of sums,
        in exact single precision, not compiled, and with the last bit of every input changed at random, as
        rounding changes it in every layer.  For networks of seven families the result lay within a factor of
        two of the error that double precision shows.

        Parameters
        ----------
        inputs : Tensor
            As for `logits`.
        logits : Tensor of float32, shape (n, n_classes)
            What `logits` returned for them.

        Raises
        ------
        ModelFailure, InputError
            As for `logits`.
        """
        n = min(NOISE_IMAGES, len(logits), self.batch_size)
        few = inputs[:n].cpu()
        up = torch.rand(few.shape, generator=torch.Generator().manual_seed(0)) < 0.5
        few = torch.nextafter(few, torch.where(up, torch.inf, -torch.inf)).to(inputs)
        exact = nullcontext() if self._arithmetic == "exact" else exact_arithmetic()
        try:
            with _answering(), exact:
                again = self._select(self._module(few), n).float()
                return float((again - logits[:n]).abs().max())
        except _OutOfMemoryError:
            raise ModelFailure("not enough memory to measure its numeric noise") from None

    @torch.inference_mode()
    def activation_bytes(self, inputs: torch.Tensor) -> int:
        """Return how much memory the activations of a batch take up on the CPU, as measured with one image.

        0 where the model fails on that image, which it will on the batch.

        Parameters
        ----------
        inputs : Tensor
            As for `logits`.
        """
        meter = TensorMeter()
        try:
            with _answering(), self._precision(), meter:
                self._module(inputs[:1])
        except (ModelFailure, _OutOfMemoryError):
            return 0
        return meter.peak * self.batch_size

    def _in_portions(self, inputs: torch.Tensor, n: int) -> torch.Tensor:
        answers = []
        for start in range(0, n, self.batch_size):
            portion = inputs[start : start + self.batch_size]
            if len(portion) < self.batch_size:  # constant shape, as ever
                rest = inputs[:1].expand(self.batch_size - len(portion), -1, -1, -1)
                portion = torch.cat([portion, rest])
            with _answering(), self._precision():
                answers.append(self._select(self._compiled(portion), self.batch_size).float())
        return (answers[0] if len(answers) == 1 else torch.cat(answers))[:n]

    def _precision(self) -> AbstractContextManager[Any]:
        if self._arithmetic != "mixed":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def _select(self, outputs: Any, n: int) -> torch.Tensor:
        """Return the outputs of the data set's classes, if there are as many as expected."""
        if any(module.training for module in self._parts):
            raise ModelFailure("it is in training mode")
        if not isinstance(outputs, torch.Tensor):
            raise ModelFailure(f"it returns a {type(outputs).__name__}, not a tensor")
        n_least = 1 + max(self._classifier.outputs)
        if outputs.ndim != 2 or len(outputs) != n or outputs.shape[1] < n_least:
            raise ModelFailure(
                f"its output has the shape {tuple(outputs.shape)}, "
                f"expected {n} images × at least {n_least} outputs"
            )
        return outputs.index_select(1, self._outputs)


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
            raise stopped_working(error) from error
        raise ModelFailure(f"{type(error).__name__}: {text[:300]}") from error


def stopped_working(error: Exception) -> InputError:
    """Return what to say when a device fails, which may show long after the operation that caused it."""
    text = " ".join(str(error).split())
    return InputError(
        f"the device stopped working ({text[:200]}); run `tricky evaluate` again: what is finished is kept"
    )
