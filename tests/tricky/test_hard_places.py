"""A study works wherever a lab puts it, in whatever locale, and continues after it was moved."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from faults.chain import COMMANDS, write_study
from faults.harness import contents

CHAIN = ("train", "evaluate", "label", "stimuli build", "simulate", "analyse")
NAME = "Größe µ 'ß' – 画像 (copy) " + "long " * 25
"""With spaces, quotation marks, umlauts and other scripts, and as long as names of folders may be."""


def run(root: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tricky", *arguments],
        cwd=root,
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="backslashreplace")
    return done.stdout.decode(errors="strict")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study in a folder with a difficult name, which may only be read, made in the locale C."""
    parent = tmp_path_factory.mktemp("place") / NAME.strip()
    root = parent / "study"
    write_study(root)
    parent.chmod(0o555)
    for command in CHAIN:
        run(root, *COMMANDS[command], LC_ALL="C", LANG="C", TZ="Pacific/Apia")
    parent.chmod(0o755)
    return root


def test_a_study_in_a_difficult_place_is_made_in_the_locale_c(study: Path) -> None:
    assert (study / "report" / "report.html").is_file()
    assert not [path for path in study.parent.iterdir() if path != study]


def test_a_study_that_was_moved_is_up_to_date_and_gives_the_same_report(study: Path, tmp_path: Path) -> None:
    before = contents(study)
    moved = tmp_path / "elsewhere"
    shutil.copytree(study, moved)
    assert "out of date" not in run(moved, "status")
    run(moved, "analyse", TZ="America/Caracas", LC_ALL="C.UTF-8")
    assert contents(moved) == before
