"""Images of ImageNet's validation set and of CIFAR-10's test set, as tables of decisions name them."""

from __future__ import annotations

import pandas as pd
import pytest

from model_eval.images.imagenet_classes import wordnet_ids

CIFAR_CLASSES = (*("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),)


@pytest.fixture
def imagenet() -> pd.DataFrame:
    """Images 1, 2 and 50,000, of the first, the second and the last class."""
    return pd.DataFrame(
        {
            "image_id": [f"n01440764/ILSVRC2012_val_{n:08d}.JPEG" for n in (1, 2, 50_000)],
            "label": [0, 1, 2],
            "class_name": [wordnet_ids()[output] for output in (0, 1, 999)],
        }
    )


@pytest.fixture
def cifar() -> pd.DataFrame:
    """The test set: 10,000 images, whose labels go round the ten classes."""
    labels = [place % 10 for place in range(10_000)]
    return pd.DataFrame(
        {
            "image_id": [f"{place:04d}" for place in range(10_000)],
            "label": labels,
            "class_name": [CIFAR_CLASSES[label] for label in labels],
        }
    )
