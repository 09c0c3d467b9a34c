"""The command line: parse, call a stage, print. One module a room."""

from __future__ import annotations

import sys

from tricky.cli import analysis, experiment, images, model_eval, pool, stimuli, study
from tricky.cli.app import app
from tricky.core.errors import InputError

__all__ = ["analysis", "app", "experiment", "images", "main", "model_eval", "pool", "stimuli", "study"]


def main() -> None:
    """Run the command line; what is wrong with the input takes one line and ends with exit code 2."""
    try:
        app()
    except InputError as error:
        print(f"tricky: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\ntricky: stopped; what is finished is kept, and the same command goes on", file=sys.stderr)
        sys.exit(130)
