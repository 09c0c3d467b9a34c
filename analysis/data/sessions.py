"""The sessions of a BIDS data set as one tidy table: one row a trial."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.columns import ENTITIES, SESSION_COLUMNS
from analysis.data.trials import joined, labels_of, trials_of
from experiment.records import COLUMNS, Kind
from model_eval.records import read_difficulty
from stimuli.records import read_tables
from tricky.core.errors import InputError

TABLE_NAME = re.compile(
    r"sub-(?P<participant>[A-Za-z0-9]+)(?:_ses-(?P<session>[A-Za-z0-9]+))?_task-[A-Za-z0-9]+_beh\.tsv"
)
CATEGORIES = ("block", "trial_id", "left_item", "right_item", "item", "response", "response_item")
ORDERED = {"block": ("practice", "main"), "response": ("left", "right")}
"""Categories with an order of their own; others are in alphabetical order."""
FLOATS = ("response_time", "onset", "worst_frame", "image_duration", "confidence", "confidence_time")
INTEGERS = (
    *("trial_index", "dropped_frames", "late_flips", "early_keys", "keys_together", "broken_off"),
    "image_frames",
)
BOOLEANS = ("correct", "timing_ok", "key_held", "resumed")
PAIR_COLUMNS = tuple(column.name for column in COLUMNS)
"""Columns of every session with pairs; a table may have more, which are kept as text where unknown here."""
OTHER_COLUMNS = ("trial_index", "block", "trial_id", "item", "response_time", "onset")
"""Columns of every session with single images, to be named or rated."""


@dataclass(frozen=True)
class _SessionFile:
    """One session table, read but not yet parsed."""

    path: Path
    entities: dict[str, str | None]
    header: str
    body: str
    n_rows: int
    complete: bool | None
    forced: bool


def read_sessions(
    folder: Path | str, stimuli: Path | str | None = None, labels: Path | str | None = None
) -> pd.DataFrame:
    """Read every session of a BIDS data set, people's and simulated ones.

    A line that isn't finished yet, as a running or a killed session may leave behind, is left out; a session
    without a finished line has no row. `correct` is what the session wrote, unless `labels` are given.

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
        many there are), `interrupted`: whether it was taken up again, and `forced`: whether it was started
        although a check before it had failed.

    Raises
    ------
    InputError
        The folder holds no session, a file that belongs to a session is missing or damaged, a row has the
        wrong number of cells, a cell the wrong type, or a session's trials are not numbered 0, 1, 2 …
        Also where the stimulus set or the labels are missing or changed, or no session was run with the set.
    """
    if labels is not None and stimuli is None:
        raise InputError("labels score the items of a stimulus set; name its folder too (stimuli=…)")
    table = _read_all(Path(folder))
    if stimuli is None:
        return table
    stimulus_set = read_tables(Path(stimuli))
    table = table[table["set_id"] == stimulus_set.set_id].reset_index(drop=True)
    if table.empty:
        raise InputError(
            f"{folder}: no session with the set in {stimuli} as it is now (set_id {stimulus_set.set_id})"
        )
    difficulty = None if labels is None else labels_of(read_difficulty(Path(labels)), stimulus_set)
    return joined(table, trials_of(stimulus_set, difficulty), anew=labels is not None)


def _read_all(folder: Path) -> pd.DataFrame:
    """Return every row of a data set."""
    paths = sorted([*folder.glob("sub-*/beh/*_beh.tsv"), *folder.glob("sub-*/ses-*/beh/*_beh.tsv")])
    if not paths:
        raise InputError(
            f"{folder}: no session yet; run `tricky run --participant ID` or `tricky simulate` first"
        )
    kinds = _read_kinds(folder / "participants.tsv")
    files = [_read_file(path, kinds) for path in paths]

    # One call of the parser for all files with the same header, rather than one a file.
    by_header: dict[str, list[_SessionFile]] = {}
    for file in files:
        by_header.setdefault(file.header, []).append(file)
    parts = [_parse(header, group) for header, group in by_header.items()]
    table = pd.concat(parts, ignore_index=True).sort_values("_file", kind="stable", ignore_index=True)

    out_of_step = table["trial_index"] != table.groupby("_file").cumcount()
    if out_of_step.any():
        row = table.loc[out_of_step].iloc[0]
        raise InputError(
            f"{row['_file']}: trial_index {row['trial_index']} stands where another belongs; "
            "restore the file, as rows are numbered 0, 1, 2 … and never changed"
        )
    table["interrupted"] = _interrupted(table)
    if "correct" not in table:
        table["correct"] = pd.Series(pd.NA, table.index, dtype="boolean")
    categories = [name for name in (*ENTITIES, *CATEGORIES) if name in table]
    table = table.astype(dict.fromkeys(categories, "category"))
    for name, order in ORDERED.items():
        if name in table and set(table[name].cat.categories) <= set(order):
            table[name] = table[name].cat.set_categories(order, ordered=True)
    own = [name for name in PAIR_COLUMNS if name in table]
    extra = [name for name in table.columns if name not in (*ENTITIES, *own, *SESSION_COLUMNS, "_file")]
    return table[[*ENTITIES, *own, *extra, *SESSION_COLUMNS]]


def _interrupted(table: pd.DataFrame) -> pd.Series:
    """Return for each row whether its session was taken up again."""
    if "resumed" not in table:
        return pd.Series(pd.NA, table.index, dtype="boolean")
    return table.groupby("_file")["resumed"].transform("any").astype("boolean")


def _read_kinds(path: Path) -> dict[str, str]:
    """Return the kind of each participant, ``person`` or ``simulated``, by id without ``sub-``."""
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        kinds = dict(zip(table["participant_id"].str.removeprefix("sub-"), table["kind"], strict=True))
    except FileNotFoundError:
        raise InputError(
            f"{path}: missing; restore it, it says who is a person and who is simulated"
        ) from None
    except (KeyError, ValueError) as error:
        raise InputError(
            f"{path}: needs the columns participant_id and kind, separated by tabs ({error})"
        ) from None
    for participant, kind in kinds.items():
        if kind not in list(Kind):
            raise InputError(f"{path}: kind of sub-{participant} is {kind!r}; write `person` or `simulated`")
    return kinds


def _read_file(path: Path, kinds: dict[str, str]) -> _SessionFile:
    name = TABLE_NAME.fullmatch(path.name)
    if name is None:
        raise InputError(
            f"{path}: not a name of the form sub-ID[_ses-N]_task-NAME_beh.tsv; rename or remove the file"
        )
    participant = name["participant"]
    if participant not in kinds:
        raise InputError(f"{path}: sub-{participant} does not stand in participants.tsv; add its row there")
    sidecar = _read_sidecar(path.with_suffix(".json"))
    stimulus_set = sidecar["StimulusSet"]
    content = path.read_bytes()
    finished = content[: content.rfind(b"\n") + 1]
    try:
        header, _, body = finished.decode("utf-8").partition("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not readable as UTF-8 ({error}); restore the file from a copy") from None
    n_rows = body.count("\n")
    _check_cells(path, header, body, n_rows)
    n_trials = stimulus_set.get("n_trials")
    return _SessionFile(
        path,
        {
            "participant": participant,
            "session": name["session"],
            "kind": kinds[participant],
            "set_id": stimulus_set["set_id"],
        },
        header,
        body,
        n_rows,
        None if n_trials is None else n_rows == n_trials,
        _forced(sidecar),
    )


def _forced(sidecar: dict[str, Any]) -> bool:
    """Return whether a run of the session was started although a check before it had failed."""
    records = [each.get("Preflight") for each in (sidecar, *sidecar.get("Runs", []))]
    return any(record["forced"] and not record["ok"] for record in records if record)


def _read_sidecar(path: Path) -> dict[str, Any]:
    """Return a sidecar that names its stimulus set."""
    try:
        sidecar = json.loads(path.read_text(encoding="utf-8"))
        sidecar["StimulusSet"]["set_id"]
    except FileNotFoundError:
        raise InputError(f"{path}: missing; restore it, it says which stimulus set was shown") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"{path}: not a sidecar with a `StimulusSet`; restore the file from a copy"
        ) from None
    return sidecar


def _check_cells(path: Path, header: str, body: str, n_rows: int) -> None:
    """Refuse a table that lacks a column, or a row with more or fewer cells than the header."""
    columns = header.split("\t")
    required = OTHER_COLUMNS if "item" in columns else PAIR_COLUMNS
    missing = [name for name in required if name not in columns]
    if missing and header:
        raise InputError(f"{path}: lacks the column(s) {', '.join(missing)}; restore the file from a copy")
    n_tabs = len(columns) - 1
    if body.count("\t") == n_tabs * n_rows:
        # A surplus in one row can make up for a lack in another, which then fails as a cell of a wrong type.
        return
    line = next(i for i, row in enumerate(body.splitlines(), start=2) if row.count("\t") != n_tabs)
    raise InputError(f"{path}: line {line} has not {n_tabs + 1} cells; restore the file from a copy")


def _parse(header: str, files: list[_SessionFile]) -> pd.DataFrame:
    """Return the rows of all files under one header, typed, with the entities that their names carry."""
    text = "\n".join([header, "".join(file.body for file in files)])
    raw = pd.read_csv(
        io.StringIO(text), sep="\t", dtype=str, keep_default_na=False, na_values=["n/a"], quoting=3
    )
    n_rows = [file.n_rows for file in files]

    def spread(values: list[Any], dtype: str) -> pd.Series:
        return pd.Series(values, dtype=dtype).repeat(n_rows).reset_index(drop=True)

    table = raw.assign(
        **{name: spread([file.entities[name] for file in files], "str") for name in ENTITIES},
        complete=spread([file.complete for file in files], "boolean"),
        forced=spread([file.forced for file in files], "boolean"),
        _file=spread([str(file.path) for file in files], "str"),
    )
    for name in (each for each in (*FLOATS, *INTEGERS) if each in raw):
        table[name] = _checked(table, name, pd.to_numeric(raw[name], errors="coerce"))
    for name in (each for each in INTEGERS if each in raw):
        whole = table[name].where(table[name] % 1 == 0)
        table[name] = _checked(table.assign(**{name: raw[name]}), name, whole).astype("Int64")
    for name in (each for each in BOOLEANS if each in raw):
        values = raw[name].map({"true": True, "false": False}).astype("boolean")
        table[name] = _checked(table, name, values)
    return table


def _checked(table: pd.DataFrame, name: str, converted: pd.Series) -> pd.Series:
    """Return `converted`, having refused a cell that has content but no value."""
    bad = converted.isna() & table[name].notna()
    if bad.any():
        row = table.loc[bad].iloc[0]
        raise InputError(f"{row['_file']}: {name} is {row[name]!r} in a row; restore the file from a copy")
    return converted
