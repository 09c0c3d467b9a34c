"""The lab's own lists of images and classes, and its own table, matched with the images of the labels.

An entry that matches nothing is an error, also of a list that lets images in: a class or an image that is
called by a wrong name would otherwise be missing, or be shown, without a word.  Only a list of allowed images
and a table may be larger than the data; then the matches are counted.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from model_eval.images.check import Inspection
from stimuli.columns import FEATURES, ITEM_COLUMNS
from stimuli.settings import StimulusSettings
from tricky.core.errors import InputError
from tricky.core.matching import Matches, match_entries
from tricky.core.names import plain
from tricky.core.tables import read_entries, read_table

RESERVED = frozenset([*ITEM_COLUMNS, "group"])
"""Columns that tricky writes into ``items.tsv``: a lab's table can't have them, but for `image_id`."""

NOT_TO_MATCH_ON = frozenset({"sha256", "phash", "label_error", "difficulty"})
"""Columns of the labels in which no images can be made alike."""


@dataclass(frozen=True)
class LabLists:
    """What the lab's lists name.

    Attributes
    ----------
    names : dict of str to frozenset of str
        `allow_images`, `deny_images`, `catch_images`, `allow_classes`, `deny_classes` where the settings have
        them: the images and classes, as the labels call them.
    matched : dict of str to dict
        The same keys → how many entries match.
    files : tuple of Path
        Files that this was read from, relative to the study.
    """

    names: dict[str, frozenset[str]]
    matched: dict[str, dict[str, int]]
    files: tuple[Path, ...]


def read_lists(
    settings: StimulusSettings,
    rows: pd.DataFrame,
    inspect: Callable[[], Inspection],
    *,
    name: str,
    root: Path,
) -> LabLists:
    """Read the lists that the settings name, and match them with images and classes.

    Parameters
    ----------
    settings : StimulusSettings
    rows : DataFrame, indexed by `image_id`
        The labelled images, with `class_name`.
    inspect : callable
        Looks at all images that there are, also those that have no label because models were trained on them,
        or because they can't be read.  It is called only for entries that match no label.
    name : str
        The set's, for messages.
    root : Path
        Folder that paths in `settings` are relative to.

    Raises
    ------
    InputError
        A file is missing or lists nothing; an entry matches nothing; or there are rules about classes and
        images without a class.
    """
    section = f"[stimuli.{name}.eligible]"
    _require_classes(settings, rows, section)
    files = {
        f"{section} allow_images": settings.eligible.allow_images,
        f"{section} deny_images": settings.eligible.deny_images,
        f"[stimuli.{name}] catch_images": settings.catch_images,
    }
    seen = functools.cache(inspect)
    found: dict[str, Matches] = {}
    for setting, path in files.items():
        if path is None:
            continue
        key = setting.split()[-1]
        entries, lines = read_entries(root / path)
        known = set(rows.index)
        if any(plain(entry) not in known for entry in entries):
            known |= seen().every_image
        found[key] = match_entries(
            entries,
            known,
            where=f"{root / path} ({setting})",
            what="image",
            lines=lines,
            partial=key == "allow_images",
        )
    for key in ("allow_classes", "deny_classes"):
        if entries := getattr(settings.eligible, key):
            classes = set(rows["class_name"])
            if any(plain(entry) not in classes for entry in entries):
                classes |= seen().every_class
            found[key] = match_entries(entries, classes, where=f"{section} {key}", what="class")
    return LabLists(
        {key: each.names for key, each in found.items()},
        {key: each.counts() for key, each in found.items()},
        tuple(path for path in files.values() if path is not None),
    )


def read_own_table(
    settings: StimulusSettings, rows: pd.DataFrame, *, name: str, root: Path
) -> tuple[pd.DataFrame, dict[str, dict[str, int]]]:
    """Read the lab's own columns, and check that every column that the settings name is there.

    Parameters
    ----------
    settings, rows, name, root
        As for `read_lists`.

    Returns
    -------
    columns : DataFrame, indexed by `image_id`
        Covariates as numbers, other columns as text; missing values are NaN and None.
    matched : dict of str to dict
        ``table`` → how many of its rows are of labelled images; nothing without a table.

    Raises
    ------
    InputError
        The table can't be read, has none of the images, one twice, a name that tricky itself uses, or a
        covariate that is no number; or a column isn't there.
    """
    own, matched = pd.DataFrame(index=rows.index), {}
    if settings.table is not None:
        path = root / settings.table
        table = read_table(path, ["image_id", *settings.carry])
        columns = [column for column in table.columns if column != "image_id"]
        if taken := [column for column in columns if column in rows.columns or column in RESERVED]:
            raise InputError(f"{path}, line 1: tricky itself has a column {taken[0]}; rename the table's")
        found = match_entries(
            table.names("image_id", unique=True),
            rows.index,
            where=f"{path} ([stimuli.{name}] table)",
            what="labelled image",
            lines=table.lines,
            partial=True,
        )
        matched["table"] = found.counts()
        own = pd.DataFrame(
            {
                column: table.numbers(column, missing=True)
                if column in settings.match.covariates
                else pd.Series(table.optional_texts(column), dtype="object")
                for column in columns
            }
        )
        own.index = pd.Index([found.found.get(each) for each in table.names("image_id")], name="image_id")
        own = own[own.index.notna()]
    known = [each for each in (*rows.columns, *own.columns) if each not in NOT_TO_MATCH_ON]
    section = f"[stimuli.{name}.match]"
    match_entries(settings.match.exact, known, where=f"{section} exact", what="column")
    measured = dict.fromkeys([*FEATURES, *known])
    match_entries(settings.match.covariates, measured, where=f"{section} covariates", what="column")
    return own, matched


def _require_classes(settings: StimulusSettings, rows: pd.DataFrame, section: str) -> None:
    """Raise InputError if there is a rule about classes, and images that have none."""
    rules = ("allow_classes", "deny_classes", "max_per_class")
    named = [f"{section} {key}" for key in rules if getattr(settings.eligible, key)]
    if "class_name" in settings.match.exact:
        named.append(f"{section.replace('.eligible', '.match')} exact")
    without = int((rows["class_name"] == "").sum())
    if named and without:
        raise InputError(
            f"{named[0]}: a rule about classes, but {without:,} of {len(rows):,} labelled images have no "
            "class; add the column class_name to the table of counts and run `tricky label` again, or remove "
            "the rule"
        )
