"""Trials of a stimulus set as a table: their items, how hard these are, and the right answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from model_eval.difficulty import DifficultyTable
from stimuli.records import Block, Item, StimulusSet
from stimuli.settings import StimulusSettings
from tricky.core.matching import match_entries
from tricky.core.tasks import declaration


@dataclass(frozen=True)
class Label:
    """How hard an image is under one pool.

    Attributes
    ----------
    n_correct, n_models : int
        Models that were right, and that were evaluated.
    difficulty : str
    """

    n_correct: int
    n_models: int
    difficulty: str

    @property
    def share(self) -> float:
        """Share of models that are right."""
        return self.n_correct / self.n_models


def labels_of(difficulty: DifficultyTable, stimulus_set: StimulusSet) -> dict[str, Label]:
    """Return the labels that a difficulty table has for a set's images, by `image_id`.

    Raises
    ------
    InputError
        The table labels none of these images.
    """
    columns = ["image_id", "n_correct", "n_models", "difficulty"]
    rows = difficulty.images.dropna(subset="difficulty")[columns].itertuples(index=False, name=None)
    labels = {image: Label(int(n), int(of), str(kind)) for image, n, of, kind in rows}
    shown = [item.image_id for item in stimulus_set.items.values()]
    where = str(stimulus_set.folder / "items.tsv")
    found = match_entries(shown, labels, where=where, what="image of the other labels", partial=True)
    return {image: labels[name] for image, name in found.found.items()}


def trials_of(stimulus_set: StimulusSet, labels: Mapping[str, Label] | None = None) -> pd.DataFrame:
    """Return the trials of a set with their items and labels.

    Parameters
    ----------
    stimulus_set : StimulusSet
        Of any task.
    labels : mapping of str to Label, optional
        By `image_id`: labels in place of the set's own.

    Returns
    -------
    DataFrame, one row a trial, index `trial_id`
        `block`, `list` (1, 2 … of a set that is cut into several; 0 for practice), `catch`, `repeats`
        (`trial_id` or missing), `condition` (of an imported set, or missing), `scored`: whether
        answers count (main block, neither catch trial nor repeat), and `labelled`: whether
        every item has a label.

        Then, of a pair, for the item that fewer models got right and for the other: `harder_item`,
        `easier_item`, and of each `_class`, `_difficulty`, `_n_correct`, `_n_models` and `_share` (of models
        that are right); `gap`, the difference of the shares; `right_answer`, the harder item. All are missing
        where both items are equally hard, and where an item has no label.

        Of a single image: `image_item`, and the same columns; `group`, its group in the set, and
        `right_answer`, that group, or missing where the image is rated. Columns that depend on its label are
        missing where it has none, `group` also where the image is in no group of the set.

        Other tasks have the columns that their `analysis.report.task.ReportTask` declares.
    """
    rows = []
    columns_of = declaration(stimulus_set.task, "analysis").trial
    for trial in stimulus_set.trials:
        row: dict[str, Any] = {
            "trial_id": trial.trial_id,
            "block": str(trial.block),
            "list": trial.session,
            "catch": trial.catch,
            "repeats": trial.repeats,
            "condition": trial.condition,
            "scored": trial.block is Block.MAIN and not trial.catch and trial.repeats is None,
        }
        items = [stimulus_set.items[each] for each in trial.item_ids]
        found = [(item, _label(item, labels)) for item in items]
        row["labelled"] = all(label is not None for _, label in found)
        rows.append(row | columns_of(found, stimulus_set.settings))
    return pd.DataFrame(rows).set_index("trial_id")


def _label(item: Item, labels: Mapping[str, Label] | None) -> Label | None:
    if labels is None:
        if not item.labelled:
            return None
        return Label(item.n_correct, item.n_models, item.difficulty)
    return labels.get(item.image_id)


def pair_columns(found: list[tuple[Item, Label | None]], _: StimulusSettings) -> dict[str, Any]:
    """Return the columns of a pair: the harder and the easier image, and the right answer, the harder one."""
    (a, label_a), (b, label_b) = found
    # Whole numbers are compared, not shares: pools of different size remain comparable.
    difference = 0
    if label_a is not None and label_b is not None:
        difference = label_a.n_correct * label_b.n_models - label_b.n_correct * label_a.n_models
    if label_a is None or label_b is None or difference == 0:
        nothing = {"gap": None, "right_answer": None}
        return item_columns("harder", None, None) | item_columns("easier", None, None) | nothing
    harder, easier = ((a, label_a), (b, label_b)) if difference < 0 else ((b, label_b), (a, label_a))
    more = {"gap": easier[1].share - harder[1].share, "right_answer": harder[0].item_id}
    return item_columns("harder", *harder) | item_columns("easier", *easier) | more


def image_columns(found: list[tuple[Item, Label | None]], settings: StimulusSettings) -> dict[str, Any]:
    """Return the columns of a single image: its group, which is the right answer unless images are rated."""
    ((item, label),) = found
    group = None if label is None else settings.group_of(label.difficulty, label.n_correct)
    right = None if settings.questions else group
    return item_columns("image", item, label) | {"group": group, "right_answer": right}


def naming_columns(found: list[tuple[Item, Label | None]], _: StimulusSettings) -> dict[str, Any]:
    """Return the columns of an image whose class was named: its class is the right answer."""
    ((item, label),) = found
    group = None if label is None else label.difficulty
    return item_columns("image", item, label) | {"group": group, "right_answer": item.class_name or None}


def item_columns(place: str, item: Item | None, label: Label | None) -> dict[str, Any]:
    """Return the columns of the item at a place of a trial; None where it is unknown."""
    return {
        f"{place}_item": None if item is None else item.item_id,
        f"{place}_class": None if item is None else item.class_name,
        **{
            f"{place}_{name}": None if label is None else getattr(label, name)
            for name in ("difficulty", "n_correct", "n_models", "share")
        },
    }


def joined(
    sessions: pd.DataFrame, trials: pd.DataFrame, *, rescore: bool = False, imported: bool = False
) -> pd.DataFrame:
    """Return the rows of sessions with the columns of their trials.

    A further column, `n_expected`, is the number of scored trials of a complete session: of an imported one,
    which may have shown any part of the set, the number that it has.

    Parameters
    ----------
    sessions : DataFrame
        As `analysis.data.sessions.read_sessions` returns it, with this set.
    trials : DataFrame
        As `trials_of` returns it.
    rescore : bool
        Whether to score the answers by the labels of these trials, in place of what the session recorded.
    imported : bool
        Whether the set was made of imported sessions.
    """
    more = trials.drop(columns="block")
    table = sessions.merge(more, left_on=sessions["trial_id"].astype(str), right_index=True, how="left")
    table = table.drop(columns="key_0")
    by_list = trials[trials["scored"]].groupby("list").size()
    # Practice is in no list; a session with only practice so far may still get any list.
    by_session = table.groupby(["participant", "session"], observed=True, dropna=False)
    table["n_expected"] = by_session["list"].transform("max").map(by_list).fillna(by_list.max()).astype(int)
    if imported:
        table["n_expected"] = by_session["scored"].transform("sum").astype(int)
    if rescore:
        table["correct"] = is_right(table, table["right_answer"])
    return table


def is_right(sessions: pd.DataFrame, right_answer: pd.Series) -> pd.Series:
    """Return whether each answer is the right one, missing where there is no answer or none is right.

    Parameters
    ----------
    sessions : DataFrame
        Rows of sessions: the answer is the item chosen, or the response.
    right_answer : Series
        Of each row, as `trials_of` returns it.
    """
    given, right = pd.Series(None, sessions.index, dtype=object), right_answer.astype(object)
    for name in ("response", "response_item"):  # the item chosen, not its side
        if name in sessions:
            given = sessions[name].astype(object).where(sessions[name].notna(), given)
    return (given == right).astype("boolean").mask(given.isna() | right.isna())
