"""ImageNet-X: in what an image differs from typical images of its class.

Idrissi et al. (2022), "ImageNet-X: Understanding model mistakes with factor of variation annotations",
arXiv:2211.01866.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from model_eval.label_evidence.evidence import Evidence, Reason
from model_eval.label_evidence.our_images import by_file_name, check_imagenet_classes
from tricky.core.errors import InputError
from tricky.core.files import parse_json_object, read_text

FACTORS = (
    *("multiple_objects", "background", "color", "brighter", "darker", "style", "larger", "smaller"),
    *(
        "object_blocking",
        "person_blocking",
        "partial_view",
        "pattern",
        "pose",
        "shape",
        "subcategory",
        "texture",
    ),
)
"""Each 1 where the image differs in it, else 0."""


def read_factors(path: Path, images: pd.DataFrame, where: str) -> Evidence:
    """Read ``imagenet_x_val_multi_factor.jsonl``: an object on each line, for one image.

    It has `file_name`, `class` (an output) and `FACTORS`.  Annotators were shown the class and did not check
    it, so the only reason that follows is that an image with `multiple_objects` is ambiguous.

    Raises
    ------
    InputError
        The file holds something else, or is not about these images or their classes.
    """
    rows: list[list[int]] = []
    outputs: list[int] = []
    names: list[str] = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        said = f"{path}, line {number}"
        entry = parse_json_object(line, said, "name one of ImageNet-X's annotations")
        name, output = entry.get("file_name"), entry.get("class")
        values = [entry.get(factor) for factor in FACTORS]
        if not isinstance(name, str) or type(output) is not int:
            raise InputError(f"{said}: expected file_name, a text, and class, a whole number")
        if not all(type(value) is int and value in (0, 1) for value in values):
            raise InputError(f"{said}: expected 0 or 1 for each of {', '.join(FACTORS)}")
        names.append(name)
        outputs.append(output)
        rows.append([int(value) for value in values if value is not None])
    ours = by_file_name(names, images, where)
    by_name = dict(zip(names, outputs, strict=True))
    check_imagenet_classes({image_id: by_name[name] for name, image_id in ours.items()}, images, where)
    table = pd.DataFrame(rows, index=names, columns=list(FACTORS))
    factors = table.loc[list(ours)].set_axis(list(ours.values()))
    columns = factors.add_prefix("imagenetx_").astype(float)
    columns["imagenetx_n_factors"] = factors.sum(axis=1).astype(float)
    ambiguous = factors.index[factors["multiple_objects"] == 1]
    return Evidence(len(names), columns, dict.fromkeys(ambiguous, Reason.AMBIGUOUS))
