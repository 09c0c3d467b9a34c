from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from model_eval.label_evidence.imagenet_x import FACTORS, read_factors
from tricky.core.errors import InputError

WHERE = "x.jsonl ([label] reassessed)"


def annotation(number: int, output: int, *present: str) -> dict[str, object]:
    """Return a line in the form of ImageNet-X."""
    factors = {factor: int(factor in present) for factor in FACTORS}
    name = f"ILSVRC2012_val_{number:08d}.JPEG"
    return {"file_name": name, "class": output, **factors, "justification": "…", "one_word": "…"}


def written(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    return path


def test_factors_become_covariates_and_several_objects_a_reason(
    imagenet: pd.DataFrame, tmp_path: Path
) -> None:
    lines = (
        annotation(50_000, 999, "multiple_objects", "pose"),
        annotation(9, 3),
        annotation(1, 0, "background"),
    )
    found = read_factors(written(tmp_path / "x.jsonl", *lines), imagenet, WHERE)
    first, last = imagenet["image_id"].iloc[[0, 2]]
    assert found.counts() == {"n_entries": 3, "n_matched": 2}
    assert found.columns.index.tolist() == [last, first]
    assert found.columns["imagenetx_pose"].tolist() == [1, 0]
    assert found.columns["imagenetx_n_factors"].tolist() == [2, 1]
    assert len(found.columns.columns) == 17
    assert found.reasons == {last: "ambiguous"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"file_name": 3, "class": 1}, "line 1: expected file_name, a text, and class, a whole number"),
        (annotation(1, 0) | {"pose": 2}, "line 1: expected 0 or 1 for each of multiple_objects"),
        (annotation(1, 0) | {"pose": True}, "line 1: expected 0 or 1"),
        (annotation(1, 5), "but its class here is n01440764; use"),
        ([1], "line 1: not a JSON object"),
    ],
)
def test_lines_of_another_kind_are_refused(
    line: object, said: str, imagenet: pd.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        read_factors(written(tmp_path / "x.jsonl", line), imagenet, WHERE)
