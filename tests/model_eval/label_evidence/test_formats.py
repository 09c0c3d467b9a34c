from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model_eval.label_evidence.formats import FORMATS, Use, read_evidence, recognised
from tricky.core.errors import InputError

FILES = {
    "ReaL's real.json": b"\n[ [1, 2], []]",
    "label-errors' *_mturk.json": b'\xef\xbb\xbf[{"id": 1}]',
    "CIFAR-10H's cifar10h-raw.csv": b"annotator_id,true_label,cifar10_test_test_idx,reaction_time\n",
    "ImageNet-X's imagenet_x_val_multi_factor.jsonl": b'{"file_name": "x"}\n{}\n',
}


def test_each_format_is_recognised_by_its_content_under_any_name(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / "any.dat").write_bytes(content)
        found = recognised(tmp_path / "any.dat")
        assert found is not None
        assert found.name == name
    np.save(tmp_path / "a.npy", np.eye(2))
    np.savez(tmp_path / "b.npz", tensor=np.eye(2))
    names = {each.name for path in ("a.npy", "b.npz") if (each := recognised(tmp_path / path))}
    assert names | FILES.keys() == {each.name for each in FORMATS}


@pytest.mark.parametrize("content", [b"a.png\nb.png\n", b"image_id,class_name\na,b\n", b"PK\x03\x04 xl", b""])
def test_lists_and_tables_of_a_lab_are_none_of_them(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    assert recognised(tmp_path / "list.csv") is None


def test_a_file_that_cannot_be_used_so_says_for_what_it_can(tmp_path: Path) -> None:
    images = pd.DataFrame({"image_id": ["a"], "label": [0], "class_name": ["b"]})
    (tmp_path / "x.jsonl").write_text(json.dumps({"file_name": "a"}))
    with pytest.raises(
        InputError, match="nothing that could be used as `label_errors`, only as `reassessed`"
    ):
        read_evidence(tmp_path / "x.jsonl", images, Use.LABEL_ERRORS, "x.jsonl ([label] label_errors)")
