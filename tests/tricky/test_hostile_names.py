"""Names with rich's markup and odd Unicode, in every command, on every terminal and in every pipe."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fuzz.studies import Names, finish, without_drawing
from typer.main import get_command

from tricky import cli
from tricky.cli.app import ORDER, app
from tricky.cli.output import literal

TWO_PARTS = unicodedata.normalize("NFD", "é")
NAMES = Names(
    study="pilot [final] é [/red]",
    image=f"[b]{TWO_PARTS} [1] ",
    classes=("[bold]x", f"b{TWO_PARTS}e [red]", "שלום 🙂"),
    families=("[/red]", "[bold]x", "é", "שלום", "🙂 fam"),
    groups=("[/red] hard", "[bold]easy é"),
    covariate="[bold]weight é",
    carried="licence [/red]",
    own="[final] é ",
)
FOLDER = f"pilot [final] {TWO_PARTS}"
FIRST_IMAGE = unicodedata.normalize("NFC", NAMES.image_id(0))

ENCODINGS = ("utf-8", "cp1252", "ascii")

COMMANDS: dict[str, tuple[tuple[str, ...], int, tuple[str, ...]]] = {
    "status": (("status",), 0, (FOLDER,)),
    "images check": (("images", "check"), 0, ("90 images of 3 classes",)),
    "pool show": (("pool", "show"), 0, NAMES.families),
    "pool show FILE": (("pool", "show", "{study}/[final] é pool.toml"), 0, NAMES.families),
    "pool show NONE": (("pool", "show", "[/red] é"), 2, ("[/red] é: no such pool",)),
    "train": (("train",), 0, ("Nothing to train",)),
    "label": (("label",), 0, ("label_errors: 2 of 2 entries match",)),
    "label --compare": (("label", "--compare", "{study}/difficulty"), 0, ()),
    "label --counts": (
        ("label", "--counts", "[/red] é.csv", "--models", "5"),
        2,
        ("[/red] é.csv: no such file",),
    ),
    "dynamics": (("dynamics",), 0, (FOLDER,)),
    "stimuli build": (("stimuli", "build", "main"), 0, (FOLDER, "28 images")),
    "stimuli build NONE": (("stimuli", "build", "[/red] é"), 2, ("no [stimuli.[/red] é]",)),
    "stimuli refresh": (("stimuli", "refresh", "main"), 0, (FOLDER, *NAMES.groups)),
    "stimuli check": (("stimuli", "check", "main"), 0, ("kept",)),
    "stimuli show": (("stimuli", "show", "main"), 0, (FOLDER,)),
    "stimuli orders": (
        ("stimuli", "orders", "main", "--observers", "2"),
        0,
        ("orders and places are balanced",),
    ),
    "simulate": (("simulate",), 0, (FOLDER,)),
    "run": (("run", "--participant", "[/red] é", "--no-dialog"), 2, ("[/red] é",)),
    "run --field": (("run", "--participant", "07", "--field", "[/red] é=1"), 2, ("[/red] é",)),
    "doctor": (("doctor",), 2, ("no screen to draw on",)),
    "calibrate": (("calibrate", "--distance", "60"), 2, ("no screen to draw on",)),
    "merge": (("merge", "{study}/[/red] é"), 2, ("[/red] é",)),
    "withdraw": (("withdraw", "[/red] é", "--yes"), 2, ("[/red] é",)),
    "withdraw ID": (("withdraw", "sim04", "--yes"), 0, ("sub-sim04 is withdrawn",)),
    "export": (("export", "--psych-ds", "{study}/[/red] é"), 0, (FOLDER, "[/red] é")),
    "analyse": (("analyse",), 0, (FOLDER,)),
    "analyse --compare-with": (("analyse", "--compare-with", "{study}/[bold] é"), 2, ("[bold] é",)),
    "power": (("power", "--observers", "2", "--trials", "4"), 0, (FOLDER,)),
    "import decisions": (("import", "decisions", "[/red] é.csv", "--replace"), 2, ("[/red] é.csv",)),
    "import sessions": (("import", "sessions", "[/red] é.csv"), 2, ("[/red] é.csv",)),
    "online invite": (("online", "invite", "2"), 0, ("/s/",)),
    "online serve": (("online", "serve", "--host", "[/red] é"), 2, ("[/red] é",)),
    "online status": (("online", "status"), 0, ("links",)),
    "init": (("init", "[/red] é"), 0, (FOLDER, "[/red] é")),
    "demo": (("demo", "."), 2, (FOLDER,)),
    "evaluate": (("evaluate", "--device", "[/red] é"), 2, ("[/red] é",)),
    "pool check": (("pool", "check", "--device", "[/red] é"), 2, ("[/red] é",)),
}
"""What it is → its arguments, its exit code, and what of the names it shows, as they are."""


class Output(io.TextIOWrapper):
    """A pipe or a terminal in some encoding, which fails for a character that the encoding lacks."""

    def __init__(self, encoding: str, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def shown(self) -> str:
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def nothing_drawn() -> Iterator[None]:
    with without_drawing():
        yield


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study in which everything that a lab may name has such a name."""
    with without_drawing():
        return finish(tmp_path_factory.mktemp("hostile") / FOLDER, "2afc", conditions=True, names=NAMES)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process, as `tricky` does; returns its exit code and what both streams got."""

    def call(root: Path, arguments: tuple[str, ...], encoding: str, columns: int | None = None):
        output, errors = (Output(encoding, terminal=columns is not None) for _ in range(2))
        for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv("DISPLAY", raising=False)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        monkeypatch.setenv("TERM", "xterm")  # a `dumb` one has 80 columns, whatever it says
        if columns is not None:
            monkeypatch.setenv("COLUMNS", str(columns))
        filled = [each.replace("{study}", str(root)) for each in arguments]
        monkeypatch.setattr(sys, "argv", ["tricky", "-C", str(root), *filled])
        monkeypatch.setattr(sys, "stdout", output)
        monkeypatch.setattr(sys, "stderr", errors)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), output.shown(), errors.shown()

    return call


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_shows_names_as_they_are_in_every_pipe(name, hostile, tmp_path, run) -> None:
    arguments, code, shown = COMMANDS[name]
    for encoding in ENCODINGS:
        root = shutil.copytree(hostile, tmp_path / encoding / FOLDER, copy_function=os.link)
        ended, printed, errors = run(root, arguments, encoding)
        assert ended == code, printed + errors
        for each in shown:
            assert literal(each, encoding) in printed + errors
        assert code != 2 or len(errors.splitlines()) == 1
        assert "\x1b" not in printed + errors


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_ends_in_the_same_way_on_a_narrow_terminal(name, hostile, tmp_path, run) -> None:
    arguments, code, _ = COMMANDS[name]
    for encoding in ("utf-8", "ascii"):
        root = shutil.copytree(hostile, tmp_path / encoding / FOLDER, copy_function=os.link)
        ended, printed, errors = run(root, arguments, encoding, columns=40)
        assert ended == code, printed + errors
        assert code != 2 or len(errors.splitlines()) == 1


def test_participants_called_like_columns_and_models_are_analysed(hostile, tmp_path, run) -> None:
    root = shutil.copytree(hostile, tmp_path / FOLDER)
    shutil.rmtree(root / "data")
    names = ("observer", "kappa", "alpha", "None")
    renames = [f"--rename=sim0{number}={name}" for number, name in enumerate(names, start=1)]
    code, _, errors = run(root, ("merge", str(hostile), *renames), "utf-8")
    assert code == 0, errors
    code, printed, errors = run(root, ("analyse",), "utf-8")
    assert code == 0, errors
    assert {line.split()[0] for line in printed.splitlines()} >= set(names)
    table = (root / "report/tables/observer_consistency.csv").read_text().splitlines()
    assert table[0] == "observer,other_observer,kappa"
    pairs = {frozenset(line.split(",")[:2]) for line in table[1:]}
    assert pairs == {frozenset(pair) for pair in itertools.combinations(names, 2)}


def test_every_command_is_among_them() -> None:
    """Of `demo`, which takes long, only the refusal."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert set(commands) == set(ORDER)
    paths = {
        f"{name} {part}".strip()
        for name, command in commands.items()
        for part in getattr(command, "commands", {"": command})
    }
    assert paths == {
        next(path for path in paths if " ".join(arguments).startswith(path))
        for arguments, _, _ in COMMANDS.values()
    }


