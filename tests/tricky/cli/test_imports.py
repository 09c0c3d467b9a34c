"""What each command loads: only what it uses, so that it starts at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from fuzz.studies import finish, train, without_drawing

from tricky.cli import app

HEAVY = {
    *("numpy", "scipy", "pandas", "pyarrow", "PIL", "matplotlib", "jinja2", "sklearn", "statsmodels"),
    *("torch", "torchvision", "timm", "open_clip", "psychopy", "pymc", "bambi", "arviz"),
}
TABLES = {"numpy", "pandas", "pyarrow"}
SETS = TABLES | {"PIL", "scipy"}
REPORT = SETS | {"matplotlib", "jinja2", "sklearn", "statsmodels"}


class Command(NamedTuple):
    """How to run a command in a finished study, and the heavy libraries that it may load."""

    arguments: tuple[str, ...] = ()
    loads: frozenset[str] | set[str] = frozenset()


COMMANDS: dict[str, Command | None] = {
    "init": Command(("new",)),
    "status": Command(),
    "label": Command(("--counts", "counts.csv", "--models", "5"), TABLES | {"scipy"}),
    "import decisions": Command(("right.csv", "--replace"), TABLES | {"PIL"}),
    "images check": Command((), TABLES | {"PIL"}),
    "stimuli build": Command(("--replace",), SETS | {"sklearn"}),
    "stimuli check": Command((), SETS),
    "stimuli orders": Command((), {"numpy"}),
    "stimuli refresh": Command(("--as", "next"), SETS | {"sklearn"}),
    "stimuli show": Command((), SETS | {"matplotlib", "jinja2"}),
    "online invite": Command(("2",), {"numpy"}),
    "online status": Command((), {"numpy"}),
    "simulate": Command((), {"numpy"}),
    "import sessions": Command(("humans.csv",), SETS),
    "merge": Command(("other",)),
    "withdraw": Command(("sim01", "--yes")),
    "export": Command(("--psych-ds", "exported")),
    "analyse": Command((), REPORT),
    "power": Command(("--observers", "6", "--trials", "30"), SETS | {"matplotlib"}),
    "dynamics": Command((), REPORT),
    # These run models, or show something on a screen.
    **dict.fromkeys(("demo", "train", "evaluate", "pool show", "pool check"), None),
    **dict.fromkeys(("run", "calibrate", "doctor", "online serve"), None),
}
"""Every command. None: only its `--help` is run."""


def commands(group: Any, *before: str) -> Iterator[str]:
    """Yield the names of all commands, ``stimuli build`` for one in a group."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *before, name)
        else:
            yield " ".join((*before, name))


def loaded(*arguments: str, cwd: Path) -> set[str]:
    """Run a command, which must end well, and return the heavy libraries that it loaded."""
    program = (
        "import atexit, sys\n"
        f"show = lambda: print('loaded', *sorted({HEAVY!r} & sys.modules.keys()), file=sys.stderr)\n"
        "atexit.register(show)\n"
        f"sys.argv = {['tricky', *arguments]!r}\n"
        "from tricky.cli import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    last = done.stderr.splitlines()[-1].split()
    assert last[0] == "loaded"
    return set(last[1:])


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A small study after every stage that needs no network, and a data set to merge."""
    with without_drawing():
        study = finish(tmp_path_factory.mktemp("imports") / "study", "2afc")
    shutil.copytree(study / "data", study / "other")
    names = sorted(path.relative_to(study / "images").as_posix() for path in study.glob("images/*/*.png"))
    rows = [f"{name},net,{number % 2}" for number, name in enumerate(names)]
    (study / "right.csv").write_text("\n".join(["image,model,correct", *rows]) + "\n", encoding="utf-8")
    rows = [f"{name},{number % 6}" for number, name in enumerate(names)]
    (study / "humans.csv").write_text(
        "subj,session,trial,rt,object_response,category,condition,imagename\n"
        "subject-01,1,1,0.5,cat,cat,0,0001_x_s01_0_cat_10_a.png\n",
        encoding="utf-8",
    )
    (study / "counts.csv").write_text("\n".join(["image_id,n_correct", *rows]) + "\n", encoding="utf-8")
    return study


def test_every_command_is_listed_with_what_it_loads():
    assert sorted(commands(typer.main.get_command(app))) == sorted(COMMANDS)


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if command])
def test_a_command_loads_only_what_it_uses(finished, tmp_path, name):
    study = tmp_path / "study"
    shutil.copytree(finished, study)
    command = COMMANDS[name]
    assert command
    assert loaded(*name.split(), *command.arguments, cwd=study) <= command.loads


def test_the_status_of_controlled_training_loads_nothing_heavy(finished, tmp_path):
    study = tmp_path / "study"
    shutil.copytree(finished, study)
    train(study)
    file = study / "study.toml"
    file.write_text(file.read_text(encoding="utf-8") + '[train]\nrecipe = "small"\n', encoding="utf-8")
    assert loaded("status", cwd=study) == set()


def test_help_loads_nothing_heavy(tmp_path):
    assert loaded("--version", cwd=tmp_path) == set()
    program = (
        "import contextlib, io, sys\nfrom tricky.cli import app\n"
        f"for name in {[[], *(name.split() for name in COMMANDS)]!r}:\n"
        "    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as shown:\n"
        "        app([*name, '--help'])\n"
        "    assert 'Usage' in shown.getvalue(), name\n"
        f"print(*sorted({HEAVY!r} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
