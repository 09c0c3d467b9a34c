"""The command line: each module parses commands, calls stages and prints; all output passes `output`."""

from __future__ import annotations

import sys

from typer import Abort, BadParameter

from tricky.cli import analysis, experiment, images, imports, model_eval, online, output, pool, stimuli, study
from tricky.cli.app import app
from tricky.core.errors import InputError

__all__ = [
    "analysis",
    "app",
    "experiment",
    "images",
    "imports",
    "main",
    "model_eval",
    "online",
    "pool",
    "stimuli",
    "study",
]

# Some versions of typer have a copy of click within them, so this class has no name to import it by.
_UsageError: type[Exception] = BadParameter.__bases__[0]

STOPPED = 130
"""Exit code after an interruption from the keyboard, as shells have it."""


def main() -> None:
    """Run the command line; wrong input takes one line on standard error and ends with exit code 2."""
    output.make_output_safe()
    try:
        code = app(standalone_mode=False)
    except InputError as error:
        output.say_error(str(error))
        code = 2
    except BrokenPipeError:
        output.discard()
        code = 1
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        output.say_error(f"{where}{error.strerror or error}; correct that, and run the same command again")
        code = 2
    except _UsageError as error:
        code = _explain_usage(error)
    except (KeyboardInterrupt, Abort):  # which of them, or the exit code, is typer's version's choice
        code = STOPPED
    if code == STOPPED:
        output.say_error("stopped; what is finished is kept, and the same command continues")
    sys.exit(code)


def _explain_usage(error: Exception) -> int:
    """Print in one line what is wrong with the arguments; return the exit code."""
    message = str(getattr(error, "format_message", error.__str__)()).strip()
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help, which is printed already
        return 2
    see = "" if context is None else f"; see `{context.command_path} --help`"
    output.say_error(message.rstrip(".") + see)
    return 2
