"""Every number of a comparison in plain values: what ``dynamics.json`` holds and its page is filled from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.comparison import Compared, Findings, plain_subsets
from analysis.report.plain_values import plain
from analysis.statistics.subsets import LabelledBy, Subset, SubsetConsistency, order_of_models
from model_eval.records import Difficulty
from tricky.core.files import versions_of

PUBLISHED = {
    "trivial": 0.482,
    "impossible": 0.143,
    "in-between": 0.375,
    "kappa": 0.7,
    "accuracy": 0.6905,
    "flips": 0.1237,
}
"""Thirteen ways to train a ResNet-18 on ImageNet, epoch 90, strict labels (Meding et al. 2022)."""


def content_of(
    compared: Compared,
    found: Findings,
    representations: Mapping[str, np.ndarray],
    settings: dict[str, Any],
    title: str,
    seed: int,
) -> dict[str, Any]:
    """Return the content of ``dynamics.json``: its origins first, then the numbers, in the page's order."""
    tolerance = settings["label"]["tolerance"]
    n_models, n_images = compared.correct.shape
    n_right = compared.correct.sum(axis=0)
    counts = {str(kind): int((found.difficulty == kind).sum()) for kind in Difficulty}
    independent = found.independent
    alone = {
        "trivial": independent[n_models - tolerance :].sum() / n_images,
        "impossible": independent[: tolerance + 1].sum() / n_images,
    }
    content = {
        "title": title,
        "made_from": compared.made_from,
        "settings": settings,
        "seed": seed,
        "versions": versions_of("numpy", "scipy", "pandas", "statsmodels", "matplotlib"),
        "published": PUBLISHED,
        "folder": compared.folder,
        "source": compared.source,
        "n_images": n_images,
        "n_models": n_models,
        "n_conditions": None if compared.conditions is None else len(set(compared.conditions)),
        "last_common_epoch": None if compared.by_epoch is None else compared.by_epoch.shape[1] - 1,
        "dichotomy": asdict(found.dichotomy),
        "difficulty": {
            "tolerance": tolerance,
            "counts": counts,
            "shares": {kind: n / n_images for kind, n in counts.items()},
            "strict": {
                "trivial": float((n_right == n_models).mean()),
                "impossible": float((n_right == 0).mean()),
            },
            "independent": alone | {"in-between": 1 - alone["trivial"] - alone["impossible"]},
            "n_label_errors": {
                str(kind): int(compared.label_error[found.difficulty == kind].sum()) for kind in Difficulty
            },
            "histogram": [
                {
                    "n_correct": n,
                    "n_images": int((n_right == n).sum()),
                    "n_label_errors": int(compared.label_error[n_right == n].sum()),
                    "independent": float(independent[n]),
                }
                for n in range(n_models + 1)
            ],
        },
        "models": _models(compared, found),
        "conditions": _conditions(compared, found),
        "subsets": plain_subsets(found.subsets),
        "epochs": _epochs(compared, found),
        "right_for_good": _rows(found.right_for_good),
        "forgetting": _rows(found.forgetting),
        "representations": {
            layer: rows_beside_base(compared, matrix).to_dict("records")
            for layer, matrix in representations.items()
        },
        "classes": _rows(found.classes),
        "superclasses": _rows(found.superclasses),
        "noise": _rows(found.noise),
    }
    return plain(content)


def _rows(table: pd.DataFrame | None) -> list[dict[str, Any]] | None:
    return None if table is None else table.reset_index().to_dict("records")  # type: ignore[return-value]


def on_all(found: Findings) -> SubsetConsistency:
    """Return the consistency on all images."""
    return next(each for each in found.subsets if each.subset == Subset.ALL)


def on_in_between(found: Findings) -> SubsetConsistency:
    """Return the consistency on the images that the models other than the pair disagree about."""
    return next(
        each
        for each in found.subsets
        if each.subset == Subset.IN_BETWEEN and each.labelled_by == LabelledBy.OTHERS
    )


def ordered_kappa(compared: Compared, found: Findings, consistency: SubsetConsistency) -> pd.DataFrame:
    """Return κ with names, in the order that shows who resembles whom on in-between images."""
    order = order_of_models(on_in_between(found).kappa)
    names = np.array(compared.models)
    return pd.DataFrame(consistency.kappa, index=names, columns=names).iloc[order, order]


def _models(compared: Compared, found: Findings) -> list[dict[str, Any]]:
    """Return each model's numbers, in the order of `ordered_kappa`."""
    others = ~np.eye(len(compared.models), dtype=bool)

    def mean_with_others(consistency: SubsetConsistency) -> np.ndarray:
        return pd.DataFrame(np.where(others, consistency.kappa, np.nan)).mean(axis=1).to_numpy()

    in_between = found.difficulty == Difficulty.IN_BETWEEN
    table = pd.DataFrame(
        {
            "model": compared.models,
            "condition": compared.conditions or None,
            "accuracy": compared.correct.mean(axis=1),
            "accuracy_in_between": compared.correct[:, in_between].mean(axis=1)
            if in_between.any()
            else np.nan,
            "kappa_all": mean_with_others(on_all(found)),
            "kappa_in_between": mean_with_others(on_in_between(found)),
        }
    )
    ordered = table.iloc[order_of_models(on_in_between(found).kappa)]
    return ordered.to_dict("records")  # type: ignore[return-value]


def _conditions(compared: Compared, found: Findings) -> list[dict[str, Any]] | None:
    if not found.beside_base or compared.conditions is None:
        return None
    return [
        {
            "condition": each.condition,
            "difference": compared.differences.get(each.condition, {}),
            "models": [compared.models[row] for row in each.models],
            "values": each.kappa,
            "accuracy": each.accuracy,
            "trivial": each.both_right,
            "impossible": each.both_wrong,
            "in_between": each.one_right,
            "kappa": each.mean,
            "kappa_low": each.low,
            "kappa_high": each.high,
        }
        for each in found.beside_base
    ]


def _epochs(compared: Compared, found: Findings) -> list[dict[str, Any]] | None:
    if found.accuracy is None or found.flips is None:
        return None
    base = compared.base
    flips = np.column_stack([np.full(len(found.flips), np.nan), found.flips])
    return [
        {
            "epoch": epoch,
            "accuracy_mean": found.accuracy[:, epoch].mean(),
            "accuracy_base": None if base is None else found.accuracy[base, epoch],
            "flips_mean": flips[:, epoch].mean(),
            "flips_base": None if base is None else flips[base, epoch],
        }
        for epoch in range(found.accuracy.shape[1])
    ]


def rows_beside_base(compared: Compared, matrix: np.ndarray) -> pd.DataFrame:
    """Return for each condition how alike its models are to the base network by a matrix of all models."""
    if compared.conditions is None or compared.base is None:
        return pd.DataFrame(columns=["condition", "models", "values", "mean"])
    rows = []
    for condition in dict.fromkeys(compared.conditions):
        own = [k for k, name in enumerate(compared.conditions) if name == condition and k != compared.base]
        if own:
            values = matrix[compared.base, own]
            rows.append(
                {
                    "condition": condition,
                    "models": [compared.models[k] for k in own],
                    "values": values.tolist(),
                    "mean": values.mean(),
                }
            )
    return pd.DataFrame(rows)