def test_a_line_on_a_narrow_terminal_is_whole(hostile, run) -> None:
    _, printed, _ = run(hostile, ("status",), "utf-8", columns=40)
    assert f"{hostile}" in printed


PROCESSES = (
    (["status"], 0, "data"),
    (["stimuli", "build", "[/red] é"], 2, "no [stimuli.[/red]"),
    (["--help"], 0, "Usage"),
)
ENVIRONMENTS: dict[str, tuple[dict[str, str], int]] = {
    "cp1252": ({"PYTHONIOENCODING": "cp1252"}, 0),
    "ascii": ({"PYTHONIOENCODING": "ascii"}, 0),
    "C": ({"LC_ALL": "C"}, 0),
    # Here Python can't name the lab's files, and says so.
    "C without UTF-8": ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, 2),
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_process_shows_names_whatever_its_environment(name, hostile) -> None:
    environment, of_status = ENVIRONMENTS[name]
    for arguments, code, said in PROCESSES:
        done = subprocess.run(
            [sys.executable, "-m", "tricky", "-C", str(hostile), *arguments],
            env=os.environ | environment,
            capture_output=True,
            check=False,
        )
        printed = (done.stdout + done.stderr).decode("utf-8", errors="replace")
        assert done.returncode == (of_status if arguments == ["status"] else code), printed
        assert "Traceback" not in printed
        assert said in printed or done.returncode == of_status == 2
        assert "pilot [final] " in printed or arguments == ["--help"]


