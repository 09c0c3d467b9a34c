from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch

from model_eval.train.checkpoints import Checkpoints
from tricky.core.errors import InputError

ROWS = pd.DataFrame({"image_id": ["a", "b"], "prediction": [0, 1]})


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    """Checkpoints of a network after one epoch."""
    made = Checkpoints(tmp_path, "0123456789abcdef-and-more")
    for epoch in range(2):
        made.write_decisions(epoch, ROWS)
    made.write_state({"losses": [0.5], "weights": torch.arange(3)})
    return made


def test_state_and_decisions_are_read_as_they_were_written(checkpoints: Checkpoints) -> None:
    state = checkpoints.read_state()
    assert state is not None
    assert state["losses"] == [0.5]
    assert state["weights"].tolist() == [0, 1, 2]
    assert checkpoints.read_decisions(1).equals(ROWS)


def test_a_damaged_state_or_missing_decisions_count_as_no_state(checkpoints: Checkpoints) -> None:
    path = checkpoints.folder / "state.pt"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert checkpoints.read_state() is None
    path.write_bytes(whole)
    assert checkpoints.read_state() is not None
    (checkpoints.folder / "0001.parquet").unlink()
    assert checkpoints.read_state() is None
    with pytest.raises(InputError, match=r"0001\.parquet: changed during training"):
        checkpoints.read_decisions(1)


def test_the_epoch_of_divergence_is_remembered_until_checkpoints_are_removed(
    checkpoints: Checkpoints,
) -> None:
    assert checkpoints.diverged_epoch is None
    checkpoints.write_divergence(3)
    assert checkpoints.diverged_epoch == 3
    checkpoints.remove()
    assert (checkpoints.diverged_epoch, checkpoints.read_state()) == (None, None)
