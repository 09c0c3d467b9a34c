"""Every file with evidence about labels that tricky reads, declared once, and recognised by its content."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pandas as pd

from model_eval.label_evidence.answers_table import read_answers
from model_eval.label_evidence.cifar10h import PLACE_COLUMNS, read_counts, read_trials
from model_eval.label_evidence.evidence import Evidence
from model_eval.label_evidence.imagenet_x import read_factors
from model_eval.label_evidence.mturk import read_mturk
from model_eval.label_evidence.real import read_raters, read_real
from tricky.core.errors import InputError
from tricky.core.files import read_bytes

_HEAD_BYTES = 4096


class Use(StrEnum):
    """The settings that may name a file with evidence."""

    LABEL_ERRORS = "label_errors"
    REASSESSED = "reassessed"
    TABLE = "table"


@dataclass(frozen=True)
class Format:
    """A published file.

    Attributes
    ----------
    name : str
        What the file is called where it is published.
    is_one : callable
        Whether a file is one, from its first bytes.
    read : callable
        Reads the file, given the images and what messages call the file.
    uses : frozenset of Use
        The settings that may name it.
    """

    name: str
    is_one: Callable[[bytes], bool]
    read: Callable[[Path, pd.DataFrame, str], Evidence]
    uses: frozenset[Use] = frozenset(Use)


def _starts(pattern: bytes) -> Callable[[bytes], bool]:
    """Return whether content starts with a pattern, after a byte order mark and white space."""
    compiled = re.compile(rb"(?:\xef\xbb\xbf)?\s*" + pattern, re.DOTALL)
    return lambda head: compiled.match(head) is not None


_TRIALS = rb"[^\n]*\b(?:" + "|".join(PLACE_COLUMNS).encode() + rb")\b"

FORMATS = (
    Format("ReaL's real.json", _starts(rb"\[\s*(?:\[|\]|-?\d)"), read_real),
    Format("ReaL's raters.npz", lambda head: head.startswith(b"PK") and b".npy" in head, read_raters),
    Format("label-errors' *_mturk.json", _starts(rb"\[\s*\{"), read_mturk),
    Format("CIFAR-10H's cifar10h-counts.npy", lambda head: head.startswith(b"\x93NUMPY"), read_counts),
    Format("CIFAR-10H's cifar10h-raw.csv", _starts(_TRIALS), read_trials),
    Format(
        "ImageNet-X's imagenet_x_val_multi_factor.jsonl",
        _starts(rb"\{"),
        read_factors,
        frozenset({Use.REASSESSED, Use.TABLE}),
    ),
)
ANSWERS = Format(
    "a table of image_id and class_name", lambda _: True, read_answers, frozenset({Use.REASSESSED})
)
"""What a file is that is none of `FORMATS`."""


def recognised(path: Path) -> Format | None:
    """Return the format of a published file; None for a table or a list of the lab.

    Raises
    ------
    InputError
        The file is missing or cannot be read.
    """
    head = read_bytes(path)[:_HEAD_BYTES]
    return next((each for each in FORMATS if each.is_one(head)), None)


def read_evidence(path: Path, images: pd.DataFrame, use: Use, where: str) -> Evidence:
    """Read a file with evidence about labels, in any of the formats.

    Parameters
    ----------
    path : Path
    images : DataFrame
        `image_id`, `label` (−1 where it is unknown) and `class_name` of the images to look up.
    use : Use
        The setting that names the file.
    where : str
        The file and the setting, for messages.

    Raises
    ------
    InputError
        The file cannot be read or cannot be used so, is about none of the images, or contradicts their
        labels.
    """
    found = recognised(path) or ANSWERS
    if use not in found.uses:
        raise InputError(
            f"{where}: {found.name} says nothing that could be used as `{use}`, only as "
            f"{' or '.join(f'`{each}`' for each in Use if each in found.uses)}"
        )
    return found.read(path, images, where)
