"""The only way to the terminal: text from people is shown literally, on any terminal and in any pipe.

Lines and cells are text, or `Styled` text.  Nothing within them is interpreted: no markup, no escape sequence
of terminals, no mark that changes the direction of writing.  What the encoding of the output lacks is
replaced by something readable.  Other modules of the command line import neither rich nor ``print``.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from rich import progress as rich_progress
from rich import table as rich_table
from rich.console import Console
from rich.text import Text

from tricky.core.errors import InputError
from tricky.core.progress import Progress

ERRORS = "tricky.readable"
"""Name of the error handler for characters that an output's encoding lacks."""

_IN_ASCII = {
    "\N{GREEK SMALL LETTER KAPPA}": "kappa",
    "\N{GREEK SMALL LETTER ALPHA}": "alpha",
    "\N{GREEK SMALL LETTER SIGMA}": "sigma",
    "\N{GREEK SMALL LETTER MU}": "mu",
    "\N{MICRO SIGN}": "mu",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{PLUS-MINUS SIGN}": "+/-",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{LEFTWARDS ARROW}": "<-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{PRIME}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{DEGREE SIGN}": " deg",
    "\N{SUPERSCRIPT TWO}": "^2",
    "\N{NO-BREAK SPACE}": " ",
}
"""Replacements of our own symbols in encodings that lack them; all other characters are shown as ``\\u…``."""

_JOINERS = "\u200c\u200d"
"""Invisible, but spelling in Persian and in joined emoji."""
_UNLIMITED = 10_000
"""Width of output that no terminal shows, in characters: nothing is folded."""
_LONGEST_UNFOLDED = 40
"""Cells up to this length, in characters, can be kept from being folded."""

_bars: Console | None = None
"""Where progress bars are, while there are any: lines are printed above them."""


@dataclass(frozen=True)
class Styled:
    """Text with a style of its own.

    Attributes
    ----------
    text : str
        Shown literally.
    style : str
        As rich names it: ``bold red``, ``dim`` …
    """

    text: str
    style: str


Part = str | Styled


def literal(text: str, encoding: str | None = "utf-8") -> str:
    r"""Return a text as one line that a terminal shows as it is.

    Control characters, line breaks and marks that change the direction of writing become ``\x1b``, ``\n``,
    ``\u202e``; so do, in words where we have them, characters that `encoding` lacks.
    """
    shown = "".join(map(_visible, text))
    return shown.encode(encoding or "utf-8", ERRORS).decode(encoding or "utf-8")


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    hidden = category in ("Cc", "Cs", "Zl", "Zp") or (category == "Cf" and character not in _JOINERS)
    return character.encode("unicode_escape").decode() if hidden else character


def _readable(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding lacks: an error handler of `codecs`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    shown = "".join(
        _IN_ASCII.get(each) or each.encode("ascii", "backslashreplace").decode() for each in lacking
    )
    return shown, error.end


codecs.register_error(ERRORS, _readable)


def make_output_safe() -> None:
    """Keep every output of this process from failing for a character, what libraries print included."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # others, of notebooks and tests, take any text
            stream.reconfigure(errors=ERRORS)


def say(*parts: Part, end: str = "\n") -> None:
    """Print one line, in its full length."""
    console = _console()
    console.print(_text(parts, console), soft_wrap=True, end=end)


def notify(line: str) -> None:
    """Print what a person should know before the results: above the progress bars, and kept."""
    say(Styled(line, "yellow"))


def discard() -> None:
    """Discard what is still to be printed, when the program that reads our output has ended (`| head`)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes what is left as it ends


def say_error(line: str) -> None:
    """Print one line to standard error, after the program's name."""
    shown = literal(f"tricky: {line}", getattr(sys.stderr, "encoding", None))
    print(shown, file=sys.stderr, flush=True)  # noqa: T201 - the one place that may


def ask(prompt: str) -> str:
    """Print a question and return the line that is typed.

    Raises
    ------
    EOFError
        Nobody is there to type.
    InputError
        What was typed is no text in the encoding of the terminal.
    """
    try:
        return input(literal(prompt, getattr(sys.stdout, "encoding", None)))
    except UnicodeDecodeError as error:
        raise InputError(
            f"what was typed is no text in {error.encoding}, the encoding of this terminal; set it to UTF-8 "
            "(LC_ALL=C.UTF-8, PYTHONIOENCODING=utf-8), then run the same command again"
        ) from None


class Table:
    """A table without lines, printed by `show`.

    Parameters
    ----------
    *columns : str
        Their headings.
    left : collection of str
        Columns of text; all others but the first hold numbers, which are aligned at their ends.
    unfolded : collection of str
        Columns that get their width first, where the terminal is narrow.
    """

    def __init__(self, *columns: str, left: Collection[str] = (), unfolded: Collection[str] = ()) -> None:
        self._columns = columns
        self._left = left
        self._unfolded = unfolded
        self._rows: list[tuple[Part, ...]] = []

    def row(self, *cells: Part) -> None:
        """Add a row; cells that are missing at its end are empty."""
        self._rows.append(cells)

    def show(self) -> None:
        """Print the table."""
        console = _console()
        table = rich_table.Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for place, column in enumerate(self._columns):
            longest = max((len(_plain(row[place])) for row in self._rows if len(row) > place), default=0)
            table.add_column(
                _text([column], console),
                justify="left" if place == 0 or column in self._left else "right",
                no_wrap=column in self._unfolded and longest <= _LONGEST_UNFOLDED,
                overflow="fold",
            )
        for row in self._rows:
            table.add_row(*(_text([cell], console) for cell in row))
        console.print(table)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show a bar for each thing that is under way; gives the callback that moves them.

    What is called ``NAME: DETAIL`` keeps its bar while details change, and leaves when it is done.
    """
    global _bars
    tasks: dict[str, rich_progress.TaskID] = {}
    console = _console()
    bars = rich_progress.Progress(
        rich_progress.TextColumn("{task.description}", markup=False),
        rich_progress.BarColumn(bar_width=32),
        rich_progress.MofNCompleteColumn(),
        _Rate(),
        rich_progress.TimeRemainingColumn(elapsed_when_finished=True),
        console=console,
    )

    def move(what: str, done: int, total: int) -> None:
        name, _, detail = what.partition(": ")
        shown = literal(what, console.encoding)
        if name not in tasks:
            tasks[name] = bars.add_task(shown, total=total)
        bars.update(tasks[name], completed=done, total=total, description=shown)
        if detail and done == total:
            bars.remove_task(tasks.pop(name))

    with bars:
        _bars = console
        try:
            yield move
        finally:
            _bars = None


class _Rate(rich_progress.ProgressColumn):
    """How many are done in a second: images of a model, say."""

    def render(self, task: rich_progress.Task) -> Text:
        """Return it for one bar; nothing before it can be known."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s" if speed >= 10 else f"{speed:.1f}/s", "dim")


def _console() -> Console:
    """Return the console that lines go to."""
    if _bars is not None:
        return _bars
    narrow = _is_terminal(sys.stdout) or "COLUMNS" in os.environ
    return Console(markup=False, emoji=False, highlight=False, width=None if narrow else _UNLIMITED)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _plain(part: Part) -> str:
    return part.text if isinstance(part, Styled) else part


def _text(parts: Collection[Part], console: Console) -> Text:
    text = Text()
    for part in parts:
        style = part.style if isinstance(part, Styled) else None
        text.append(literal(_plain(part), console.encoding), style)
    return text
