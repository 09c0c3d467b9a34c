"""``tricky import decisions``, ``sessions``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tricky.cli.app import import_app, open_study
from tricky.cli.output import Styled, Table, notify, progress, say
from tricky.core.errors import InputError

if TYPE_CHECKING:
    from experiment.import_sessions.import_sessions import ImportedSessions
    from model_eval.manifests import PoolManifest


class DecisionFormat(StrEnum):
    """The formats of decisions, as `model_eval.import_decisions.formats` declares them."""

    LONG = "long"
    PER_MODEL = "per-model"
    TIMM = "timm"
    EPOCHS = "epochs"
    NPY = "npy"
    MODEL_VS_HUMAN = "model-vs-human"


class Rows(StrEnum):
    """What the rows of an array are."""

    MODELS = "models"
    IMAGES = "images"


class Predictions(StrEnum):
    """What numbers are: indices or names of classes, or (in arrays) whether models are right."""

    INDEX = "index"
    NAME = "name"
    CORRECT = "correct"


class SessionFormat(StrEnum):
    """Formats of files of trials."""

    MODEL_VS_HUMAN = "model-vs-human"
    JSPSYCH = "jspsych"
    PSYCHOPY = "psychopy"
    TABLE = "table"


@import_app.command()
def decisions(
    context: typer.Context,
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE…", help="Files, or folders of files, of one format.")
    ],
    format_: Annotated[
        DecisionFormat | None, typer.Option("--as", help="Their format; by default the content says it.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=NAME",
            help="What a column is called, such as image=file (also model, prediction, correct, label, "
            "probability); may be repeated.",
        ),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The label of each image: a table of image and label.")
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="What classes 0, 1, 2 … are called; or imagenet-1k, or images."),
    ] = None,
    predictions: Annotated[
        Predictions | None, typer.Option(help="What numbers are, where both are possible.")
    ] = None,
    images: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The images of an array in its order, one a line; or sorted."),
    ] = None,
    models: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The models of an array in its order, one a line.")
    ] = None,
    rows: Annotated[Rows | None, typer.Option(help="What the rows of an array are.")] = None,
    epoch: Annotated[
        int | None,
        typer.Option(min=0, help="Of files for each epoch, the one to import; by default the last."),
    ] = None,
    n_models: Annotated[
        int | None,
        typer.Option("--n-models", min=1, help="For an array of means: the number of models they are over."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the decisions that are there.")] = False,
) -> None:
    """Write decisions/ from what others have published or measured: tables, arrays, timm's results."""
    study = open_study(context)
    with progress() as moved:
        written = study.import_decisions(
            [path.resolve() for path in sources],
            n_models=n_models,
            replace=replace,
            progress=moved,
            notify=notify,
            format=format_,
            columns=_columns(column or []),
            labels=None if labels is None else labels.resolve(),
            classes=_path_or_word(classes, ("imagenet-1k", "images")),
            predictions=predictions,
            images=_path_or_word(images, ("sorted",)),
            models=None if models is None else models.resolve(),
            rows=rows,
            epoch=epoch,
        )
    if n_models is not None:
        say(f"Counts in {written}. Next: tricky label --counts {written.name}")
        return
    from model_eval.decisions import read_pool

    show_imported(read_pool(study.decisions))
    say(f"Decisions in {study.decisions}. Next: tricky label")


@import_app.command()
def sessions(
    context: typer.Context,
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE…", help="Files, or folders of files, of one format.")
    ],
    format_: Annotated[
        SessionFormat | None, typer.Option("--as", help="Their format; by default their columns say it.")
    ] = None,
    set_name: Annotated[
        str, typer.Option("--set", metavar="NAME", help="Name of the stimulus set that is made of them.")
    ] = "imported",
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace all sessions that were imported with this set.")
    ] = False,
) -> None:
    """Write sessions that other programs recorded into data/; the section import.sessions says how."""
    study = open_study(context)
    if format_ is not None:
        content = study.settings.import_.sessions.model_dump() | {"format": format_.value}
        study = study.with_settings(where="command line", **{"import": {"sessions": content}})
    with progress() as moved:
        done = study.import_sessions(sources, set_name, replace=replace, progress=moved)
    show_sessions(done)


def show_sessions(done: ImportedSessions) -> None:
    """Print what was imported, what was left out, and what to do next."""
    for note in done.notes:
        say(Styled(note, "yellow"))
    say(
        f"{done.n_files} files in the format {done.format}: {done.n_trials:,} trials of {done.n_observers} "
        f"observers on {done.n_images:,} images, {done.n_labelled:,} of them with a difficulty"
    )
    there = f"; {done.n_same} were there already" if done.n_same else ""
    say(f"{done.n_new} sessions written to data/, with the set stimuli/{done.set_name}{there}")
    say(f"Next: tricky analyse --stimuli {done.set_name}")


def show_imported(pool: PoolManifest) -> None:
    """Print every model with its accuracy, and what is unknown."""
    assert pool.imported is not None
    table = Table("model", "top-1", "file", left=("file",))
    for model in pool.models:
        table.row(model.name, f"{model.accuracy:.1%}", model.source.removeprefix("import:"))
    table.show()
    about = pool.imported
    columns = ", ".join(f"{role} = {name}" for role, name in about.columns.items())
    say(f"format {about.format}" + (f": {columns}" if columns else ""))
    say(f"{pool.images.n:,} images, labels: {about.labels or 'unknown'}")
    if about.n_unknown_predictions:
        say(f"{about.n_unknown_predictions:,} wrong answers, of which the predicted class is unknown")
    if about.n_without_answer:
        say(f"{about.n_without_answer:,} rows without an answer are left out")


def _columns(given: list[str]) -> dict[str, str] | None:
    """Return the columns of ``--column ROLE=NAME``."""
    found: dict[str, str] = {}
    for each in given:
        role, separator, name = each.partition("=")
        if not (separator and role and name):
            raise InputError(f"--column {each}: expected ROLE=NAME, such as image=file")
        if role in found:
            raise InputError(f"--column {each}: {role} is named twice")
        found[role] = name
    return found or None


def _path_or_word(text: str | None, words: tuple[str, ...]) -> str | None:
    """Return a path from the folder of the command, or one of the words that have a meaning."""
    return text if text is None or text in words else str(Path(text).resolve())
