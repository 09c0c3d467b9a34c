"""Manifests and tables made up for tests: complete, so that their readers accept them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from model_eval.columns import DIFFICULTY_DTYPES
from model_eval.manifests import DifficultyManifest, PoolManifest
from stimuli.manifest import SetManifest, set_id_of
from tricky.core.files import sha256_of
from tricky.core.manifests import Manifest, write_manifest
from tricky.core.parquet import write_parquet

HASH = "0" * 64


def origins(**settings: Any) -> dict[str, Any]:
    """Return what every stage's manifest holds."""
    return {"made_from": {}, "settings": settings, "seed": 1, "versions": {"tricky-images": "0"}}


def write_pool(
    folder: Path, models: Sequence[Mapping[str, Any]], images: Mapping[str, Any] | None = None, **changes: Any
) -> Path:
    """Write ``pool.json``; each model needs a name, and its file's hash is found."""
    entries = []
    for model in models:
        name, table = model["name"], folder / f"{model['name']}.parquet"
        entry = {
            "name": name,
            "source": f"timm:{name}",
            "family": "",
            "weights": "pretrained",
            "weights_sha256": sha256_of(str(name)),
            "n_parameters": 123_456,
        }
        decided = {"accuracy": 0.5, "noise": 0.0, "near_ties": 0}
        decided["sha256"] = sha256_of(table) if table.is_file() else HASH
        entries.append(entry | ({} if "failure" in model else decided) | dict(model))
    table = folder / "images.parquet"
    about = {"sha256": sha256_of(table) if table.is_file() else HASH, "n": 0, "source": "drawn"}
    content = {
        **origins(pool={"models": []}),
        "images": about | dict(images or {}),
        "classes": [],
        "device": "cpu",
        "models": entries,
    }
    write_manifest(folder / "pool.json", PoolManifest, content | changes)
    return folder / "pool.json"


def difficulty_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with every column of ``difficulty.parquet``, those that are lacking without information."""
    empty: dict[str, Any] = {
        **{"label": 0, "class_name": "x", "n_models": 5, "n_correct": 0, "difficulty": "impossible"},
        **{"label_error": False, "stability": 1.0, "modal_prediction": -1, "modal_share": None},
        **{"modal_error": -1, "modal_error_share": None, "stability_families": None, "reason": None},
    }
    table = rows.assign(**{name: value for name, value in empty.items() if name not in rows})
    return table.astype(DIFFICULTY_DTYPES)


def write_difficulty(folder: Path, rows: pd.DataFrame, **changes: Any) -> Path:
    """Write ``difficulty/`` of rows that need no more than `image_id`."""
    table = difficulty_table(rows)
    write_parquet(folder / "difficulty.parquet", table)
    kinds = ("trivial", "in-between", "impossible")
    counts = {kind: int((table["difficulty"] == kind).sum()) for kind in kinds}
    content = {
        **origins(label={"tolerance": 1}),
        "sha256": sha256_of(folder / "difficulty.parquet"),
        "tables": {},
        "counts": counts,
        "n_images": sum(counts.values()),
        "n_not_labelled": len(table) - sum(counts.values()),
        "without_label_errors": None,
        "impossible": {},
        "mean_stability": None,
        "mean_stability_families": None,
        "n_models": int(table["n_models"].max()),
        "models": None,
        "tolerance": 1,
        "images": None,
        "near_ties": None,
    }
    write_manifest(folder / "difficulty.json", DifficultyManifest, content | changes)
    return folder / "difficulty.json"


def set_manifest(**changes: Any) -> SetManifest:
    """Return the manifest of a set of pairs."""
    content = {
        **origins(stimuli={}),
        "set_id": "0" * 16,
        "name": "main",
        "task": "2afc",
        "tables": {"items.tsv": HASH, "trials.tsv": HASH},
    }
    return SetManifest.model_validate_json(json.dumps({"schema_version": 1} | content | changes))


def write_set_manifest(folder: Path, stimuli: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """Write ``stimulus_set.json`` for the tables that are in `folder`; return the set's id."""
    tables = {name: sha256_of(folder / name) for name in ("items.tsv", "trials.tsv")}
    content = set_manifest(
        **{"set_id": set_id_of(tables), "name": folder.name, "tables": tables},
        **{"task": (stimuli or {}).get("task", "2afc"), "settings": {"stimuli": dict(stimuli or {})}},
    )
    write_manifest(
        folder / "stimulus_set.json",
        SetManifest,
        content.model_dump(mode="json", exclude_unset=True) | changes,
    )
    return content.set_id


def change(path: Path, model: type[Manifest], **changes: Any) -> None:
    """Change what a manifest says, as if it had been written so."""
    write_manifest(path, model, json.loads(path.read_text(encoding="utf-8")) | changes)
