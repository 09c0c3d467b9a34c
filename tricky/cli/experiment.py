"""``tricky calibrate``, ``doctor``, ``run``, ``simulate``, ``merge``, ``withdraw``, ``export``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tricky.cli.app import STAGES, app, open_study
from tricky.cli.output import Styled, Table, ask, progress, say
from tricky.core.errors import InputError

if TYPE_CHECKING:
    from experiment.interfaces import Question
    from experiment.session.preflight import Check
    from experiment.session.run import SessionSummary
    from tricky.study import Study


Windowed = Annotated[bool, typer.Option("--windowed", help="Use a window instead of the full screen.")]


@app.command(rich_help_panel=STAGES)
def run(
    context: typer.Context,
    participant: Annotated[
        str | None, typer.Option(help="The observer's id: letters and digits. Asked for if not given.")
    ] = None,
    session: Annotated[
        int | None, typer.Option(min=1, help="Number of the session, if there are several.")
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A participant field, such as age=31; may be repeated."),
    ] = None,
    no_dialog: Annotated[
        bool, typer.Option("--no-dialog", help="Ask in the terminal for what is not given.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Start even if a check failed; the data record it.")
    ] = False,
    windowed: Windowed = False,
) -> None:
    """Run one person's session; the same command continues it after an interruption."""
    done = _open(context, windowed).run(
        participant,
        session,
        fields=_fields(field or []),
        ask=ask_in_terminal if no_dialog else None,
        force=force,
        notify=say,
    )
    show_summary(done)


@app.command(rich_help_panel=STAGES)
def calibrate(
    context: typer.Context,
    distance: Annotated[
        float | None, typer.Option(min=10, max=1000, help="Eyes to screen in cm; asked for if not given.")
    ] = None,
) -> None:
    """Measure the screen with a bank card; later sessions of this study use the result."""
    study = open_study(context)
    measured, path = study.calibrate(_ask_distance_cm() if distance is None else distance)
    about = f"{measured.width_cm:g} cm wide, {measured.viewing_distance_cm:g} cm from the eyes"
    say(f"The picture is {about}: {path}")


@app.command(rich_help_panel=STAGES)
def doctor(context: typer.Context, windowed: Windowed = False) -> None:
    """Check stimulus set, folder, screen and keyboard, as `tricky run` does before each session."""
    checks = _open(context, windowed).doctor(say)
    show_checks(checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


@app.command(rich_help_panel=STAGES)
def simulate(
    context: typer.Context,
    observers: Annotated[int | None, typer.Option(help="Number of observers.")] = None,
    accuracy: Annotated[float | None, typer.Option(help="Proportion correct of their population.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of this run, instead of the study's.")] = None,
    visual: Annotated[
        bool, typer.Option("--visual", help="Use the real window and synthetic keys, in real time.")
    ] = False,
    windowed: Windowed = False,
) -> None:
    """Run sessions of simulated observers with known ability, by default without a screen."""
    study = open_study(
        context,
        simulate={"observers": observers, "accuracy": accuracy},
        study={"seed": seed},
        experiment={"monitor": {"full_screen": False} if windowed else None},
    )
    with progress() as moved:
        sessions = study.simulate(moved, visual=visual, notify=say)
    say(f"{len(sessions)} simulated sessions in {study.data}")


@app.command(rich_help_panel=STAGES)
def merge(
    context: typer.Context,
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR…", help="Studies of other machines, or their data folders.")
    ],
    rename: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OLD=NEW", help="Give a participant of the other study another id; may be repeated."
        ),
    ] = None,
    people_only: Annotated[
        bool, typer.Option("--people-only", help="Leave out simulated observers.")
    ] = False,
) -> None:
    """Merge the sessions, participants and consents of other machines into this study."""
    merged = open_study(context).merge(folders, _renames(rename or []), people_only=people_only)
    for note in merged.notes:
        say(Styled(note, "yellow"))
    say(
        f"{merged.n_added} sessions added, {merged.n_continued} continued, {merged.n_same} there already; "
        f"{merged.n_participants} participants"
    )


