from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from model_eval.train.split import draw_training_images
from tricky.core.errors import InputError


def catalogue_of(**n_of_class: int) -> pd.DataFrame:
    names = [name for name, n in n_of_class.items() for _ in range(n)]
    table = pd.DataFrame({"image_id": [f"{i:04d}" for i in range(len(names))], "class_name": names})
    table["label"] = table["class_name"].map({name: i for i, name in enumerate(sorted(n_of_class))})
    return table


def test_each_class_gives_the_same_share() -> None:
    catalogue = catalogue_of(a=100, b=300, c=600)
    drawn = draw_training_images(catalogue, 50, np.random.default_rng(1))
    assert drawn["class_name"].value_counts().to_dict() == {"a": 5, "b": 15, "c": 30}
    assert drawn["image_id"].is_monotonic_increasing
    assert drawn["image_id"].is_unique


def test_shares_that_are_no_whole_numbers_still_add_up() -> None:
    # 10 of 30: shares of 10/3 each; the largest remainders are equal, so the first class gets the last image.
    drawn = draw_training_images(catalogue_of(a=10, b=10, c=10), 10, np.random.default_rng(1))
    assert drawn["class_name"].value_counts().to_dict() == {"a": 4, "b": 3, "c": 3}


def test_every_image_is_as_likely_as_any_other() -> None:
    catalogue = catalogue_of(a=10, b=30)
    rng = np.random.default_rng(2)
    times = pd.concat(draw_training_images(catalogue, 8, rng)["image_id"] for _ in range(2000)).value_counts()
    # 2,000 draws with probability .2: mean 400, SD 17.9; five SDs for the extremes of 40.
    assert len(times) == 40
    assert times.between(400 - 90, 400 + 90).all()


def test_some_images_must_be_left_to_evaluate() -> None:
    with pytest.raises(InputError, match="only 20 images, and some must be left"):
        draw_training_images(catalogue_of(a=10, b=10), 20, np.random.default_rng(1))


def test_a_class_without_a_training_image_is_named() -> None:
    with pytest.raises(InputError, match="leaves class 'rare' without a training image"):
        draw_training_images(catalogue_of(often=97, rare=3), 10, np.random.default_rng(1))
