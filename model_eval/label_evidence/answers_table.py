"""A lab's own table of correct answers."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pandas as pd

from model_eval.label_evidence.evidence import Evidence, from_answers
from tricky.core.matching import match_entries
from tricky.core.tables import read_table


def read_answers(path: Path, images: pd.DataFrame, where: str) -> Evidence:
    """Read a CSV file with the columns `image_id` and `class_name`, one row for each correct answer.

    An empty `class_name` means that annotators found none.

    Raises
    ------
    InputError
        A column is missing, no image or no class is ours, or an image has an answer and none.
    """
    table = read_table(path, ["image_id", "class_name"])
    answers: defaultdict[str, set[str | None]] = defaultdict(set)
    image_ids, names = table.names("image_id"), table.optional_names("class_name")
    for row, (image_id, name) in enumerate(zip(image_ids, names, strict=True)):
        answers[image_id].add(name)
        if None in answers[image_id] and len(answers[image_id]) > 1:
            raise table.error(row, "class_name", f"only one row for {image_id!r} where one is empty")
    known = images["image_id"].tolist()
    found = match_entries(list(answers), known, where=where, what="image", partial=True)
    right = {name: {each for each in answers[entry] if each} for entry, name in found.found.items()}
    columns = pd.DataFrame(index=list(right))
    return from_answers(right, len(answers), images, columns, where)
