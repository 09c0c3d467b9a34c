"""Run a command with a fault, run it again, and compare the study with an undisturbed one."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from faults.chain import COMMANDS, PREPARED, write_study

HOOK = Path(__file__).parents[1] / "faults_hook"
KEPT = (".locks", ".images.parquet", ".covariates.parquet", "__pycache__")
"""What commands may leave besides their results: locks and caches."""
CODES = {
    "SIGKILL": {-signal.SIGKILL},
    "SIGINT": {130},
    "SIGTERM": {-signal.SIGTERM, 143},
    "ENOSPC": {2},
}
"""Faults, with the exit codes after each; 0 as well: it came after the last step, or in what may fail."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code and what it wrote to standard error."""

    code: int
    said: str


def run(root: Path, command: str, fault: str = "", timeout_s: float = 300) -> Ended:
    """Run a command of the chain in a study."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(HOOK), os.environ.get("PYTHONPATH", "")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TRICKY_FAULT": fault,
        "TRICKY_FAULT_STUDY": str(root),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tricky", *COMMANDS[command]],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Ended(done.returncode, done.stderr)


def contents(root: Path) -> dict[str, bytes]:
    """Return every file of a study, but for locks and caches, by its path; moments are blanked out."""
    return {
        path.relative_to(root).as_posix(): without_moments(path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file() and not any(part in KEPT for part in path.parts)
    }


def without_moments(content: bytes) -> bytes:
    """Replace dates with a time of day, which differ between two runs of a command."""
    return re.sub(rb"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)?", b"<moment>", content)


def processes_in(root: Path) -> list[int]:
    """Return the processes that were started in a study and are still there."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and f"TRICKY_FAULT_STUDY={root}".encode() in (
                process / "environ"
            ).read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:  # it has ended meanwhile, or is another user's
            continue
    return found


@dataclass
class Chain:
    """A small study before and after each of its commands.

    Attributes
    ----------
    folder : Path
        The study is always ``folder/study``, so that paths in its files are the same.
    n_steps : dict of str to int
        Command → number of changes to files that it makes.
    after : dict of str to dict of str to bytes
        Command → the files after it.
    """

    folder: Path
    n_steps: dict[str, int] = field(default_factory=dict)
    after: dict[str, dict[str, bytes]] = field(default_factory=dict)

    @property
    def study(self) -> Path:
        """The study that commands run in."""
        return self.folder / "study"

    @classmethod
    def made(cls, folder: Path, commands: list[str] | None = None) -> Chain:
        """Run every command once, undisturbed."""
        chain = cls(folder)
        write_study(chain.study)
        for command in COMMANDS if commands is None else commands:
            if command in PREPARED:
                prepare, name = PREPARED[command]
                prepare(chain.study, folder / name)
            shutil.copytree(chain.study, folder / "before" / command, symlinks=True)
            counted = folder / "counted"
            ended = run(chain.study, command, f"count {counted}")
            assert ended.code == 0, f"{command}: {ended.said}"
            chain.n_steps[command] = int(counted.read_text())
            chain.after[command] = contents(chain.study)
        return chain

    def restore(self, command: str) -> None:
        """Make the study what it was before a command."""
        shutil.rmtree(self.study)
        shutil.copytree(self.folder / "before" / command, self.study, symlinks=True)

    def interrupt(self, command: str, step: int, by: str) -> Iterator[str]:
        """Stop a command before one of its steps, or let it fail there; run it again; yield what is wrong."""
        self.restore(command)
        ended = run(self.study, command, f"{by} {step}")
        where = f"{command}, {by} before step {step} of {self.n_steps[command]}"
        if ended.code not in CODES[by] | {0}:
            yield f"{where}: exit code {ended.code}: {ended.said}"
        if "Traceback" in ended.said:
            yield f"{where}: {ended.said}"
        if ended.code == 2 and "No space left" not in ended.said:
            yield f"{where}: does not say that the disk is full: {ended.said}"
        deadline = time.monotonic() + 10
        while (left := processes_in(self.study)) and time.monotonic() < deadline:
            time.sleep(0.05)
        if left:
            yield f"{where}: still running: {left}"
        yield from (f"{where}: {each}" for each in self.continue_(command))

    def continue_(self, command: str) -> Iterator[str]:
        """Run a command again, and yield in what the study then differs from the undisturbed one."""
        ended = run(self.study, command)
        if ended.code != 0:
            yield f"the same command does not continue: {ended.said}"
            return
        yield from self.differences(command)

    def differences(self, command: str) -> Iterator[str]:
        """Yield in what the study differs from the undisturbed one."""
        expected, found = self.after[command], contents(self.study)
        for name in sorted(expected.keys() | found.keys()):
            if name not in found:
                yield f"{name} is missing"
            elif name not in expected:
                yield f"{name} is left over"
            elif found[name] != expected[name]:
                yield f"{name} differs"

    def fill(self, command: str, free_kib: int) -> Iterator[str]:
        """Run a command on a file system with little room, make room, run it again, and yield what is wrong.

        Needs the right to mount one.
        """
        where = f"{command}, {free_kib} KiB free"
        shutil.rmtree(self.study)
        self.study.mkdir()
        disk = ("mount", "-t", "tmpfs", "-o", "size=100m,mode=755", "tmpfs", self.study)
        subprocess.run(disk, check=True)
        try:
            shutil.copytree(self.folder / "before" / command, self.study, symlinks=True, dirs_exist_ok=True)
            filler = self.study / "filler"
            room = os.statvfs(self.study)
            with filler.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_bsize - 1024 * free_kib)
            ended = run(self.study, command)
            if ended.code not in (0, 2) or "Traceback" in ended.said:
                yield f"{where}: exit code {ended.code}: {ended.said}"
            if ended.code == 2 and "space" not in ended.said:
                yield f"{where}: does not say that the disk is full: {ended.said}"
            filler.unlink()
            if ended.code == 0:
                yield from (f"{where}: {each}" for each in self.differences(command))
            else:
                yield from (f"{where}: {each}" for each in self.continue_(command))
        finally:
            subprocess.run(("umount", "-l", self.study), check=True)
