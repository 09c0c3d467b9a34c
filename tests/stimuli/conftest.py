"""Difficulty tables and images made for the test, with known properties."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import made_up
import numpy as np
import pandas as pd
import pytest
from PIL import Image, PngImagePlugin

from model_eval.images.check import Inspection
from model_eval.settings import ImageSettings
from stimuli.build import build_set
from stimuli.inputs import Sources
from stimuli.records import StimulusSet
from stimuli.settings import StimulusSettings
from stimuli.write_set import NewSet
from tricky.core.files import sha256_of
from tricky.core.progress import Progress, no_progress

TEN_MODELS = 10
COUNTS = {"trivial": 10, "in-between": 5, "impossible": 0}


class PlainImages:
    """Squares of noise, each different from all others, with metadata that must not leak.

    Counts how often each is read.
    """

    name = "plain"
    settings = ImageSettings()

    def __init__(self, image_ids: list[str]) -> None:
        self.image_ids = image_ids
        self.n_read = 0

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        progress("Listing images", len(self.image_ids), len(self.image_ids))
        hashes = [sha256_of(each) for each in self.image_ids]
        return pd.DataFrame({"image_id": self.image_ids, "sha256": hashes})

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        return Inspection(self.catalogue(progress).assign(class_name=""))

    def read(self, image_id: str) -> Image.Image:
        self.n_read += 1
        rng = np.random.default_rng(int(image_id))
        image = Image.fromarray(rng.integers(0, 256, (10, 14), dtype=np.uint8))
        image.info["icc_profile"] = None
        image.info["difficulty"] = PngImagePlugin.PngInfo()
        return image


def _difficulty_rows(n_of_each: int, n_classes: int = 3) -> pd.DataFrame:
    """Return `n_of_each` images of each difficulty, their classes in turn."""
    rows = []
    for difficulty, n_correct in COUNTS.items():
        for number in range(n_of_each):
            rows.append(
                {
                    "image_id": f"{len(rows):04d}",
                    "label": number % n_classes,
                    "class_name": chr(ord("a") + number % n_classes),
                    "n_models": TEN_MODELS,
                    "n_correct": n_correct,
                    "difficulty": difficulty,
                    "label_error": False,
                    "stability": 1.0,
                    "modal_prediction": -1,
                    "modal_share": float("nan"),
                    "modal_error": -1,
                    "modal_error_share": float("nan"),
                    "stability_families": float("nan"),
                    "reason": None,
                    "covariate": float((7 * number) % 31),
                }
            )
    return pd.DataFrame(rows)


def _write_difficulty(folder: Path, rows: pd.DataFrame, images: str | None = "plain") -> Path:
    made_up.write_difficulty(folder, rows, images=images)
    return folder


@pytest.fixture(scope="session")
def difficulty_rows() -> Callable[..., pd.DataFrame]:
    return _difficulty_rows


@pytest.fixture(scope="session")
def write_difficulty() -> Callable[..., Path]:
    return _write_difficulty


@pytest.fixture(scope="session")
def plain_images() -> type[PlainImages]:
    return PlainImages


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., StimulusSet]:
    """Build a set of 6 pairs and 2 for practice, unless told otherwise."""

    def build_one(
        rows: pd.DataFrame,
        settings: dict[str, Any] | None = None,
        *,
        name: str = "main",
        seed: int = 1,
        root: Path = tmp_path,
        replace: bool = False,
        progress: Progress = no_progress,
        **options: Any,
    ) -> StimulusSet:
        asked = {"trials": 6, "practice_trials": 2} | (settings or {})
        images = options.pop("source", None) or PlainImages(sorted(rows["image_id"]))
        return build_set(
            Sources(_write_difficulty(root / "difficulty", rows), images, root, **options),
            StimulusSettings.model_validate(asked),
            NewSet(name, root / "stimuli" / name, seed, replace),
            progress,
        )

    return build_one
