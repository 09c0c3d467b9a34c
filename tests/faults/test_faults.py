"""A few faults of each kind in every command that writes; `make faults` tries all of them.

Every test file of pytest-xdist makes the chain once; the steps are drawn by the command's name.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator

import pytest
import typer
from faults.chain import COMMANDS, ELSEWHERE, READERS
from faults.harness import CODES, Chain
from typer.core import TyperGroup

from tricky.cli import app

FREE_KIB = 8
"""Room on a disk that is almost full."""


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("faults").resolve()
    yield Chain.made(folder)
    shutil.rmtree(folder)


def test_every_command_is_tried_or_has_a_reason_why_not() -> None:
    def names(group: TyperGroup, before: str = "") -> Iterator[str]:
        for name, command in group.commands.items():
            if isinstance(command, TyperGroup):
                yield from names(command, f"{before}{name} ")
            else:
                yield before + name

    commands = typer.main.get_command(app)
    assert isinstance(commands, TyperGroup)
    assert sorted(names(commands)) == sorted([*COMMANDS, *ELSEWHERE, *READERS])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_stopped_anywhere_continues_and_leaves_nothing(chain: Chain, command: str) -> None:
    rng = random.Random(command)
    step = rng.randint(1, chain.n_steps[command])
    assert list(chain.interrupt(command, step, rng.choice(("SIGKILL", "SIGINT", "SIGTERM")))) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_one_line_and_the_command_continues_when_there_is_room(
    chain: Chain, command: str
) -> None:
    if os.geteuid() == 0:
        assert list(chain.fill(command, FREE_KIB)) == []
    else:  # only root may mount a small disk; files that cannot be opened are the next best thing
        assert list(chain.interrupt(command, 1, "ENOSPC")) == []


def test_the_harness_notices_what_is_left_and_what_differs(chain: Chain) -> None:
    """A harness that finds nothing must be able to."""
    assert set(CODES) == {"SIGKILL", "SIGINT", "SIGTERM", "ENOSPC"}
    command = "label"
    chain.restore(command)
    (chain.study / "difficulty").mkdir()
    (chain.study / "difficulty" / ".left.part").write_text("left over")
    (chain.study / "study.toml").write_text((chain.study / "study.toml").read_text() + "\n# changed\n")
    found = list(chain.continue_(command))
    assert "difficulty/.left.part is left over" in found
    assert "study.toml differs" in found
