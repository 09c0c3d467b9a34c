"""The command line: parse, call a stage, print."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from tricky.study import Study


class InOrderOfStages(TyperGroup):
    """Lists commands in the order in which data flows; Typer alone would put `stimuli` last."""

    def list_commands(self, ctx: Any) -> list[str]:  # typer's own Context has moved between versions
        """Put `stimuli` behind `label`."""
        names = super().list_commands(ctx)
        names.insert(names.index("label") + 1, names.pop(names.index("stimuli")))
        return names


app = typer.Typer(
    name="tricky",
    cls=InOrderOfStages,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Which images are trivial and which impossible for CNNs, and can people tell?",
)
stimuli_app = typer.Typer(no_args_is_help=True, help="Build stimulus sets.")
app.add_typer(stimuli_app, name="stimuli", rich_help_panel="Stages")

STAGES = "Stages"
STUDY = "Study"


class Observers(StrEnum):
    """Whose sessions a report is about."""

    AUTO = "auto"
    PERSON = "person"
    SIMULATED = "simulated"


def main() -> None:
    """Run the command line; what is wrong with the input takes one line and ends with exit code 2."""
    from model_eval.artefacts import InputError

    try:
        app(standalone_mode=True)
    except InputError as error:
        print(f"tricky: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\ntricky: stopped; what is finished is kept, and the same command goes on", file=sys.stderr)
        sys.exit(130)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"tricky {version('tricky-images')}")
        raise typer.Exit


@app.callback()
def _front_door(
    context: typer.Context,
    directory: Annotated[
        Path,
        typer.Option("-C", metavar="DIR", help="Act on the study in DIR, or in a folder above."),
    ] = Path(),
    version: Annotated[  # noqa: ARG001 (typer calls _version)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = directory


def _open(context: typer.Context, **overrides: dict[str, Any]) -> Study:
    """Open the study, with the flags of this run in place of what its file says."""
    from tricky.study import open_study, override

    return override(open_study(context.obj), overrides)


@app.command(rich_help_panel=STUDY)
def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The new study's folder.")] = Path(),
) -> None:
    """Begin a study: write a commented study.toml."""
    from tricky.study import create_study

    study = create_study(context.obj / folder)
    print(f"{study.root / 'study.toml'} written. Edit it; `tricky status` says what to run.")


@app.command(rich_help_panel=STUDY)
def status(context: typer.Context) -> None:
    """Say for each stage what is there, and what is out of date."""
    from tricky import console
    from tricky.status import study_status

    study = _open(context)
    console.print_status(study.root, study_status(study))


@app.command(rich_help_panel=STUDY)
def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The study's folder.")] = Path("demo-study"),
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same numbers.")] = 1,
) -> None:
    """Do a whole study on handwritten digits, with simulated observers, in about a minute."""
    from tricky.demo import run_demo

    run_demo(context.obj / folder, seed)


@app.command(rich_help_panel=STAGES)
def train(context: typer.Context) -> None:
    """Give the pool's untrained models their weights."""
    from tricky import console, stages

    study = _open(context)
    with console.progress() as progress:
        stages.train(study, progress)
    print(f"Weights in {study.training}. Next: tricky evaluate")


@app.command(rich_help_panel=STAGES)
def evaluate(
    context: typer.Context,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = None,
) -> None:
    """Ask every model about every image, except those that models were trained on."""
    from model_eval.artefacts import read_json
    from tricky import console, stages

    study = _open(context, evaluate={"device": device})
    with console.progress() as progress:
        stages.evaluate(study, progress)
    console.print_pool(read_json(study.decisions / "pool.json", "tricky evaluate"))


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
) -> None:
    """Label every image trivial, in-between or impossible."""
    from model_eval.artefacts import InputError
    from tricky import console, stages

    if models is not None and counts is None:
        raise InputError("--models goes with --counts: decisions made here know their models")
    study = _open(context, label={"tolerance": tolerance})
    table = stages.label(study) if counts is None else stages.label_counts(study, counts, models)
    console.print_difficulty(table.manifest)


@stimuli_app.command("build")
def stimuli_build(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Which set: [stimuli.NAME] in study.toml.")] = "main",
    replace: Annotated[bool, typer.Option("--replace", help="Let a different set of that name go.")] = False,
) -> None:
    """Draw, pair and export the images that observers will see."""
    from tricky import console, stages

    study = _open(context)
    with console.progress() as progress:
        built = stages.build_stimuli(study, name, replace=replace, progress=progress)
    print(f"{len(built.trials)} trials, {len(built.items)} images in {built.folder} (id {built.set_id})")


@app.command(rich_help_panel=STAGES)
def run(
    context: typer.Context,
    participant: Annotated[str, typer.Option(help="The observer's id: letters and digits.")],
    session: Annotated[
        int | None, typer.Option(min=1, help="Which session, where there are several.")
    ] = None,
    windowed: Annotated[bool, typer.Option("--windowed", help="In a window, not the full screen.")] = False,
) -> None:
    """Run one person's session; the same command goes on after an interruption."""
    from tricky import stages

    study = _open(context, experiment={"monitor": {"full_screen": False} if windowed else None})
    done = stages.run(study, participant, session)
    if done.complete:
        print(f"Session complete: {done.n_trials} trials in {done.path}")
    else:
        print(f"Session stopped after {done.n_trials} trials, kept in {done.path}; the same command goes on.")


@app.command(rich_help_panel=STAGES)
def simulate(
    context: typer.Context,
    observers: Annotated[int | None, typer.Option(help="Number of observers.")] = None,
    accuracy: Annotated[float | None, typer.Option(help="Their population's proportion correct.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of this run, in place of the study's.")] = None,
) -> None:
    """Run sessions of simulated observers of known ability, without a screen."""
    from tricky import console, stages

    study = _open(context, simulate={"observers": observers, "accuracy": accuracy}, study={"seed": seed})
    with console.progress() as progress:
        sessions = stages.simulate(study, progress)
    print(f"{len(sessions)} simulated sessions in {study.data}")


@app.command(rich_help_panel=STAGES)
def analyse(
    context: typer.Context,
    observers: Annotated[
        Observers, typer.Option(help="auto: people, or simulated observers where there are no people.")
    ] = Observers.AUTO,
) -> None:
    """Score the observers and write the report."""
    from tricky import console, stages

    study = _open(context)
    results = stages.analyse(study, observers.value)
    console.print_accuracy(results)
    print(f"Report: {study.report / 'report.html'}")
