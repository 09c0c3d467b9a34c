"""Observers who repeat the answers of recorded sessions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from experiment.data.read_data import read_data
from experiment.data.session_table import SessionTable
from experiment.observers.simulated import SimulatedDisplay
from experiment.observers.spec import ObserverSpec
from experiment.records import Ask, Choice, ScheduledTrial
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


def replay_observers(folder: Path) -> list[ObserverSpec]:
    """Return an observer for each recorded session of a BIDS data set.

    Raises
    ------
    InputError
        The data set is damaged, or has no sessions.
    """
    recorded = read_data(folder)
    if not recorded.sessions:
        raise InputError(f"{folder}: no recorded sessions there; correct [simulate] replay in study.toml")
    return [_replay(session, folder) for session in recorded.sessions]


def _replay(session: SessionTable, folder: Path) -> ObserverSpec:
    path, table = session.file.table, session.cells()
    cells = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    rows = {row["trial_id"]: row for row in cells}
    parameters = {"replay_of": path.relative_to(folder).as_posix(), "sha256": sha256_of(path)}
    return ObserverSpec(parameters, lambda display: ReplayObserver(rows, path, display))


class ReplayObserver:
    """Repeats recorded answers: the same item or answer in each trial, whichever side the item is on now.

    Parameters
    ----------
    rows : mapping of str to mapping
        The cells of each recorded trial by column, by `trial_id`.
    path : Path
        The recorded table, named in errors.
    display : SimulatedDisplay
        Whose clock the responses advance.
    """

    def __init__(self, rows: Mapping[str, Mapping[str, str]], path: Path, display: SimulatedDisplay) -> None:
        self._rows, self._path, self._display = rows, path, display

    def turn_page(self) -> None:
        """Read the page for a while."""
        self._display.now_s += 5.0

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Return the recorded answer.

        Raises
        ------
        InputError
            The trial was not recorded, had other items, or has no response time.
        """
        if trial is None:
            return Choice(None, None)
        row = self._rows.get(trial.trial_id)
        answer = None if row is None else row.get(ask.name)
        if row is None or answer is None:
            raise InputError(
                f"{self._path}: has no `{ask.name}` for trial {trial.trial_id}; it can't be replayed"
            )
        if answer == "n/a":
            return Choice(None, None)
        if "response_item" in row and ask.by_place:
            if row["response_item"] not in trial.items:
                raise InputError(
                    f"{self._path}: trial {trial.trial_id} had other items; it can't be replayed"
                )
            answer = ask.values[trial.items.index(row["response_item"])]
        column = f"{ask.name}_time" if f"{ask.name}_time" in row else "response_time"
        try:
            time_s = float(row[column])
        except (KeyError, ValueError):
            raise InputError(
                f"{self._path}: trial {trial.trial_id} has no `{column}` in seconds; it can't be replayed"
            ) from None
        self._display.now_s += time_s
        return Choice(answer, time_s)
