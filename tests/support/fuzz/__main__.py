"""Fuzz every reader and every command: ``python -m fuzz --readers 98000 --commands 2000``."""

from __future__ import annotations

import argparse
import collections
import math
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from fuzz import commands, mutations
from fuzz.readers import READERS, Reader, fingerprint
from fuzz.studies import TASKS, finish, results, without_drawing
from fuzz.workspace import workspace
from tricky.core.errors import InputError

Report = Callable[[str, str], None]
"""Takes the kind of a finding and what led to it."""

SEAL = b'"content_sha256"'
"""Key of the hash that a manifest has over its content."""


def examples(n: int, number: int) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Run a function on `n` random inputs, the same for the same `number`."""

    def decorate(function: Callable[..., None]) -> Callable[[], None]:
        quiet = settings(
            max_examples=n,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        return seed(number)(quiet(given(st.data())(function)))

    return decorate


@contextmanager
def replaced(path: Path, content: bytes) -> Iterator[None]:
    """Let a file hold something else for a while."""
    before = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


def files_of(reader: Reader, root: Path) -> list[Path]:
    """Return the files that a reader is tried on."""
    return sorted(path for pattern in reader.files for path in root.glob(pattern))


def try_reader(name: str, root: Path, n: int, number: int, report: Report) -> int:
    """Give a reader `n` damaged files; return how many it refused."""
    reader, files, refused = READERS[name], files_of(READERS[name], root), 0
    before = fingerprint(reader.call(root)) if not reader.edited else None

    @examples(n, number)
    def once(data: st.DataObject) -> None:
        nonlocal refused
        path = data.draw(st.sampled_from(files))
        sound = path.read_bytes()
        content = data.draw(mutations.damaged(sound, path.suffix))
        # A manifest without its hash is one that another program wrote, whose numbers may be others.
        unsealed = SEAL in sound and SEAL not in content
        with replaced(path, content):
            found = examine(reader, root, None if unsealed else before)
        refused += found == "refused"
        if found not in ("", "refused"):
            report(f"{name}: {found}", f"{path.relative_to(root)} = {content[:300]!r}")

    once()
    return refused


def examine(reader: Reader, root: Path, before: object) -> str:
    """Return what is wrong with how a reader treats its files, ``refused``, or nothing."""
    try:
        with commands.limited(60):
            value = reader.call(root)
    except InputError as error:
        lines = len(str(error).splitlines())
        return "refused" if lines == 1 else f"a message of {lines} lines: {error}"
    except commands.TooSlowError as error:
        return str(error)
    except Exception:  # what the fuzzing looks for
        return "".join(traceback.format_exc().splitlines(keepends=True)[-8:])
    if before is not None and value is not None and fingerprint(value) != before:
        return "other content without an error"
    return ""


def try_commands(study: Path, scratch: Path, n: int, number: int, report: Report) -> collections.Counter[str]:
    """Run commands on `n` damaged copies of a study; return how they ended."""
    before = results(study)
    files = sorted(path.relative_to(study).as_posix() for path in study.rglob("*") if path.is_file())
    weights = [
        each for each in files if not each.startswith(("images/", "report/figures", "stimuli/main/im"))
    ]
    ended: collections.Counter[str] = collections.Counter()

    @examples(n, number)
    def once(data: st.DataObject) -> None:
        name, how, content = data.draw(mutations.mutation(weights * 5 + files, study))
        command = data.draw(st.sampled_from(sorted(commands.COMMANDS)))
        copy = scratch / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        mutations.linked_copy(study, copy)
        mutations.apply(copy, name, how, content)
        what = f"{command} after {how} of {name}: {content[:200]!r}"
        try:
            outcome = commands.run(copy, command)
        except commands.TooSlowError as error:
            report(f"{command}: {error}", what)
            return
        except Exception:  # what the fuzzing looks for
            report("".join(traceback.format_exc().splitlines(keepends=True)[-8:]), what)
            return
        ended["refused" if outcome.message else "ended well"] += 1
        for problem in commands.problems(before, copy, name, outcome):
            report(f"{command}: {problem}", what)

    once()
    return ended


def main() -> int:
    """Run and print what was found; return 1 where something was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=98_000, help="inputs over all readers")
    parser.add_argument("--commands", type=int, default=2_000, help="inputs through the command line")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only readers whose name contains this")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    found: dict[str, list[str]] = {}

    def report(kind: str, what: str) -> None:
        if kind not in found:
            print(f"FOUND {kind}\n    {what}", flush=True)
        found.setdefault(kind, []).append(what)

    started, n_inputs = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder, without_drawing():
        scratch = Path(folder)
        studies = [finish(scratch / task, task, conditions=task == "2afc") for task in TASKS]
        root = workspace(studies[0], scratch / "workspace")
        names = [name for name in READERS if asked.only in name]
        weights = sum(0.05 if READERS[name].slow else 1 for name in names)
        per_reader = math.ceil(asked.readers / weights)
        for number, name in enumerate(names) if asked.readers else ():
            n = per_reader // 20 if READERS[name].slow else per_reader
            refused = try_reader(name, root, n, asked.seed + number, report)
            n_inputs += n
            print(
                f"{name}: {n:,} inputs, {refused:,} refused, {time.monotonic() - started:.0f} s", flush=True
            )
        for number, study in enumerate(studies) if asked.commands else ():
            n = -(-asked.commands // len(studies))
            ended = try_commands(study, scratch, n, asked.seed + number, report)
            n_inputs += n
            print(f"commands on {study.name}: {n:,} inputs, {dict(ended)}", flush=True)
    n_found = sum(map(len, found.values()))
    print(f"{n_inputs:,} inputs, {n_found:,} of them found {len(found)} kinds of problem")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
