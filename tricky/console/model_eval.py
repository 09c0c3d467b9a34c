"""What `tricky train`, `evaluate` and `label` show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from model_eval.records import LEAVE_ONE_OUT
from tricky.console import console, plain_table

if TYPE_CHECKING:
    import pandas as pd

    from model_eval.label.compare_labels import Comparison
    from model_eval.manifests import ConditionsManifest, DifficultyManifest, PoolManifest


def print_conditions(manifest: ConditionsManifest) -> None:
    """Print every condition with what came of its models, and those that diverged."""
    table = plain_table("condition", "models", "epochs", "loss", "top-1")
    for condition in manifest.conditions:
        models = [each for each in manifest.models if each.condition == condition]
        if models:
            accuracies = sorted({f"{each.accuracies[-1]:.1%}" for each in models})
            table.add_row(
                condition,
                f"{len(models)}",
                f"{len(models[0].losses)}",
                f"{sum(each.losses[-1] for each in models) / len(models):.3f}",
                " to ".join(dict.fromkeys((accuracies[0], accuracies[-1]))),
            )
    console.print(table)
    for each in manifest.diverged:
        console.print(f"[bold red]{each.name} diverged in epoch {each.epoch}[/]: it has no decisions")
    console.print(
        f"{manifest.training_images.n:,} training images, {manifest.images.n:,} evaluated after "
        f"every epoch, on {manifest.device}"
    )


def print_pool(pool: PoolManifest) -> None:
    """Print every model with its accuracy or why it has none, and what became of the images."""
    table = plain_table("model", "family", "parameters", "top-1", "near ties")
    table.columns[1].justify = "left"
    for model in pool.models:
        answered = [f"{model.accuracy:.1%}", f"{model.near_ties:,}"]
        cells = answered if model.failure is None else ["[red]failed[/]", ""]
        table.add_row(model.name, model.family, f"{model.n_parameters:,}", *cells)
    console.print(table)
    for name, failure in pool.failures.items():
        console.print(f"[red]{name} failed[/]: {escape(failure)}", soft_wrap=True)
    images = pool.images
    console.print(f"{images.n:,} images of {images.source}, on {pool.device}")
    if images.skipped:
        console.print(
            f"[red]{len(images.skipped):,} images can't be read[/] and are left out for all models; "
            "`tricky images check` lists them"
        )


def print_difficulty(manifest: DifficultyManifest) -> None:
    """Print how many images are trivial, in-between and impossible, and why they are."""
    sound = manifest.without_label_errors
    table = plain_table("difficulty", "share", "images", *(["without label errors", ""] if sound else []))
    for name, count in manifest.counts.by_name().items():
        cells = [f"{_share(count, manifest.n_images)}", f"{count:,}"]
        if sound:
            n_sound = sound.counts.by_name()[name]
            cells += [f"{_share(n_sound, sound.n_images)}", f"{n_sound:,}"]
        table.add_row(name, *cells)
    console.print(table)
    console.print(f"{manifest.n_images:,} images, {manifest.n_models} models, tolerance {manifest.tolerance}")
    if manifest.n_not_labelled:
        console.print(f"{manifest.n_not_labelled:,} further images were seen by too few models: n/a")
    if ties := manifest.near_ties:
        console.print(
            f"{ties.decisions:,} decisions between right and wrong are near ties, within numeric noise; "
            f"{ties.trivial:,} trivial and {ties.impossible:,} impossible labels hang on them",
            soft_wrap=True,
        )
    if manifest.impossible:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in manifest.impossible.items())
        console.print(f"impossible: {reasons}")


def print_pool_dependence(tables: Mapping[str, pd.DataFrame], manifest: DifficultyManifest) -> None:
    """Print how sure labels are, and what they owe to the model and the family that change them most."""
    line = f"stability {manifest.mean_stability or 0:.1%} on average"
    if manifest.mean_stability_families is not None:
        line += f", {manifest.mean_stability_families:.1%} without the family that an image hangs on most"
    console.print(line)
    left_out = tables[LEAVE_ONE_OUT].dropna(subset="n_relabelled")
    for what in ("model", "family"):
        rows = left_out[left_out["what"] == what]
        if what == "family":  # of one model it was said already
            rows = rows[rows["n_models"] < manifest.n_models - 1]
        for row in rows.nlargest(1, "n_relabelled").to_dict("records"):
            trivial, impossible = 100 * row["trivial_change"], 100 * row["impossible_change"]
            console.print(
                f"without the {what} {row['left_out']}: {row['n_relabelled']:,.0f} images get another label, "
                f"trivial {trivial:+.1f}, impossible {impossible:+.1f} points",
                soft_wrap=True,
            )


def print_comparison(found: Comparison, other: Path, moved: Path) -> None:
    """Print a 3 × 3 table of difficulties, and how well the counts agree."""
    table = plain_table("here ↓  there →", *found.counts.columns)
    for kind, row in found.counts.iterrows():
        table.add_row(str(kind), *(f"{n:,}" for n in row))
    console.print(table)
    console.print(
        f"{len(found.moved):,} of {found.n_images:,} images moved (listed in {moved}); rank correlation of "
        f"the share of correct models: Spearman {found.spearman:.3f}, Kendall {found.kendall:.3f}",
        soft_wrap=True,
    )
    for n, where in ((found.n_only_one, "here"), (found.n_only_other, str(other))):
        if n:
            console.print(f"left out: {n:,} images only {where}", soft_wrap=True)


def _share(n: int, of: int) -> str:
    return f"{n / of:.3%}" if of else "–"
