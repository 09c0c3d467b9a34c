"""The lab's own lists of images and classes, and its own table, matched with the labelled images.

An entry that matches nothing is an error, even in a list of allowed images: otherwise a class or an image
with a misspelt name would silently be missing, or be shown.  Only a list of allowed images and a table may
contain more than the data; then the matches are counted.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from model_eval.images.check import Inspection
from model_eval.label_evidence.formats import Use, read_evidence, recognised
from stimuli.columns import FEATURES, ITEM_COLUMNS
from stimuli.settings import StimulusSettings
from tricky.core.errors import InputError
from tricky.core.matching import Matches, match_entries
from tricky.core.names import plain
from tricky.core.tables import read_entries, read_table

RESERVED = frozenset([*ITEM_COLUMNS, "group"])
"""Columns that tricky writes into ``items.tsv``; the lab's table can have none of them except `image_id`."""

NOT_TO_MATCH_ON = frozenset({"sha256", "phash", "label_error", "difficulty"})
"""Columns of the labels that images can't be matched on."""


@dataclass(frozen=True)
class LabLists:
    """The images and classes that the lab lists.

    Attributes
    ----------
    names : dict of str to frozenset of str
        `allow_images`, `deny_images`, `catch_images`, `allow_classes`, `deny_classes` where the settings have
        them: the images and classes, named as in the labels.
    matched : dict of str to dict
        The same keys → how many entries match.
    files : tuple of Path
        Files of the lists, relative to the study.
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
    """Read the lists in the settings, and match them with images and classes.

    Parameters
    ----------
    settings : StimulusSettings
    rows : DataFrame, indexed by `image_id`
        The labelled images, with `class_name`.
    inspect : callable
        Inspects all images, including those without a label (training images, or damaged files).  It is
        called only if an entry matches no label.
    name : str
        Name of the set, for messages.
    root : Path
        The study's folder; paths in `settings` are relative to it.

    Raises
    ------
    InputError
        A file is missing or empty; an entry matches nothing; or there are rules about classes, and images
        without a class.
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
    """Read the lab's own columns and published ones, and check that every column in the settings exists.

    Parameters
    ----------
    settings, rows, name, root
        As for `read_lists`.

    Returns
    -------
    columns : DataFrame, indexed by `image_id`
        Covariates as numbers, other columns as text; missing values are NaN and None.
    matched : dict of str to dict
        ``table`` (of several, ``table <file>``) → how many of its rows are of labelled images.

    Raises
    ------
    InputError
        The table can't be read, has none of the images, an image twice, a column that tricky itself uses, or
        a covariate that is not a number; or a column is missing.
    """
    own, matched = pd.DataFrame(index=rows.index), dict[str, dict[str, int]]()
    for path in settings.table:
        where = f"{root / path} ([stimuli.{name}] table)"
        found, columns = _read_columns(root / path, rows, settings, where)
        for owner, theirs in (
            ("tricky itself", RESERVED.union(rows.columns)),
            ("another table", own.columns),
        ):
            if taken := [column for column in columns if column in theirs]:
                raise InputError(
                    f"{root / path}, line 1: {owner} has a column {taken[0]}; rename the table's"
                )
        own = own.join(columns)
        matched["table" if len(settings.table) == 1 else f"table {path.as_posix()}"] = found
    match_entries(settings.carry, own.columns, where=f"[stimuli.{name}] carry", what="column")
    known = [each for each in (*rows.columns, *own.columns) if each not in NOT_TO_MATCH_ON]
    section = f"[stimuli.{name}.match]"
    match_entries(settings.match.exact, known, where=f"{section} exact", what="column")
    measured = dict.fromkeys([*FEATURES, *known])
    match_entries(settings.match.covariates, measured, where=f"{section} covariates", what="column")
    return own, matched


def _read_columns(
    path: Path, rows: pd.DataFrame, settings: StimulusSettings, where: str
) -> tuple[dict[str, int], pd.DataFrame]:
    """Return how many entries of a table match, and its columns, indexed by `image_id`."""
    if recognised(path):
        evidence = read_evidence(path, rows.reset_index(), Use.TABLE, where)
        return evidence.counts(), evidence.columns
    table = read_table(path, ["image_id"])
    found = match_entries(
        table.names("image_id", unique=True),
        rows.index,
        where=where,
        what="labelled image",
        lines=table.lines,
        partial=True,
    )
    columns = pd.DataFrame(
        {
            column: table.numbers(column, missing=True)
            if column in settings.match.covariates
            else pd.Series(table.optional_texts(column), dtype="object")
            for column in table.columns
            if column != "image_id"
        }
    )
    columns.index = pd.Index([found.found.get(each) for each in table.names("image_id")], name="image_id")
    return found.counts(), columns[columns.index.notna()]


def _require_classes(settings: StimulusSettings, rows: pd.DataFrame, section: str) -> None:
    """Raise InputError if there is a rule about classes, and images without a class."""
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
