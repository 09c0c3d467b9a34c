"""What the terminal gets: text from people as it is, in any encoding."""

import io
import sys

import pytest

from tricky.cli import output
from tricky.cli.output import Styled, Table, literal, make_output_safe, progress, say, say_error

HOSTILE = "[/red] [bold]x :smile: \x1b[31m\r\n\t\x00 \u202eabc\u2066 \ufeff שלום é \ud800"
SHOWN = "[/red] [bold]x :smile: \\x1b[31m\\r\\n\\t\\x00 \\u202eabc\\u2066 \\ufeff שלום é \\ud800"


class Terminal(io.TextIOWrapper):
    """A stream in some encoding, which says that it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)

    def isatty(self) -> bool:
        return True

    def shown(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined]


@pytest.fixture
def terminal(monkeypatch):
    """Replace standard output by a terminal of 80 columns without colours, in an encoding."""

    def open_terminal(encoding="utf-8", **environment):
        stream = Terminal(encoding)
        monkeypatch.setattr(sys, "stdout", stream)
        for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in ({"TERM": "dumb"} | environment).items():
            monkeypatch.setenv(name, value)
        return stream

    return open_terminal


def test_nothing_in_a_line_or_a_cell_is_interpreted(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    say(HOSTILE)
    say(Styled(HOSTILE, "bold red"), HOSTILE)
    table = Table(HOSTILE, "b")
    table.row(HOSTILE, Styled(HOSTILE, "red"))
    table.show()
    with progress() as moved:
        moved(f"a: {HOSTILE}", 1, 2)
        moved(HOSTILE, 1, 2)
    say_error(HOSTILE)
    shown = capsys.readouterr()
    assert shown.out.count(SHOWN) == 8
    assert shown.err == f"tricky: {SHOWN}\n"
    assert "\x1b" not in shown.out


def test_joined_emoji_and_persian_spelling_stay_whole():
    assert literal("👩\u200d🔬 می\u200cخواهم") == "👩\u200d🔬 می\u200cخواهم"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "κ = .5 ± .1, 3 × 4 → 12 – für 日"),
        ("cp1252", "kappa = .5 ± .1, 3 × 4 -> 12 – für \\u65e5"),
        ("ascii", "kappa = .5 +/- .1, 3 x 4 -> 12 - f\\xfcr \\u65e5"),
        (None, "κ = .5 ± .1, 3 × 4 → 12 – für 日"),
    ],
)
def test_what_an_encoding_lacks_stays_readable(encoding, shown):
    assert literal("κ = .5 ± .1, 3 × 4 → 12 – für 日", encoding) == shown


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii", "shift_jis", "koi8-r"])
def test_tables_and_bars_are_printed_in_every_encoding(terminal, encoding):
    stream = terminal(encoding)
    table = Table("name", "κ")
    table.row("für 日 [/red]", "…")
    table.show()
    with progress() as moved:
        moved("für 日 [/red]", 1, 2)
        say("für 日 [/red]")
    shown = stream.shown()
    assert shown.count(literal("für 日 [/red]", encoding)) >= 3
    assert shown.splitlines()[0].split() == ["name", literal("κ", encoding)]


def test_columns_stay_aligned_where_characters_are_replaced(terminal):
    stream = terminal("ascii")
    table = Table("name", "n")
    table.row("日本", "1")
    table.row("a", "2")
    table.show()
    header, *rows = [line.rstrip() for line in stream.shown().splitlines()]
    assert {len(header), *map(len, rows)} == {len("\\u65e5\\u672c  1")}


def test_long_text_is_folded_in_a_terminal_and_never_shortened(terminal):
    stream = terminal()
    name = "x" * 300
    table = Table("name", "n", unfolded=("name",))
    table.row(name, "1")
    table.show()
    assert stream.shown().count("x") == 300
    say(name)
    assert name in stream.shown()


def test_a_pipe_gets_every_row_in_one_line(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    table = Table("path", "what", left=("what",))
    table.row("long/" * 50, "word " * 50)
    table.show()
    _, row = capsys.readouterr().out.splitlines()
    assert row.split("  ")[0] == "long/" * 50


def test_what_libraries_print_does_not_fail_for_a_character(monkeypatch):
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding="cp1252") for name in ("stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    make_output_safe()
    print("κ 日")
    print("κ 日", file=sys.stderr)
    for stream in streams.values():
        stream.flush()
        assert stream.buffer.getvalue().decode("cp1252").strip() == "kappa \\u65e5"  # type: ignore[attr-defined]


def test_without_any_output_nothing_fails(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    make_output_safe()
    say("nobody reads this")
    with progress() as moved:
        moved("nor this", 1, 1)


def test_lines_appear_above_the_bars_and_bars_leave_when_their_detail_is_done(terminal):
    stream = terminal()
    with progress() as moved:
        moved("a: first", 0, 2)
        assert output._bars is not None
        say("a line")
        moved("a: second", 2, 2)
    assert output._bars is None
    assert "a line" in stream.shown()
    assert stream.shown().splitlines()[-1].strip() == ""
