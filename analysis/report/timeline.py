"""The order of an observer's trials in time, and response times that nobody recorded."""

from __future__ import annotations

import numpy as np
import pandas as pd


def in_time(sessions: pd.DataFrame) -> np.ndarray:
    """Return the position of each trial in time, within all trials of one observer."""
    order = sessions.sort_values(["session_key", "trial_index"], kind="stable").index
    place = pd.Series(np.arange(len(sessions)), order)
    return place.reindex(sessions.index).to_numpy()


def in_second_half(sessions: pd.DataFrame, observer: pd.Series) -> np.ndarray:
    """Return whether a trial is in the second half of its observer's trials, as `halves` splits them."""
    rank = pd.Series(in_time(sessions), sessions.index).groupby(observer).rank(method="first") - 1
    n_trials = observer.groupby(observer).transform("size")
    return (rank >= n_trials // 2).to_numpy()


def with_time_reasons(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the reason why median response times are missing, if any are.

    Imported sessions may have no times.
    """
    missing = table["median_response_time_s"].isna()
    if not missing.any():
        return table
    reason = pd.Series(None, table.index, dtype=object).where(~missing, "no response time is known")
    return table.assign(median_response_time_s_reason=reason)
