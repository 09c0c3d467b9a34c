"""How similar the groups of a set are, and how well low-level features predict the group."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

WORTH_A_WARNING = 0.1
"""|SMD| above which a covariate counts as unbalanced (Austin 2009, Stat. Med. 28, 3083)."""

FOLDS, REPEATS = 5, 4


def smd(first: np.ndarray, second: np.ndarray) -> float:
    """Return the standardised mean difference of two samples.

    d = (x̄₁ − x̄₂) / √((s₁² + s₂²) / 2) (Austin 2009, eq. 1). NaN where it is undefined: fewer than two
    values in a sample, or different means without variance; 0 where all values are the same.
    """
    if min(len(first), len(second)) < 2:
        return float("nan")
    spread = np.sqrt((np.var(first, ddof=1) + np.var(second, ddof=1)) / 2)
    difference = np.mean(first) - np.mean(second)
    if spread == 0:
        return 0.0 if difference == 0 else float("nan")
    return float(difference / spread)


def overlap(first: pd.Series, second: pd.Series) -> float:
    """Return the overlap of two distributions of names, Σ min(p₁, p₂): 1 where they are the same."""
    shares = pd.concat([first.value_counts(normalize=True), second.value_counts(normalize=True)], axis=1)
    return float(shares.fillna(0).min(axis=1).sum())


def balance_table(
    before: pd.DataFrame, after: pd.DataFrame, groups: tuple[str, ...], covariates: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Compare every two groups on every covariate.

    Parameters
    ----------
    before, after : DataFrame
        All eligible images, and those of the set: `group`, `class_name`, and covariates. A covariate that
        `before` lacks has no value there.

    Returns
    -------
    list of dict
        `covariate`, `groups` (two), `statistic` (``smd``, or ``overlap`` for classes), `before`, `after`;
        None where it is undefined.
    """
    table = []
    for one, two in combinations(groups, 2):
        for name in ("class_name", *covariates):
            values: dict[str, float | None] = {}
            for when, rows in (("before", before), ("after", after)):
                if name not in rows:
                    values[when] = None
                    continue
                pair = [rows.loc[rows["group"] == group, name] for group in (one, two)]
                if name == "class_name":
                    values[when] = _rounded(overlap(*pair))
                else:
                    values[when] = _rounded(smd(*(each.dropna().to_numpy(dtype=float) for each in pair)))
            statistic = "overlap" if name == "class_name" else "smd"
            table.append({"covariate": name, "groups": [one, two], "statistic": statistic, **values})
    return table


def classify_by_features(
    rows: pd.DataFrame, covariates: tuple[str, ...], rng: np.random.Generator
) -> dict[str, Any] | None:
    """Return how well a simple classifier predicts the group from the covariates alone.

    Logistic regression on standardised covariates, with stratified fivefold cross-validation repeated four
    times; the area under the ROC curve, averaged over folds (for more than two groups: one against the rest,
    averaged over groups). Chance is .5; cross-validation of well balanced groups gives less, since the test
    fold of a balanced whole differs in the opposite direction from its training folds. `rng` assigns the
    folds.

    Returns
    -------
    dict or None
        `auc`; `chance_sd`, the SD of the AUC of this many images under the null hypothesis,
        √((n₁ + n₂ + 1) / (12 n₁ n₂)) (Hanley & McNeil 1982; two groups only); `covariates`.
        None where a group has fewer images than there are folds, or no covariate varies.
    """
    names = [
        name
        for name in covariates
        if name in rows and rows[name].notna().all() and rows[name].max() > rows[name].min()
    ]
    sizes = rows["group"].value_counts()
    if not names or len(sizes) < 2 or sizes.min() < FOLDS:
        return None
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = rows.sort_index()
    fold_seed = int(rng.integers(2**31))
    scores = cross_val_score(
        make_pipeline(StandardScaler(), LogisticRegression()),
        rows[names].to_numpy(dtype=float),
        rows["group"].to_numpy(dtype=str),
        scoring="roc_auc" if len(sizes) == 2 else "roc_auc_ovr",
        cv=RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=fold_seed),
    )
    chance_sd = None
    if len(sizes) == 2:
        n1, n2 = (int(n) for n in sizes)
        chance_sd = _rounded(((n1 + n2 + 1) / (12 * n1 * n2)) ** 0.5)
    return {"auc": _rounded(scores.mean()), "chance_sd": chance_sd, "covariates": names}


def unbalanced(table: list[dict[str, Any]], covariates: tuple[str, ...]) -> list[str]:
    """Return a warning for each of `covariates` whose difference is undefined or too large."""
    warnings = []
    for row in table:
        if row["statistic"] != "smd" or row["covariate"] not in covariates:
            continue
        if row["after"] is None or abs(row["after"]) > WORTH_A_WARNING:
            one, two = row["groups"]
            value = "not defined" if row["after"] is None else f"{row['after']:+.2f}"
            warnings.append(f"{row['covariate']}: SMD of {one} and {two} is {value}, above {WORTH_A_WARNING}")
    return warnings


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
