"""Which sessions and trials are excluded, by rules that were set in advance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.settings import ExcludeSettings
from tricky.core.matching import match_entries

SESSION_RULES = ("named", "catch", "repeated", "missing")
"""Rules that exclude whole sessions, in their order; a session counts under the first that applies."""
TRIAL_RULES = ("timing", "focus", "too_fast", "too_slow")
"""Rules that exclude single trials, in their order; a trial counts under the first that applies."""


@dataclass(frozen=True)
class Exclusion:
    """The rows that count, and what each rule excluded.

    Attributes
    ----------
    kept : DataFrame
        The scored rows that count, in their original order.
    sessions : DataFrame, one row a session
        `participant`, `session`, `n_expected` (scored trials of the set), `n_recorded`, `n_unanswered`
        (of these, without an answer), then how many of the others each rule for trials excluded (`timing`,
        `focus`, `too_fast`, `too_slow`), `n_kept`, `catch_accuracy` (missing without catch trials),
        `share_missing`, and `excluded_by`: the rule that excluded the whole session (one of `SESSION_RULES`),
        or missing, with the `reason`.
    """

    kept: pd.DataFrame
    sessions: pd.DataFrame

    @property
    def n_sessions(self) -> int:
        """Number of excluded sessions."""
        return int(self.sessions["excluded_by"].notna().sum())

    @property
    def n_trials(self) -> int:
        """Number of excluded answers, those of excluded sessions included."""
        n = self.sessions[["n_recorded", "n_unanswered", "n_kept"]].sum()
        return int(n["n_recorded"] - n["n_unanswered"] - n["n_kept"])

    @property
    def n_unanswered(self) -> int:
        """Number of recorded scored trials without an answer; no rule excludes them."""
        return int(self.sessions["n_unanswered"].sum())


def exclude(sessions: pd.DataFrame, rules: ExcludeSettings) -> Exclusion:
    """Apply the rules, in this order, and count what each excludes.

    1. sessions that are named, for the reason given;
    2. sessions with too small a share of correct catch trials;
    3. online sessions in a browser in which another session had been begun before;
    4. trials whose timing is not good;
    5. trials of online sessions during which another window had the focus, or the page left the full screen;
    6. trials that were answered too fast, or too slowly;
    7. sessions that lack too large a share of their scored trials, including trials without an answer and
       trials excluded by rules 4 to 6.

    Parameters
    ----------
    sessions : DataFrame
        Rows of sessions as `analysis.data.trials.joined` returns them, practice and catch trials included,
        with `answered`: whether there is an answer; without this column, a response time says so.
    rules : ExcludeSettings

    Raises
    ------
    InputError
        A named session does not exist.
    """
    key = sessions.groupby(["participant", "session"], observed=True, dropna=False).ngroup().to_numpy()
    scored = sessions["scored"].fillna(False).to_numpy(bool)
    count = np.bincount
    n_sessions = int(key.max()) + 1
    first = sessions.iloc[np.unique(key, return_index=True)[1]]
    table = pd.DataFrame(
        {
            "participant": first["participant"].astype(str).to_numpy(),
            "session": first["session"].astype(object).where(first["session"].notna(), None).to_numpy(),
            "n_expected": first["n_expected"].to_numpy(int),
            "n_recorded": count(key[scored], minlength=n_sessions),
        }
    )
    # Imported sessions may have answers without times.
    given = sessions["answered"] if "answered" in sessions else sessions["response_time"].notna()
    answered = scored & given.to_numpy(bool)
    table["n_unanswered"] = table["n_recorded"] - count(key[answered], minlength=n_sessions)
    broken = _broken_by_trial(sessions, rules)
    for number, rule in enumerate(TRIAL_RULES, start=1):
        table[rule] = count(key[answered & (broken == number)], minlength=n_sessions)
    counted = answered & (broken == 0)
    table["n_kept"] = count(key[counted], minlength=n_sessions)
    table["catch_accuracy"] = _catch_accuracy(sessions, key, n_sessions)
    table["share_missing"] = 1 - table["n_kept"] / table["n_expected"].clip(lower=1)
    excluded_by, reasons = _sessions_excluded(table, rules, _begun_before(first))
    # As objects, since a column of texts would hold NaN in place of None.
    table["excluded_by"], table["reason"] = (
        pd.Series(each, table.index, dtype=object) for each in (excluded_by, reasons)
    )
    gone = table["excluded_by"].notna().to_numpy()
    table.loc[gone, "n_kept"] = 0
    kept = sessions[counted & ~gone[key]].reset_index(drop=True)
    return Exclusion(kept, table)


def _broken_by_trial(sessions: pd.DataFrame, rules: ExcludeSettings) -> np.ndarray:
    """Return for each trial the number of the first rule in `TRIAL_RULES` that excludes it, or 0."""
    times = sessions["response_time"].to_numpy(float)
    low = -np.inf if rules.min_response_time_s is None else rules.min_response_time_s
    high = np.inf if rules.max_response_time_s is None else rules.max_response_time_s
    bad_timing = ~sessions["timing_ok"].fillna(True).to_numpy(bool) & rules.timing_ok
    distracted = np.zeros(len(sessions), bool)
    if rules.focus:
        for name in ("focus_lost", "left_full_screen"):
            if name in sessions:  # only online sessions have these columns
                distracted |= sessions[name].fillna(0).to_numpy(int) > 0
    return np.select([bad_timing, distracted, times < low, times > high], [1, 2, 3, 4], default=0)


def _begun_before(first: pd.DataFrame) -> np.ndarray:
    """Return for each session how many others had been begun in the same browser; 0 in the lab."""
    if "earlier_sessions" not in first:
        return np.zeros(len(first), int)
    return first["earlier_sessions"].fillna(0).to_numpy(int)


def _catch_accuracy(sessions: pd.DataFrame, key: np.ndarray, n_sessions: int) -> np.ndarray:
    """Return the share of correct catch trials of each session; NaN where it has none."""
    asked = sessions["catch"].fillna(False).to_numpy(bool) & sessions["correct"].notna().to_numpy()
    right = sessions["correct"].fillna(False).to_numpy(bool)
    n_asked = np.bincount(key[asked], minlength=n_sessions)
    n_right = np.bincount(key[asked & right], minlength=n_sessions)
    return np.where(n_asked > 0, n_right / np.maximum(n_asked, 1), np.nan)


def _sessions_excluded(
    table: pd.DataFrame, rules: ExcludeSettings, begun_before: np.ndarray
) -> tuple[list[str | None], list[str | None]]:
    """Return for each session the rule that excludes it and why, in the order of the rules."""
    named = _named(table, rules.sessions)
    found: list[tuple[str | None, str | None]] = []
    for number, row in enumerate(table.to_dict("records")):
        catch, missing = row["catch_accuracy"], row["share_missing"]
        if number in named:
            found.append(("named", named[number]))
        elif rules.min_catch_accuracy is not None and catch < rules.min_catch_accuracy:
            found.append(("catch", f"{catch:.0%} of catch trials right"))
        elif rules.repeated and begun_before[number]:
            found.append(("repeated", f"{begun_before[number]} other session(s) in the same browser before"))
        elif rules.max_share_missing is not None and missing > rules.max_share_missing:
            found.append(("missing", f"{missing:.0%} of its trials missing"))
        else:
            found.append((None, None))
    return [rule for rule, _ in found], [reason for _, reason in found]


def _named(table: pd.DataFrame, named: Mapping[str, str]) -> dict[int, str]:
    """Return the reason for each session named in the study file: ``07``, or ``07/2``, one of several."""
    rows: dict[str, list[int]] = {}
    sessions = zip(table["participant"], table["session"], strict=True)
    for number, (participant, session) in enumerate(sessions):
        for name in (participant, f"{participant}/{session}") if session is not None else (participant,):
            rows.setdefault(name, []).append(number)
    plain_names = {name.removeprefix("sub-").replace("/ses-", "/"): reason for name, reason in named.items()}
    where = "[analyse.exclude] sessions"
    found = match_entries(list(plain_names), rows, where=where, what="session of this report")
    return {number: plain_names[entry] for entry, name in found.found.items() for number in rows[name]}
