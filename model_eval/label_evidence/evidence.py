"""What a file says about the labels of our images, in the same form for every file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

from tricky.core.errors import InputError
from tricky.core.matching import match_entries


class Reason(StrEnum):
    """Why no model, or almost none, gives the answer that counts as correct."""

    WRONG_LABEL = "wrong label"
    AMBIGUOUS = "ambiguous"
    TRULY_HARD = "truly hard"
    NOT_REASSESSED = "not reassessed"


@dataclass(frozen=True)
class Evidence:
    """What people said about labels.

    Attributes
    ----------
    n_entries : int
        Images that the file is about.
    columns : DataFrame, indexed by `image_id`, one row for each of our images that the file is about
        What people said, in numbers; NaN where it is unknown.
    reasons : dict of str to Reason
        `image_id` → why models would fail on it.  Images whose label nobody checked are missing.
    errors : frozenset of str
        Images whose label counts as an error.
    classes : dict of str to dict
        Name of the list → how many classes the file names, and how many of them our images have.
    """

    n_entries: int
    columns: pd.DataFrame
    reasons: dict[str, Reason]
    errors: frozenset[str] = frozenset()
    classes: dict[str, dict[str, int]] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Return the numbers of images in the file, and of those that are ours."""
        return {"n_entries": self.n_entries, "n_matched": len(self.columns)}


def from_answers(
    right: Mapping[str, Collection[str]],
    n_entries: int,
    images: pd.DataFrame,
    columns: pd.DataFrame,
    where: str,
) -> Evidence:
    """Return what follows from the correct answers.

    The label is wrong where it is not among the correct answers.  Otherwise the image is ambiguous where
    there are several correct answers or none, and truly hard where its label is the only one.

    Parameters
    ----------
    right : mapping of str to collection of str
        `image_id` → names of the correct classes, possibly none.
    n_entries : int
        Images that the file is about.
    images : DataFrame
        `image_id` and `class_name`.
    columns : DataFrame
        As in `Evidence`.
    where : str
        The file and the setting that names it, for messages.

    Raises
    ------
    InputError
        Images have no class, or the file names none of their classes.
    """
    classes = images["class_name"].unique()
    if "" in classes:
        raise InputError(
            f"{where}: names classes, but {(images['class_name'] == '').sum()} of the images have none; add "
            "the column class_name to the table of counts"
        )
    named = sorted({name for answers in right.values() for name in answers})
    # Single unknown names may be classes of other images; if all are unknown, the two files name classes
    # differently.
    by_class = match_entries(named, classes, where=where, what="class", partial=True)
    label = dict(zip(images["image_id"], images["class_name"], strict=True))
    reasons = {image_id: _reason(answers, label[image_id]) for image_id, answers in right.items()}
    errors = frozenset(name for name, reason in reasons.items() if reason is Reason.WRONG_LABEL)
    return Evidence(n_entries, columns, reasons, errors, {"classes": by_class.counts()})


def _reason(answers: Collection[str], label: str) -> Reason:
    if answers and label not in answers:
        return Reason.WRONG_LABEL
    return Reason.TRULY_HARD if len(answers) == 1 else Reason.AMBIGUOUS
