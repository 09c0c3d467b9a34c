from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from model_eval.networks.weights import TrainedRecord, read_trained_record, write_trained

RECORD = TrainedRecord("1a2b", "timm:test_resnet", ("cat", "Löwe"), 32, 0.125)
STATE = {"b": torch.arange(6.0).reshape(2, 3).T, "a": torch.tensor([1, 2])}


def test_weights_and_what_they_are_come_back(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    write_trained(path, STATE, RECORD)
    assert read_trained_record(path) == RECORD
    read = load_file(path)
    assert read.keys() == STATE.keys()
    assert all(torch.equal(read[name], STATE[name]) for name in STATE)


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    write_trained(tmp_path / "one", STATE, RECORD)
    write_trained(tmp_path / "two", dict(reversed(STATE.items())), RECORD)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_other_files_have_no_record(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(1)}, foreign)
    torn = tmp_path / "torn.safetensors"
    write_trained(torn, STATE, RECORD)
    torn.write_bytes(torn.read_bytes()[:50])
    for path in (foreign, torn, tmp_path / "missing"):
        assert read_trained_record(path) is None
