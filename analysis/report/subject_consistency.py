"""Error consistency of the subjects of one group, observers or models: every pair, and a summary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.json_values import Inline, LeftOut
from analysis.report.style import NAMES_UP_TO
from analysis.statistics.error_consistency import (
    ConsistencySummary,
    error_consistency,
    summarise_pairs,
    why_undefined,
)


@dataclass(frozen=True)
class Consistency:
    """Error consistency of one group of subjects.

    Attributes
    ----------
    summary : ConsistencySummary
        Over all pairs.
    reason, sd_reason : str or None
        Why there is no mean, and why there is no standard deviation.
    undefined : list of dict
        Why pairs have no κ: `reason` and `n_pairs`, the most frequent reason first.
    subjects : list of str
        The most accurate first.
    kappa : ndarray or None, shape (n_subjects, n_subjects)
        None where there are more than `NAMES_UP_TO` subjects; the table of the report has all.
    kappa_reason : str or None
        Why values are undefined.
    matrix : DataFrame, subjects × subjects
        All values.
    """

    summary: Inline[ConsistencySummary]
    reason: str | None
    sd_reason: str | None
    undefined: list[dict[str, Any]]
    subjects: list[str]
    kappa: np.ndarray | None
    kappa_reason: str | None
    matrix: LeftOut[pd.DataFrame]


def table_of_pairs(kappa: pd.DataFrame, who: str) -> pd.DataFrame:
    """Return κ with one row for each two subjects, so that no name of a subject is the name of a column.

    Parameters
    ----------
    kappa : DataFrame, subjects × subjects
    who : str
        What a subject is: ``observer`` or ``model``.

    Returns
    -------
    DataFrame
        `who`, ``other_`` and `who`, `kappa`; in the order of `kappa`.
    """
    first, second = np.triu_indices(len(kappa), k=1)
    names = kappa.index.to_numpy()
    values = kappa.to_numpy(float)[first, second]
    return pd.DataFrame({who: names[first], f"other_{who}": names[second], "kappa": values})


def consistency_of(correct: np.ndarray, seen: np.ndarray, names: pd.Index) -> Consistency:
    """Return the error consistency of every two subjects.

    Parameters
    ----------
    correct, seen : ndarray of bool, shape (n_subjects, n_items)
    names : Index
        Of the subjects.
    """
    kappa = error_consistency(correct, seen)
    summary = summarise_pairs(kappa)
    undefined: list[tuple[str, int]] = []
    if summary.n_undefined:  # naming reasons takes a second for 1,000 subjects
        reasons = why_undefined(correct, seen)[np.triu_indices(len(kappa), k=1)]
        undefined = Counter(str(reason) for reason in reasons[reasons != ""]).most_common()
    why = "; ".join(reason for reason, _ in undefined) or ("there is only one" if len(kappa) == 1 else None)
    return Consistency(
        summary,
        reason=None if summary.n_pairs else why,
        sd_reason="one pair has no spread" if summary.n_pairs == 1 else None,
        undefined=[{"reason": reason, "n_pairs": n_pairs} for reason, n_pairs in undefined],
        subjects=[str(name) for name in names],
        kappa=kappa if len(kappa) <= NAMES_UP_TO else None,
        kappa_reason=why,
        matrix=pd.DataFrame(kappa, names, names),
    )
