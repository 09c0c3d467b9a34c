"""Catalogues of images, whatever their source."""

from __future__ import annotations

import pandas as pd
import pytest

from model_eval.images.image_source import never_seen
from tricky.core.errors import InputError


def test_images_are_distinguished_from_trained_ones_by_content_and_not_by_name() -> None:
    catalogue = pd.DataFrame({"image_id": ["a", "b", "copy of a", "c"], "sha256": ["1", "2", "1", "3"]})
    trained_on = pd.DataFrame({"image_id": ["a", "b"], "sha256": ["1", "another b"]})
    assert never_seen(catalogue, trained_on)["image_id"].tolist() == ["b", "c"]
    with pytest.raises(InputError, match="no image is left to evaluate"):
        never_seen(catalogue, catalogue)
