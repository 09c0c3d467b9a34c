"""Images in batches of constant shape, each decoded once for all the ways that models see it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future

import pandas as pd
import torch

from model_eval.images.image_source import ImageSource
from model_eval.networks.preprocessing import Preprocessing


def prepared_batches(
    source: ImageSource,
    images: pd.DataFrame,
    preprocessings: Sequence[Preprocessing],
    batch_size: int,
    executor: Executor,
) -> Iterator[tuple[pd.DataFrame, dict[str, torch.Tensor]]]:
    """Yield rows of `images` with what models see of them; the next batch is decoded meanwhile.

    Parameters
    ----------
    source : ImageSource
    images : DataFrame
        `IMAGE_COLUMNS`.
    preprocessings : sequence of Preprocessing
        Each with another key.
    batch_size : int
    executor : Executor
        Threads that decode.

    Yields
    ------
    rows : DataFrame, up to `batch_size` rows
    inputs : dict of str to Tensor
        By the preprocessing's key; float32 of shape (batch_size, 3, height, width).  Beyond the rows is the
        first image again: networks compute the same sums in the same order only for inputs of the same
        shape, and some have no answer to an image of a single colour.

    Raises
    ------
    InputError
        An image can't be read.
    """

    def prepare(image_id: str) -> list[torch.Tensor]:
        image = source.read(image_id)
        return [preprocessing.transform(image) for preprocessing in preprocessings]

    def stacked(futures: list[Future[list[torch.Tensor]]]) -> dict[str, torch.Tensor]:
        inputs = {}
        for preprocessing, tensors in zip(
            preprocessings, zip(*(future.result() for future in futures), strict=True), strict=True
        ):
            batch = torch.empty(batch_size, *tensors[0].shape)
            torch.stack(tensors, out=batch[: len(tensors)])
            batch[len(tensors) :] = tensors[0]
            inputs[preprocessing.key] = batch
        return inputs

    waiting: deque[tuple[pd.DataFrame, list[Future[list[torch.Tensor]]]]] = deque()
    for start in range(0, len(images), batch_size):
        rows = images.iloc[start : start + batch_size]
        waiting.append((rows, [executor.submit(prepare, image_id) for image_id in rows["image_id"]]))
        if len(waiting) > 1:
            rows, futures = waiting.popleft()
            yield rows, stacked(futures)
    for rows, futures in waiting:
        yield rows, stacked(futures)
