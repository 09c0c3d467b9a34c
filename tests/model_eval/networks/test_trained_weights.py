from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from model_eval.networks.trained_weights import TrainedRecord, check_state, read_trained_record, write_trained
from tricky.core.errors import InputError

RECORD = TrainedRecord(
    identity="1a2b" * 16,
    source="timm:test_resnet",
    classes=("cat", "Löwe"),
    input_size_px=32,
    final_loss=0.125,
)
STATE = {"b": torch.arange(6.0).reshape(2, 3).T, "a": torch.tensor([1, 2])}


def test_weights_and_what_they_are_come_back(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    write_trained(path, STATE, RECORD)
    record = read_trained_record(path)
    assert record is not None
    added = {"state_sha256", "content_sha256"}
    assert record.model_dump(exclude=added) == RECORD.model_dump(exclude=added)
    read = load_file(path)
    check_state(path, read, record)
    assert read.keys() == STATE.keys()
    assert all(torch.equal(read[name], STATE[name]) for name in STATE)


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    write_trained(tmp_path / "one", STATE, RECORD)
    write_trained(tmp_path / "two", dict(reversed(STATE.items())), RECORD)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_weights_and_records_that_changed_since_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    write_trained(path, STATE, RECORD)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'input_size_px\\": 32', b'input_size_px\\": 64'))
    with pytest.raises(InputError, match="a value has changed since the file was written; delete the file"):
        read_trained_record(path)
    path.write_bytes(whole[:-1] + b"\x01")
    record = read_trained_record(path)
    assert record is not None
    with pytest.raises(InputError, match="the weights have changed"):
        check_state(path, load_file(path), record)


def test_other_files_have_no_record(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(1)}, foreign)
    torn = tmp_path / "torn.safetensors"
    write_trained(torn, STATE, RECORD)
    torn.write_bytes(torn.read_bytes()[:50])
    for path in (foreign, torn, tmp_path / "missing"):
        assert read_trained_record(path) is None
