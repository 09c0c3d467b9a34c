from __future__ import annotations

import pytest
import torch

from model_eval.evaluate.batches import BatchMaker
from model_eval.networks.preprocessing import Preprocessing, fit_square
from tricky.core.errors import InputError


@pytest.mark.parametrize("batch_size", [1, 7, 20, 100])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_batches_hold_every_image_in_order_and_the_first_again_beyond(
    layout: torch.memory_format, batch_size: int, drawn
) -> None:
    images = drawn.catalogue().iloc[:20]
    ways = [fit_square(32), fit_square(16), fit_square(16, 0.5)]
    n_done = 0
    for batch in BatchMaker(drawn, torch.device("cpu"), batch_size, 0, layout).batches(images, ways):
        rows = images.iloc[batch.rows]
        assert batch.rows.start == n_done
        n_done += batch.n_images
        assert batch.labels.tolist() == rows["label"].tolist()
        assert batch.inputs.keys() == {way.key for way in ways}
        for way in ways:
            inputs = batch.inputs[way.key]
            assert len(inputs) == batch_size
            assert inputs.is_contiguous(memory_format=layout)
            expected = torch.stack([way.transform(drawn.read(image_id)) for image_id in rows["image_id"]])
            assert torch.equal(inputs[: len(rows)], expected)
            assert (inputs[len(rows) :] == inputs[0]).all()
    assert n_done == 20


def test_batches_that_nobody_takes_are_not_prepared(drawn) -> None:
    batches = BatchMaker(drawn, torch.device("cpu"), 1).batches(drawn.catalogue(), [fit_square(16)])
    next(batches)
    batches.close()
    assert drawn.reads.total() < 60


def test_a_batch_that_does_not_fit_on_the_device_is_one_line(drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    monkeypatch.setattr(Preprocessing, "scale", full)
    batches = BatchMaker(drawn, torch.device("cpu"), 30).batches(drawn.catalogue(), [fit_square(16)])
    with pytest.raises(InputError, match=r"batches of 30 images don't fit .* set a smaller `batch_size`"):
        next(batches)
