"""Observers and models as subjects who answered the same items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.consistency_comparisons import Answers
from analysis.tables.trials import answered, checked_trials, once_each, shown
from model_eval.decisions import Decisions, read_decisions
from tricky.core.errors import InputError

Models = pd.DataFrame | Decisions | str | Path
"""A table with one row for each model and item; or decisions, or the folder ``decisions/`` with them."""


@dataclass(frozen=True)
class Subjects:
    """Subjects of one kind, and their answers to items.

    Attributes
    ----------
    names : list
        Of the subjects, as in their table.
    items : Index
    answers : Answers
        Of shape (n_subjects, n_items).
    """

    names: list[Any]
    items: pd.Index
    answers: Answers

    @classmethod
    def none(cls, items: pd.Index) -> Subjects:
        """Return no subject, of these items."""
        nothing = np.zeros((0, len(items)), dtype=bool)
        return cls([], items, Answers(nothing, nothing))

    def on(self, items: pd.Index) -> Subjects:
        """Return the answers to these items; those that the subjects did not see count as not seen."""
        place = self.items.get_indexer(items)
        known = place >= 0
        answers = Answers(*(each[:, place] & known for each in self.answers))
        return Subjects(self.names, items, answers)


def subjects_of_table(table: pd.DataFrame, columns: Mapping[str, str], who: str, what: str) -> Subjects:
    """Return the subjects of a table with one row a trial, sorted; also those without any answer.

    Parameters
    ----------
    table : DataFrame
    columns : mapping of str to str
        `who`, `item` and `correct` → name of the column.
    who : str
        ``observer`` or ``model``.
    what : str
        What messages call the table.
    """
    trials = checked_trials(table, columns, what)
    given = answered(trials, columns)
    once_each(given, columns, [who, "item"], "")
    _, names = pd.factorize(trials[who].to_numpy(object), sort=True)
    row = pd.Index(names).get_indexer(given[who].to_numpy(object))
    column, items = pd.factorize(given["item"].to_numpy(object), sort=True)
    right, seen = np.zeros((2, len(names), len(items)), dtype=bool)
    right[row, column] = given["correct"].to_numpy(bool)
    seen[row, column] = True
    return Subjects(list(names), pd.Index(items), Answers(right, seen))


def subjects_of_models(models: Models, columns: Mapping[str, str]) -> Subjects:
    """Return the models of a table, or of decisions; the items of decisions are images.

    Parameters
    ----------
    models : DataFrame, Decisions, str or Path
    columns : mapping of str to str
        Of a table: `model`, `item` and `correct` → name of the column.
    """
    if isinstance(models, str | Path):
        models = read_decisions(Path(models))
    if isinstance(models, Decisions):
        images = pd.Index(models.images["image_id"].to_numpy(object))
        return Subjects(list(models.models), images, Answers(models.correct, models.seen))
    return subjects_of_table(models, columns, "model", "the table of models")


def on_common_items(people: Subjects, models: Subjects) -> Subjects:
    """Return the models' answers to the items that people answered.

    Raises
    ------
    InputError
        None of these items was shown to a model.
    """
    if not people.items.isin(models.items).any():
        theirs, others = (shown(each.items[0]) for each in (people, models))
        raise InputError(
            f"people and models have no item in common: people answered {theirs}, for example, models "
            f"{others}; name items alike in both tables, all as text or all as numbers"
        )
    return models.on(people.items)
