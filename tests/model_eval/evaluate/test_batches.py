from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from model_eval.evaluate.batches import prepared_batches
from model_eval.networks.preprocessing import fit_square


@pytest.mark.parametrize("batch_size", [1, 7, 20, 100])
def test_batches_hold_every_image_in_order_and_the_first_again_beyond(batch_size: int, drawn) -> None:
    images = drawn.catalogue().iloc[:20]
    ways = [fit_square(32), fit_square(16)]
    ids: list[str] = []
    with ThreadPoolExecutor(3) as threads:
        for rows, inputs in prepared_batches(drawn, images, ways, batch_size, threads):
            ids += rows["image_id"].tolist()
            assert inputs.keys() == {way.key for way in ways}
            for way in ways:
                batch = inputs[way.key]
                assert len(batch) == batch_size
                expected = torch.stack([way.transform(drawn.read(image_id)) for image_id in rows["image_id"]])
                assert torch.equal(batch[: len(rows)], expected)
                assert (batch[len(rows) :] == batch[0]).all()
    assert ids == images["image_id"].tolist()