def test_free_text_that_no_encoding_has_is_refused_in_one_line(hostile, tmp_path) -> None:
    root = shutil.copytree(hostile, tmp_path / FOLDER)
    text = (root / "study.toml").read_text(encoding="utf-8")
    field = '\n[[experiment.participant_fields]]\nname = "note"\nquestion = "Note"\n'
    (root / "study.toml").write_text(text + field, encoding="utf-8")
    for environment in (
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"PYTHONIOENCODING": "utf-8:surrogateescape"},
    ):
        done = subprocess.run(
            [sys.executable, "-c", ASKING, str(root)],
            input=b"caf\xe9\n",
            env=os.environ | environment,
            capture_output=True,
            check=False,
        )
        printed = (done.stdout + done.stderr).decode("ascii", errors="replace")
        assert "Traceback" not in printed
        assert done.returncode == 2, printed
        assert "set the terminal to it" in printed or "set it to UTF-8" in printed


ASKING = """
import sys
from experiment.session.participant import Question, check_field
from experiment.settings import ParticipantField
from tricky.cli.experiment import ask_in_terminal
from tricky.core.errors import InputError
from tricky.cli.output import say_error
about = ParticipantField(name="note", question="Note", required=True)
try:
    ask_in_terminal("Who", [Question("note", "Note", lambda text: check_field(about, text))])
except InputError as error:
    say_error(str(error))
    sys.exit(2)
"""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, (*path, name))


@pytest.mark.parametrize(
    ("path", "command"), [pytest.param(*each, id=" ".join(each[0])) for each in commands(get_command(app))]
)
def test_the_help_of_a_command_shows_every_text_as_it_is(path, command, run, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 300)
    _, printed, _ = run(tmp_path, (*path, "--help"), "utf-8")
    shown = " ".join(printed.split())
    assert "\\[" not in shown
    texts = [param.help for param in command.params if getattr(param, "help", None)]
    for text in texts:
        assert " ".join(text.replace("\\[", "[").split()) in shown
