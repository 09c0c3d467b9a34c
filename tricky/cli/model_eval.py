"""``tricky train``, ``evaluate``, ``label``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tricky.cli.app import STAGES, app, open_study


@app.command(rich_help_panel=STAGES)
def train(
    context: typer.Context,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Train a recipe's conditions: one that ships with tricky, or a TOML file."
        ),
    ] = None,
    pool: Annotated[
        bool, typer.Option("--pool", help="Train the pool's models, though [train] names a recipe.")
    ] = False,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = None,
) -> None:
    """Give the pool's untrained models their weights; or train a recipe's conditions."""
    from tricky import console, stages
    from tricky.console.model_eval import print_conditions
    from tricky.core.errors import InputError
    from tricky.core.files import read_json

    study = open_study(context, train={"recipe": recipe}, evaluate={"device": device})
    settings = study.settings.train
    if recipe is not None and pool:
        raise InputError("--recipe trains conditions, --pool the pool's models: give one of them")
    if pool or not settings.describes_conditions:
        with console.progress() as progress:
            n_models = stages.train(study, progress, console.tell)
        if n_models:
            print(f"Weights in {study.training}. Next: tricky evaluate")
        else:
            print('Nothing to train: no model of the pool has weights = "train". Next: tricky evaluate')
        return
    with console.progress() as progress:
        stages.train_conditions(study, progress, console.tell)
    print_conditions(read_json(study.conditions / "conditions.json", "tricky train"))
    print(f"Decisions after every epoch, and weights, in {study.conditions}. Next: tricky dynamics")


@app.command(rich_help_panel=STAGES)
def evaluate(
    context: typer.Context,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = None,
) -> None:
    """Ask every model about every image, except those that models were trained on."""
    from tricky import console, stages
    from tricky.console.model_eval import print_pool
    from tricky.core.files import read_json

    study = open_study(context, evaluate={"device": device})
    with console.progress() as progress:
        stages.evaluate(study, progress, console.tell)
    print_pool(read_json(study.decisions / "pool.json", "tricky evaluate"))


@app.command(rich_help_panel=STAGES)
def label(
    context: typer.Context,
    tolerance: Annotated[int | None, typer.Option(help="Number of models that may dissent.")] = None,
    counts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", help="Label a table: image_id, n_correct, [label, class_name, n_models]."
        ),
    ] = None,
    models: Annotated[
        int | None,
        typer.Option(min=1, help="With --counts: number of models behind the table."),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER",
            help="Label nothing: hold the study's labels against those in OTHER, a study or its difficulty/.",
        ),
    ] = None,
) -> None:
    """Label every image trivial, in-between or impossible."""
    from model_eval.records import read_label_tables
    from tricky import stages
    from tricky.console.images import print_not_counted
    from tricky.console.model_eval import print_comparison, print_difficulty, print_pool_dependence
    from tricky.core.errors import InputError

    if models is not None and counts is None:
        raise InputError("--models goes with --counts: decisions made here know their models")
    if compare is not None:
        if counts is not None or tolerance is not None:
            raise InputError("--compare labels nothing: leave out --counts and --tolerance")
        study = open_study(context)
        print_comparison(*stages.compare_labels(study, compare))
        return
    study = open_study(context, label={"tolerance": tolerance})
    table = stages.label(study) if counts is None else stages.label_counts(study, counts, models)
    print_not_counted(table.manifest["not_counted"], study.difficulty / "difficulty.json")
    print_difficulty(table.manifest)
    if tables := read_label_tables(study.difficulty):
        print_pool_dependence(tables, table.manifest)