@app.command(rich_help_panel=STAGES)
def withdraw(
    context: typer.Context,
    participant: Annotated[str, typer.Argument(metavar="ID", help="The participant's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Remove a participant's data permanently; a later merge does not restore them."""
    study = open_study(context)
    held = study.look_up_participant(participant)
    if not held.words and held.withdrawn:
        say(f"sub-{held.participant} was withdrawn before; nothing of theirs is left")
    elif not yes:
        _confirm(f"Remove sub-{held.participant} ({held.words}) for good? Type yes: ")
    study.withdraw(participant)
    if held.words:
        say(f"sub-{held.participant} is withdrawn; removed: {held.words}")
    for line in study.mentions(held):
        say(Styled(line, "yellow"))


@app.command(rich_help_panel=STAGES)
def export(
    context: typer.Context,
    psych_ds: Annotated[
        Path,
        typer.Option("--psych-ds", metavar="DIR", help="Write all sessions to DIR as a Psych-DS data set."),
    ],
) -> None:
    """Export the sessions to another data standard; `data/` itself is valid BIDS."""
    tables = open_study(context).export_psych_ds(psych_ds, lambda line: say(Styled(line, "yellow")))
    say(f"{len(tables) - 1} sessions in {psych_ds}")


def ask_in_terminal(title: str, questions: Sequence[Question]) -> dict[str, str]:
    """Ask one question after the other, and repeat those with wrong answers; closed input is an empty answer.

    Raises
    ------
    InputError
        An answer is required, but the input is closed.
    """
    say(title)
    answers = {}
    for question in questions:
        hint = f" [{', '.join(question.choices)}]" if question.choices else ""
        hint += f" [{question.default}]" if question.default else ""
        while question.name not in answers:
            try:
                typed, is_open = ask(f"  {question.text}{hint}: "), True
            except EOFError:
                typed, is_open = "", False
                say()
            try:
                answers[question.name] = question.check(typed if typed.strip() else question.default)
            except InputError as error:
                if not is_open:
                    raise
                say(f"  {error}")
    return answers


def show_summary(done: SessionSummary) -> None:
    """Print how a session ended."""
    if not done.agreed:
        say(f"The participant did not agree to take part; only that was recorded, in {done.path}")
    elif done.complete:
        say(f"Session complete: {done.n_trials} trials in {done.path}")
    else:
        say(f"Session stopped after {done.n_trials} trials, kept in {done.path}; the same command continues.")


def show_checks(checks: Sequence[Check]) -> None:
    """Print what was checked, what was found, and what to do where it is not as it should be."""
    table = Table("check", "", "what was found", left=("", "what was found"))
    for check in checks:
        table.row(
            check.name, Styled("ok", "green") if check.ok else Styled("failed", "bold red"), check.found
        )
        if not check.ok:
            table.row("", "", Styled(check.advice, "bold red"))
    table.show()


def _open(context: typer.Context, windowed: bool) -> Study:
    return open_study(context, experiment={"monitor": {"full_screen": False} if windowed else None})


def _fields(given: list[str]) -> dict[str, str]:
    """Return what options ``--field NAME=VALUE`` say; a value is text as it was typed."""
    pairs = [text.partition("=") for text in given]
    for name, equals, _ in pairs:
        if not equals:
            raise InputError(f"--field {name}: no value; write --field {name}=VALUE")
    return {name.strip(): value for name, _, value in pairs}


def _renames(given: list[str]) -> dict[str, str]:
    """Return what options ``--rename OLD=NEW`` say."""
    renames: dict[str, str] = {}
    for text in given:
        old, equals, new = (each.strip().removeprefix("sub-") for each in text.partition("="))
        if not equals or not all(re.fullmatch("[A-Za-z0-9]+", each) for each in (old, new)):
            raise InputError(f"--rename {text}: write OLD=NEW, ids of letters and digits, such as 07=31")
        if old in renames:
            raise InputError(f"--rename {text}: {old} is renamed twice; give it one new id")
        renames[old] = new
    return renames


def _confirm(question: str) -> None:
    try:
        answer = ask(question)
    except EOFError:
        answer = ""
        say()
    if answer.strip().lower() not in ("yes", "y"):
        raise InputError("not withdrawn, everything is as it was; type yes, or give --yes")


def _ask_distance_cm() -> float:
    """Ask for the viewing distance until it is a number in range."""
    while True:
        try:
            typed = ask("Distance from the eyes to the screen in cm: ")
        except EOFError:
            raise InputError("no viewing distance, because the input is closed; add --distance CM") from None
        try:
            distance_cm = float(typed)
        except ValueError:
            distance_cm = float("nan")
        if 10 <= distance_cm <= 1000:
            return distance_cm
        say(f"  {typed!r} is no number from 10 to 1000")
