"""The sessions of a BIDS data set as one tidy table: one row a trial."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.columns import ENTITIES, SESSION_COLUMNS
from analysis.data.trials import joined, labels_of, trials_of
from experiment.data.read_data import RecordedData, read_data
from experiment.data.session_table import SessionTable
from experiment.records import Setting
from model_eval.difficulty import read_difficulty
from stimuli.records import StimulusSet, read_tables
from tricky.core.errors import InputError
from tricky.core.tsv_cells import unescaped

CATEGORIES = ("block", "trial_id", "left_item", "right_item", "item", "response", "response_item")
ORDERED = {"block": ("practice", "main"), "response": ("left", "right")}
"""Categories with an order of their own; others are in alphabetical order."""
FLOATS = (
    *("response_time", "onset", "worst_frame", "image_duration", "confidence", "confidence_time"),
    "focus_lost_time",
)
INTEGERS = (
    *("trial_index", "dropped_frames", "late_flips", "early_keys", "keys_together", "broken_off"),
    *("image_frames", "focus_lost", "left_full_screen"),
)
BOOLEANS = ("correct", "timing_ok", "key_held", "resumed")


def read_sessions(
    folder: Path | str, stimuli: Path | str | None = None, labels: Path | str | None = None
) -> pd.DataFrame:
    """Read every session of a BIDS data set, people's and simulated ones.

    A line that isn't finished yet, as a running or a killed session may leave behind, is left out; a session
    without a finished line has no row. `correct` is what the session wrote, unless `labels` are given. A
    warning says what else was left out, and which tables another program saved.

    Parameters
    ----------
    folder : path
        The data set: the folder that holds ``participants.tsv``.
    stimuli : path, optional
        Folder of a stimulus set: only sessions with this set are returned, and each row with the columns of
        `analysis.data.trials.trials_of` about its trial.
    labels : path, optional
        Folder of a difficulty table, to score the answers by in place of the set's own labels.

    Returns
    -------
    DataFrame
        One row a trial, in the order of participants, sessions and trials: `participant` (without ``sub-``),
        `session` (missing where the data set has none), `kind` (``person`` or ``simulated``), `set_id`, then
        the columns of the session tables (times in seconds; `correct` a nullable bool,
        missing where both items of the trial are equally hard, and in ratings), and of the session as a whole
        `complete`: whether it has a row for each trial of its set (missing where its sidecar doesn't say how
        many there are), `interrupted`: whether it was continued later, and `forced`: whether it was started
        although a check before it had failed, `setting`: ``lab`` or ``online``, and `earlier_sessions`: how
        many other sessions had been begun in the same browser (missing in the lab).

    Raises
    ------
    InputError
        The folder contains no session, or its files contradict each other or could change a number: see
        `experiment.data.read_data.read_data`. Also where the stimulus set or the labels are missing or
        changed, no session was run with the set, or one has trials that are not in it.
    """
    if labels is not None and stimuli is None:
        raise InputError("labels score the items of a stimulus set; name its folder too (stimuli=…)")
    recorded = read_data(Path(folder))
    for note in recorded.notes:
        warnings.warn(f"{folder}: {note}", stacklevel=2)
    table = table_of(recorded)
    if stimuli is None:
        return table
    stimulus_set = read_tables(Path(stimuli))
    check_trials(table, stimulus_set, Path(folder))
    table = table[table["set_id"] == stimulus_set.set_id].reset_index(drop=True)
    if table.empty:
        raise InputError(
            f"{folder}: no session with the set in {stimuli} as it is now (set_id {stimulus_set.set_id})"
        )
    difficulty = None if labels is None else labels_of(read_difficulty(Path(labels)), stimulus_set)
    trials = trials_of(stimulus_set, difficulty)
    return joined(table, trials, rescore=labels is not None, imported=stimulus_set.imported)


def table_of(recorded: RecordedData) -> pd.DataFrame:
    """Return every row of a data set: see `read_sessions`.

    Raises
    ------
    InputError
        There is no session yet.
    """
    recorded.require_sessions()
    # One call of the parser for all tables with the same header, rather than one a table.
    by_header: dict[str, list[int]] = {}
    for place, session in enumerate(recorded.sessions):
        by_header.setdefault(session.header, []).append(place)
    parts = [_parse(recorded, places) for places in by_header.values()]
    table = pd.concat(parts, ignore_index=True).sort_values("_place", kind="stable", ignore_index=True)
    table["interrupted"] = _interrupted(table)
    if "correct" not in table:
        table["correct"] = pd.Series(pd.NA, table.index, dtype="boolean")
    categories = [name for name in (*ENTITIES, *CATEGORIES) if name in table]
    table = table.astype(dict.fromkeys(categories, "category"))
    for name, order in ORDERED.items():
        if name in table and set(table[name].cat.categories) <= set(order):
            table[name] = table[name].cat.set_categories(order, ordered=True)
    recorded_columns = [name for name in table.columns if name not in (*ENTITIES, *SESSION_COLUMNS, "_place")]
    return table[[*ENTITIES, *recorded_columns, *SESSION_COLUMNS]]


def check_trials(table: pd.DataFrame, stimulus_set: StimulusSet, data_folder: Path) -> None:
    """Raise InputError if a session that was run with a set has trials that are not in it."""
    of_set = table[table["set_id"] == stimulus_set.set_id]
    strangers = set(of_set["trial_id"].unique()) - {trial.trial_id for trial in stimulus_set.trials}
    if strangers:
        row = of_set[of_set["trial_id"].isin(strangers)].iloc[0]
        raise InputError(
            f"{data_folder}: sub-{row['participant']} has trial {row['trial_id']}, which is not in the set "
            f"{stimulus_set.set_id} that its sidecar names; restore the session's files from a copy"
        )


def _interrupted(table: pd.DataFrame) -> pd.Series:
    """Return for each row whether its session was resumed."""
    if "resumed" not in table:
        return pd.Series(pd.NA, table.index, dtype="boolean")
    return table.groupby("_place")["resumed"].transform("any").astype("boolean")


def _parse(recorded: RecordedData, places: Sequence[int]) -> pd.DataFrame:
    """Return the rows of all tables with one header, typed, with what is known of their sessions."""
    sessions: list[SessionTable] = [recorded.sessions[place] for place in places]
    text = "".join([sessions[0].header, "\n", *(session.body for session in sessions)])
    table = pd.read_csv(
        io.StringIO(text), sep="\t", dtype=str, keep_default_na=False, na_values=["n/a", ""]
    ).rename(columns=unescaped)
    if not text.isascii() and unescaped(text) != text:
        table = table.map(unescaped, na_action="ignore")
    n_rows = [session.n_rows for session in sessions]
    for name in table.columns:
        if name in FLOATS or name in INTEGERS:
            table[name] = pd.to_numeric(table[name]).astype("float64" if name in FLOATS else "Int64")
        elif name in BOOLEANS:
            table[name] = table[name].map({"true": True, "false": False}).astype("boolean")

    def spread(values: list[Any], dtype: str) -> pd.Series:
        return pd.Series(values, dtype=dtype).repeat(n_rows).reset_index(drop=True)

    kinds = recorded.participants.kinds
    return table.assign(
        participant=spread([each.file.participant for each in sessions], "str"),
        session=spread([each.file.session or None for each in sessions], "str"),
        kind=spread([kinds[each.file.participant] for each in sessions], "str"),
        set_id=spread([each.sidecar.stimulus_set.set_id for each in sessions], "str"),
        complete=spread([each.complete for each in sessions], "boolean"),
        forced=spread([each.sidecar.forced for each in sessions], "boolean"),
        setting=spread([each.sidecar.setting or Setting.LAB for each in sessions], "str"),
        earlier_sessions=spread([_earlier_sessions(each) for each in sessions], "Int64"),
        _place=spread(list(places), "int64"),
    )


def _earlier_sessions(session: SessionTable) -> int | None:
    """Return how many other sessions had been begun in the browser of an online session."""
    found = session.sidecar.apparatus.get("earlier_sessions")
    return found if isinstance(found, int) else None
