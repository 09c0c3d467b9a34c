"""Commands run in this process on a damaged study, and what must hold whatever the damage."""

from __future__ import annotations

import contextlib
import io
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer import Exit

from fuzz.studies import results
from tricky.cli import app
from tricky.core.errors import InputError

COMMANDS: dict[str, tuple[str, ...]] = {
    "status": ("status",),
    "label": ("label",),
    "stimuli check": ("stimuli", "check", "main"),
    "stimuli build": ("stimuli", "build", "main"),
    "stimuli show": ("stimuli", "show", "main"),
    "stimuli refresh": ("stimuli", "refresh", "main"),
    "simulate": ("simulate",),
    "analyse": ("analyse",),
    "export": ("export", "--psych-ds", "exported"),
    "dynamics": ("dynamics",),
    "images check": ("images", "check"),
    "pool show": ("pool", "show"),
}
"""What is run on damaged studies; no command that runs a network or opens a window."""

EDITED = ("study.toml", "pool.toml", "own.csv", "errors.txt", "deny.txt", "images/", "data/")
"""What people may edit: then numbers may change, and the change is in the provenance."""

KEPT = (".locks", ".images.parquet", ".covariates.parquet")


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit code, what it printed, and its error message."""

    code: int
    printed: str
    message: str | None


class TooSlowError(BaseException):
    """A command ran for longer than any study of this size needs."""


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `TooSlowError` after so many seconds."""

    def stop(*_: object) -> None:
        raise TooSlowError(f"still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run(root: Path, name: str, seconds: float = 120) -> Outcome:
    """Run a command on a study in this process; whatever isn't an `InputError` comes through."""
    arguments = [str(root / "exported") if each == "exported" else each for each in COMMANDS[name]]
    printed = io.StringIO()
    with limited(seconds), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            code = app(["-C", str(root), *arguments], standalone_mode=False)
        except InputError as error:
            return Outcome(2, printed.getvalue(), str(error))
        except Exit as end:
            code = end.exit_code
    return Outcome(int(code or 0), printed.getvalue(), None)


def problems(before: dict[str, Any], root: Path, damaged: str, outcome: Outcome) -> list[str]:
    """Return what is wrong with how a command ended: nothing, whatever the damage was, if all is well.

    Parameters
    ----------
    before : dict
        `results` of the undamaged study.
    root : Path
        The damaged study, after the command.
    damaged : str
        The damaged file, relative to `root`.
    outcome : Outcome
    """
    found = []
    if outcome.message is not None:
        if len(outcome.message.splitlines()) != 1 or "Traceback" in outcome.message:
            found.append(f"not one line: {outcome.message!r}")
        if len(outcome.message) > 2_000:
            found.append(f"a message of {len(outcome.message)} characters")
    left = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.name.endswith(".part") or (path.name.startswith(".") and path.name not in KEPT)
    ]
    own = Path(damaged).with_suffix("").as_posix()  # the damage may be a copy next to the file
    if unfinished := [each for each in left if not each.startswith(own)]:
        found.append(f"left behind: {unfinished[:3]}")
    if outcome.code == 0 and not damaged.startswith(EDITED):
        found += changed_numbers(before, root, damaged)
    return found


def changed_numbers(before: dict[str, Any], root: Path, damaged: str) -> list[str]:
    """Name the results that a successful command left with other numbers than the undamaged study's."""
    after = results(root, without=damaged)  # damaged results stay so until their own command runs
    return [f"{name} has changed" for name, each in before.items() if name in after and after[name] != each]
