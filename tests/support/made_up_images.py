"""The images of a study, made up for tests that import decisions about them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from model_eval.columns import IMAGE_DTYPES
from model_eval.import_decisions.images import StudyImages


def study_images(
    image_ids: Sequence[str], classes: Sequence[str], *, are_arrays: bool = False
) -> StudyImages:
    """Return a study's images, with classes numbered by their names sorted as text."""
    names = sorted(set(classes))
    catalogue = pd.DataFrame(
        {
            "image_id": image_ids,
            "path": image_ids,
            "label": [names.index(name) for name in classes],
            "class_name": classes,
            "sha256": [f"{place:064d}" for place in range(len(image_ids))],
        }
    )
    catalogue = catalogue.sort_values("image_id", ignore_index=True).astype(IMAGE_DTYPES)
    return StudyImages(catalogue, "folder:photographs", are_arrays)
