"""The numbers that every report has, in plain values: ``results.json``, which the page is filled from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from analysis.data.exclusions import SESSION_RULES, TRIAL_RULES
from analysis.data.study_data import Evidence
from analysis.report.consistency_scores import Consistency
from analysis.report.content_labels import labels_content
from analysis.report.figures import NAMES_UP_TO
from analysis.report.methods import methods_content
from analysis.report.model_scores import ModelScores
from analysis.report.pictures import evenly_chosen
from analysis.report.plain_values import plain
from analysis.report.published import PUBLISHED
from analysis.settings import AnalyseSettings
from experiment.records import Kind
from model_eval.manifests import PoolManifest
from model_eval.records import Difficulty
from tricky.core.files import versions_of

EXAMPLES = 12
"""Images of each difficulty that are shown."""


def content_of(
    evidence: Evidence,
    models: ModelScores | None,
    found: Mapping[str, Any],
    settings: AnalyseSettings,
    title: str,
) -> dict[str, Any]:
    """Return the content of ``results.json``: its origins first, then the numbers, in the page's order.

    Parameters
    ----------
    evidence : Evidence
    models : ModelScores or None
    found : mapping
        What the task's observers did, as `Findings.content`; what stands under a name that all reports have
        joins it.
    settings : AnalyseSettings
    title : str
        The study's name.
    """
    content: dict[str, Any] = {
        "title": title,
        "task": evidence.stimulus_set.task,
        "made_from": evidence.made_from,
        "settings": {"analyse": settings.model_dump(mode="json")},
        "versions": versions_of(
            *("numpy", "scipy", "pandas", "statsmodels", "scikit-learn", "psignifit", "matplotlib", "pillow")
        ),
        "seed": evidence.seed,
        "published": PUBLISHED,
        "pool": _pool(evidence, models),
        "difficulty": _difficulty(evidence),
        "labels": labels_content(evidence),
        "examples_at_most": EXAMPLES,
        "examples": _examples(evidence),
        "sessions": _sessions(evidence),
        "exclusions": _exclusions(evidence, settings),
        "consistency": {"models": None if models is None else consistency_content(models.consistency)},
    }
    for name, numbers in found.items():
        content[name] = content[name] | numbers if name in content else numbers
    return plain(
        content
        | {"methods": methods_content(evidence), "lists": _lists(evidence), "stages": _stages(evidence)}
    )


def _sessions(evidence: Evidence) -> dict[str, Any]:
    return {
        "kind": str(evidence.kind),
        "simulated": evidence.kind == Kind.SIMULATED,
        "n": evidence.n_sessions,
        "n_incomplete": evidence.n_incomplete,
        "n_other_kind": evidence.n_other_kind,
        "n_other_set": evidence.n_other_set,
        "notes": list(evidence.notes),
        "n_interrupted": _n_sessions(evidence, "interrupted"),
        "n_forced": _n_sessions(evidence, "forced"),
        "labelled_anew": evidence.labelled_anew,
        "labels": None if evidence.relabelled is None else evidence.relabelled.name,
        "conditions": evidence.conditions,
        "stimulus_set": {"name": evidence.stimulus_set.name, "set_id": evidence.stimulus_set.set_id},
    }


def _n_sessions(evidence: Evidence, mark: str) -> int:
    sessions = evidence.recorded.drop_duplicates(["participant", "session"])
    return int(sessions[mark].fillna(False).sum())


def _exclusions(evidence: Evidence, settings: AnalyseSettings) -> dict[str, Any]:
    exclusion = evidence.exclusion
    table = exclusion.sessions
    return {
        "rules": settings.exclude.model_dump(mode="json", exclude_defaults=True),
        "n_sessions": exclusion.n_sessions,
        "n_trials": exclusion.n_trials,
        "by_rule": {
            **{rule: int((table["excluded_by"] == rule).sum()) for rule in SESSION_RULES},
            **{rule: int(table[rule].sum()) for rule in TRIAL_RULES},
        },
        "n_unanswered": exclusion.n_unanswered,
        "sessions": table.assign(
            catch_accuracy=table["catch_accuracy"].astype(object).where(table["catch_accuracy"].notna(), None)
        ).to_dict("records"),
    }


def _pool(evidence: Evidence, models: ModelScores | None) -> dict[str, Any] | None:
    if evidence.decisions is None or models is None:
        return None
    manifest = evidence.manifests["decisions/pool.json"]
    assert isinstance(manifest, PoolManifest)
    keys = ("name", "source", "family", "weights", "n_parameters", "weights_sha256", "precision")
    accuracy = models.accuracy
    return {
        "images": manifest.images.source,
        "n_images": len(evidence.decisions.images),
        "device": manifest.device,
        "accuracy_mean": accuracy.mean(),
        "accuracy_low": accuracy.min(),
        "accuracy_high": accuracy.max(),
        "models": [
            {key: getattr(model, key) for key in keys} | {"accuracy": accuracy[model.name]}
            for model in manifest.models
            if model.name in accuracy.index
        ],
        "failures": evidence.decisions.failures,
        "n_skipped": len(manifest.images.skipped),
    }


def _difficulty(evidence: Evidence) -> dict[str, Any]:
    manifest = evidence.difficulty.manifest
    every = evidence.difficulty.images
    images = every.dropna(subset="difficulty")
    counts = {str(kind): int((images["difficulty"] == kind).sum()) for kind in Difficulty}
    histogram = (
        images.groupby(["n_correct", "difficulty"]).size().rename("n_images").reset_index().to_dict("records")
    )
    return {
        "images": manifest.images,
        "n_images": len(images),
        "n_not_labelled": len(every) - len(images),
        "n_models": int(images["n_models"].max()),
        "tolerance": manifest.tolerance,
        "counts": counts,
        "shares": {kind: count / len(images) for kind, count in counts.items()},
        "histogram": histogram,
    }


def _examples(evidence: Evidence) -> dict[str, list[dict[str, Any]]]:
    images = evidence.difficulty.images
    names = images.drop_duplicates("label").set_index("label")["class_name"]
    columns = ["image_id", "class_name", "n_correct", "n_models", "modal_prediction", "modal_share"]

    def rows(kind: Difficulty) -> list[dict[str, Any]]:
        chosen = evenly_chosen(images[images["difficulty"] == kind], EXAMPLES)[columns]
        modal_class = [names.get(label) for label in chosen["modal_prediction"]]
        return chosen.assign(modal_class=modal_class).to_dict("records")  # type: ignore[return-value]

    return {
        str(kind): rows(kind) for kind in (Difficulty.TRIVIAL, Difficulty.IN_BETWEEN, Difficulty.IMPOSSIBLE)
    }


def consistency_content(consistency: Consistency) -> dict[str, Any]:
    """Return the error consistency of a group of subjects, over all pairs and of each."""
    undefined, n = consistency.undefined, len(consistency.kappa)
    why = "; ".join(undefined) or ("there is one of them only" if n == 1 else None)
    one_pair = consistency.summary.n_pairs == 1
    return asdict(consistency.summary) | {
        "reason": None if consistency.summary.n_pairs else why,
        "sd_reason": "one pair has no spread" if one_pair else None,
        "undefined": [{"reason": reason, "n_pairs": n_pairs} for reason, n_pairs in undefined.items()],
        "subjects": list(consistency.kappa.index),
        # Nobody reads a million values here: tables/ holds the matrix, whatever its size.
        "kappa": consistency.kappa.to_numpy() if n <= NAMES_UP_TO else None,
        "kappa_reason": why,
    }


def _lists(evidence: Evidence) -> list[dict[str, Any]]:
    """Return how many entries of each list of the lab match the data, as the stages that read them found."""
    return [
        {"list": name, **counts.model_dump()}
        for manifest in (evidence.difficulty.manifest, evidence.stimulus_set.manifest)
        for name, counts in manifest.matched.items()
    ]


def _stages(evidence: Evidence) -> list[dict[str, Any]]:
    """Return where each stage's files come from, as its own manifest says."""
    return [
        {
            "manifest": name,
            "sha256": evidence.made_from[name],
            "seed": manifest.seed,
            "versions": manifest.versions,
            "settings": manifest.settings.model_dump(mode="json", exclude_unset=True),
        }
        for name, manifest in evidence.manifests.items()
    ]
