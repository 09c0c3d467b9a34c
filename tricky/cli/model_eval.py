"""``tricky train``, ``evaluate``, ``label``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tricky.cli.app import STAGES, TOLERANCE, TRUST, app, open_study
from tricky.cli.images import show_not_counted
from tricky.cli.output import Styled, Table, notify, progress, say
from tricky.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from model_eval.label.compare_labels import Comparison
    from model_eval.manifests import DifficultyManifest, PoolManifest
    from model_eval.training_manifests import ConditionsManifest


@app.command(rich_help_panel=STAGES)
def train(
    context: typer.Context,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Train the conditions of a recipe: one of tricky's own, or a TOML file."
        ),
    ] = None,
    pool: Annotated[
        bool, typer.Option("--pool", help="Train the models of the pool even if \\[train] names a recipe.")
    ] = False,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = None,
) -> None:
    """Train the models of the pool that need training, or the conditions of a recipe."""
    from model_eval.epoch_decisions import MADE_BY, MANIFEST
    from model_eval.training_manifests import ConditionsManifest
    from tricky.core.manifests import read_manifest

    study = open_study(context, train={"recipe": recipe}, evaluate={"device": device})
    settings = study.settings.train
    if recipe is not None and pool:
        raise InputError("--recipe trains conditions, --pool the pool's models: give one of them")
    if pool or not settings.describes_conditions:
        with progress() as moved:
            n_models = study.train(moved, notify)
        if n_models:
            say(f"Weights in {study.training}. Next: tricky evaluate")
        else:
            say('Nothing to train: no model of the pool has weights = "train". Next: tricky evaluate')
        return
    with progress() as moved:
        study.train_conditions(moved, notify)
    show_conditions(read_manifest(study.conditions / MANIFEST, ConditionsManifest, MADE_BY))
    say(f"Decisions after every epoch, and weights, in {study.conditions}. Next: tricky dynamics")


@app.command(rich_help_panel=STAGES)
def evaluate(
    context: typer.Context,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help=TRUST)] = False,
) -> None:
    """Run every model on every image, except those that models were trained on."""
    from model_eval.decisions import read_pool

    study = open_study(context, evaluate={"device": device})
    with progress() as moved:
        study.evaluate(moved, notify, trust=trust)
    show_pool(read_pool(study.decisions))


@app.command(rich_help_panel=STAGES)
def label(
    context: typer.Context,
    tolerance: Annotated[int | None, typer.Option(help=TOLERANCE)] = None,
    counts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Label a table of counts: image_id, n_correct, \\[label, class_name, n_models].",
        ),
    ] = None,
    models: Annotated[
        int | None,
        typer.Option(min=1, help="With --counts: number of models in the pool."),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER",
            help="Only compare the study's labels with those in OTHER, a study or its difficulty/.",
        ),
    ] = None,
) -> None:
    """Label every image trivial, in-between or impossible."""
    from model_eval.difficulty import read_label_tables

    if models is not None and counts is None:
        raise InputError("--models goes with --counts: a study's own decisions name their models")
    if compare is not None:
        if counts is not None or tolerance is not None:
            raise InputError("--compare does not label: leave out --counts and --tolerance")
        study = open_study(context)
        show_comparison(*study.compare_labels(compare))
        return
    study = open_study(context, label={"tolerance": tolerance})
    table = study.label() if counts is None else study.label_counts(counts, models)
    show_not_counted(table.manifest)
    show_difficulty(table.manifest)
    if tables := read_label_tables(study.difficulty):
        show_pool_dependence(tables, table.manifest)


def show_conditions(manifest: ConditionsManifest) -> None:
    """Print every condition with the results of its models, and the models that diverged."""
    table = Table("condition", "models", "epochs", "loss", "top-1")
    for condition in manifest.conditions:
        models = [each for each in manifest.models if each.condition == condition]
        if models:
            accuracies = sorted({f"{each.accuracies[-1]:.1%}" for each in models})
            table.row(
                condition,
                f"{len(models)}",
                f"{len(models[0].losses)}",
                f"{sum(each.losses[-1] for each in models) / len(models):.3f}",
                " to ".join(dict.fromkeys((accuracies[0], accuracies[-1]))),
            )
    table.show()
    for each in manifest.diverged:
        diverged = Styled(f"{each.name} diverged in epoch {each.epoch}", "bold red")
        say(diverged, ": it has no decisions")
    say(
        f"{manifest.training_images.n:,} training images, {manifest.images.n:,} evaluated after "
        f"every epoch, on {manifest.device}"
    )


def show_pool(pool: PoolManifest) -> None:
    """Print every model with its accuracy or why it has none, and how many images were skipped."""
    table = Table("model", "family", "parameters", "top-1", "near ties", left=("family",))
    for model in pool.models:
        if model.failure is None:
            results = [f"{model.accuracy:.1%}", f"{model.near_ties:,}"]
        else:
            results = [Styled("failed", "red")]
        table.row(model.name, model.family, f"{model.n_parameters:,}", *results)
    table.show()
    for name, failure in pool.failures.items():
        say(Styled(f"{name} failed", "red"), f": {failure}")
    images = pool.images
    say(f"{images.n:,} images of {images.source}, on {pool.device}")
    if images.skipped:
        say(
            Styled(f"{len(images.skipped):,} images can't be read", "red"),
            " and are left out for all models; `tricky images check` lists them",
        )


def show_difficulty(manifest: DifficultyManifest) -> None:
    """Print how many images are trivial, in-between and impossible, and why."""
    from tricky.core.matching import describe_matches

    sound = manifest.without_label_errors
    table = Table("difficulty", "share", "images", *(["without label errors", ""] if sound else []))
    for name, count in manifest.counts.by_name().items():
        cells = [f"{_share(count, manifest.n_images)}", f"{count:,}"]
        if sound:
            n_sound = sound.counts.by_name()[name]
            cells += [f"{_share(n_sound, sound.n_images)}", f"{n_sound:,}"]
        table.row(name, *cells)
    table.show()
    say(f"{manifest.n_images:,} images, {manifest.n_models} models, tolerance {manifest.tolerance}")
    if manifest.n_not_labelled:
        say(f"{manifest.n_not_labelled:,} further images were seen by too few models: n/a")
    if ties := manifest.near_ties:
        say(
            f"{ties.decisions:,} decisions between right and wrong are near ties, within numeric noise; "
            f"{ties.trivial:,} trivial and {ties.impossible:,} impossible labels depend on them"
        )
    for line in describe_matches({name: each.model_dump() for name, each in manifest.matched.items()}):
        say(line)
    if manifest.impossible:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in manifest.impossible.items())
        say(f"impossible: {reasons}")


def show_pool_dependence(tables: Mapping[str, pd.DataFrame], manifest: DifficultyManifest) -> None:
    """Print how stable labels are, and how the most influential model and family change them."""
    from model_eval.columns import LEAVE_ONE_OUT

    line = f"stability {manifest.mean_stability or 0:.1%} on average"
    if manifest.mean_stability_families is not None:
        line += f", {manifest.mean_stability_families:.1%} without each image's most influential family"
    say(line)
    left_out = tables[LEAVE_ONE_OUT].dropna(subset="n_relabelled")
    for what in ("model", "family"):
        rows = left_out[left_out["what"] == what]
        if what == "family":  # families of one model are among the models
            rows = rows[rows["n_models"] < manifest.n_models - 1]
        for row in rows.nlargest(1, "n_relabelled").to_dict("records"):
            trivial, impossible = 100 * row["trivial_change"], 100 * row["impossible_change"]
            say(
                f"without the {what} {row['left_out']}: {row['n_relabelled']:,.0f} images get another label, "
                f"trivial {trivial:+.1f}, impossible {impossible:+.1f} points"
            )


def show_comparison(found: Comparison, other: Path, moved: Path) -> None:
    """Print a 3 × 3 table of difficulties, and the rank correlation of the counts."""
    table = Table("this study ↓  other →", *found.counts.columns)
    for kind, row in found.counts.iterrows():
        table.row(str(kind), *(f"{n:,}" for n in row))
    table.show()
    say(
        f"{len(found.moved):,} of {found.n_images:,} images have another label (listed in {moved}); rank "
        f"correlation of the share of correct models: Spearman {found.spearman:.3f}, "
        f"Kendall {found.kendall:.3f}"
    )
    for n, where in ((found.n_only_one, "this study"), (found.n_only_other, str(other))):
        if n:
            say(f"left out: {n:,} images that are only in {where}")


def _share(n: int, of: int) -> str:
    return f"{n / of:.3%}" if of else "–"
