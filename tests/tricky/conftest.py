"""The command line as a process, as users start it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tricky() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command, whatever comes of it."""

    def call(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tricky", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)

    return call


@pytest.fixture(scope="session")
def succeed(tricky) -> Callable[..., str]:
    """Run a command that must end well, and return what it says."""

    def call(*arguments: str, cwd: Path) -> str:
        done = tricky(*arguments, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call
