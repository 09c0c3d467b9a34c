"""Example images of each difficulty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.report.pictures import Picture, embed, evenly_spaced
from analysis.report.section import Section
from analysis.report.style import FROM_EASY
from analysis.report.task import StudyReport
from model_eval.columns import Difficulty
from tricky.core.errors import InputError

EXAMPLES = 12
"""Images of each difficulty that are shown."""


@dataclass(frozen=True)
class Examples:
    """Examples of each difficulty.

    Attributes
    ----------
    examples_at_most : int
        Images of each difficulty.
    examples : dict of str to DataFrame
        Difficulty → `image_id`, `class_name`, `n_correct`, `n_models`, and what most models predict:
        `modal_prediction`, `modal_share`, `modal_class`.
    """

    examples_at_most: int
    examples: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class ExamplePictures:
    """Pictures of the examples.

    Attributes
    ----------
    by_difficulty : mapping of str to sequence of Picture
        In the order of the examples; empty where images are not available.
    missing : str
        Why there are none, as a sentence; empty where there are.
    """

    by_difficulty: Mapping[str, Sequence[Picture]]
    missing: str


def compute(report: StudyReport) -> Examples:
    """Choose images of each difficulty, evenly spaced over the classes."""
    images = report.data.difficulty.images
    names = images.drop_duplicates("label").set_index("label")["class_name"]
    columns = ["image_id", "class_name", "n_correct", "n_models", "modal_prediction", "modal_share"]

    def rows(kind: Difficulty) -> pd.DataFrame:
        chosen = evenly_spaced(images[images["difficulty"] == kind], EXAMPLES)[columns]
        modal: list[str | None] = [names.get(label) for label in chosen["modal_prediction"]]
        return chosen.assign(modal_class=pd.Series(modal, chosen.index, dtype=object))

    return Examples(EXAMPLES, {str(kind): rows(kind) for kind in FROM_EASY})


def pictures(found: Examples, report: StudyReport) -> ExamplePictures:
    """Return the pictures of the examples, or why there are none."""
    labelled, source = report.data.difficulty.manifest.images, report.source
    if source is None:
        return ExamplePictures({}, "The images were not available when this report was made.")
    if labelled not in (None, source.name):
        return ExamplePictures(
            {}, f"The available images ({source.name}) are not those that were labelled ({labelled})."
        )
    try:
        shown = {
            kind: [embed(source.read(image_id)) for image_id in rows["image_id"]]
            for kind, rows in found.examples.items()
        }
    except InputError as error:
        return ExamplePictures({}, f"An image could not be read: {error}.")
    return ExamplePictures(shown, "")


SECTION = Section(
    name="examples",
    compute=compute,
    results=lambda found: {"examples_at_most": found.examples_at_most, "examples": found.examples},
    pictures=pictures,
    needs_labels=True,
)
