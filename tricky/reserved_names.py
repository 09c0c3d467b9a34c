"""The names that a lab chooses for columns must differ from tricky's own columns, and from each other.

Every package declares the columns of its tables; here they are compared with the names in a study file,
before anything is built or recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

import analysis.columns
import experiment.data.columns
import model_eval.columns
import stimuli.columns
from experiment.settings import ExperimentSettings
from stimuli.settings import StimulusSettings
from tricky.core.names import READ_AS_MISSING
from tricky.core.settings import SettingError, place_of, shown

OF_QUESTIONS = (*experiment.data.columns.OF_QUESTIONS, *analysis.columns.OF_QUESTIONS)
"""Endings of the columns of a question, after its name."""

_OF_ITEMS = ("decisions/images.parquet", "difficulty/difficulty.parquet")
"""Tables of `model_eval` whose rows are images."""


@dataclass(frozen=True)
class LabName:
    """A name that the lab chose for a column.

    Attributes
    ----------
    name : str
    place : tuple of str and int
        Keys and indices in the study file.
    columns : tuple of str
        The columns that are named after it.
    """

    name: str
    place: tuple[str | int, ...]
    columns: tuple[str, ...]


@cache
def reserved_columns() -> Mapping[str, str]:
    """Return every column of tricky's own tables, in small letters, with a table that has it."""
    return _by_column(
        model_eval.columns.TABLES
        | stimuli.columns.TABLES
        | experiment.data.columns.tables()
        | analysis.columns.tables()
    )


@cache
def columns_of_images() -> Mapping[str, str]:
    """Return the same for tables whose rows are images or trials, which carried columns are joined with."""
    of_items = {name: model_eval.columns.TABLES[name] for name in _OF_ITEMS}
    sessions = analysis.columns.tables() | experiment.data.columns.tables()
    del sessions["tables of the report"], sessions["power/power.csv"]
    return _by_column(of_items | stimuli.columns.TABLES | sessions)


def check_columns(sets: Mapping[str, StimulusSettings], settings: ExperimentSettings) -> None:
    """Check the names of questions, participant fields and carried columns.

    Raises
    ------
    SettingError
        One is the name of a column of tricky's own, or two give the same column.  Capital and small letters
        count as the same, as in spreadsheets and databases.
    """
    participants = [
        LabName(field.name, ("experiment", "participant_fields", n, "name"), (field.name,))
        for n, field in enumerate(settings.participant_fields)
    ]
    asked = [
        _question(each.name, ("experiment", "questions", n)) for n, each in enumerate(settings.questions)
    ]
    for each in (*participants, *asked):
        _refuse_reserved(each, reserved_columns())
    _refuse_same([*participants, *asked])
    for set_name, each_set in sets.items():
        section = ("stimuli", set_name)
        questions = [
            _question(each.name, (*section, "questions", n)) for n, each in enumerate(each_set.questions)
        ]
        carried = [LabName(name, (*section, "carry", n), (name,)) for n, name in enumerate(each_set.carry)]
        for each in questions:
            _refuse_reserved(each, reserved_columns())
        for each in carried:
            _refuse_reserved(each, columns_of_images())
        _refuse_same([*participants, *asked, *questions, *carried])


def read_as_missing(settings: BaseModel) -> list[str]:
    """Return the places, as ``[section] key``, whose text other programs read as a missing value."""
    return [
        f"{place_of(place)} ({shown(text)})"
        for place, text in _texts(settings.model_dump(mode="json", by_alias=True), ())
        if text in READ_AS_MISSING
    ]


def _question(name: str, place: Sequence[str | int]) -> LabName:
    return LabName(name, (*place, "name"), tuple(name + end for end in OF_QUESTIONS))


def _refuse_reserved(name: LabName, reserved: Mapping[str, str]) -> None:
    for column in name.columns:
        if table := reserved.get(column.casefold()):
            follows = "" if column == name.name else f" (it gives a column `{column}`)"
            raise SettingError(
                name.place, name.name, f"another name: tricky has this column itself, in {table}{follows}"
            )


def _refuse_same(names: Sequence[LabName]) -> None:
    taken: dict[str, LabName] = {}
    for name in names:
        for column in name.columns:
            other = taken.setdefault(column.casefold(), name)
            if other is not name:
                same = f"{place_of(other.place)} = {shown(other.name)}"
                raise SettingError(name.place, name.name, f"another name: {same} gives the column `{column}`")


def _by_column(tables: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {
        column.casefold(): table for table, columns in reversed(list(tables.items())) for column in columns
    }


def _texts(content: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every text in nested settings, keys included, with its place."""
    if isinstance(content, str):
        yield place, content
    elif isinstance(content, Mapping):
        for key, value in content.items():
            if key in READ_AS_MISSING:
                yield (*place, key), key
            yield from _texts(value, (*place, key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from _texts(value, (*place, number))
