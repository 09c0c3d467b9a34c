"""Engine and journal together, over thousands of random histories of one session."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pair_table import PAIR_TABLE

from experiment.data.journal import Journal
from experiment.interfaces import NotSaved, Paused, Stopped
from experiment.pages import Page, PageName, PageText
from experiment.records import Ask, Choice, Response, ScheduledTrial, Side, Timing
from experiment.session.engine import EarlierRuns, run
from experiment.session.plan import schedule, steps


class Crash(Exception):  # noqa: N818 - as a power loss is none
    """The process is gone."""


@dataclass
class Fate:
    """What becomes of one attempt at a trial.

    `stop`, `pause` and `crash` come before the answer.  A power loss leaves so many bytes of the row,
    all of it (-1) included.  A full disk takes so many bytes of it, until somebody makes room or gives up.
    """

    kind: str
    side: Side = Side.LEFT
    n_bytes: int = 0
    tries: int = 1
    gives_up: bool = False


FATES = st.one_of(
    st.builds(
        Fate, st.sampled_from(["answer", "answer", "answer", "stop", "pause", "crash"]), st.sampled_from(Side)
    ),
    st.builds(Fate, st.just("power loss"), st.sampled_from(Side), st.integers(-1, 80)),
    st.builds(
        Fate, st.just("full"), st.sampled_from(Side), st.integers(0, 80), st.integers(1, 3), st.booleans()
    ),
)


class World:
    """Screen, person and disk in one, who follow a list of fates and then behave."""

    def __init__(self, fates: list[Fate]) -> None:
        self.fates = list(fates)
        self.fate = Fate("answer")
        self.failures, self.in_part = 0, False
        self.begun: list[int] = []
        self.page_on = PageName.WELCOME

    def start(self, elapsed_s: float) -> None: ...

    def get_ready(self) -> None: ...

    def page(self, page: Page) -> None:
        self.page_on = page.name

    def turn_page(self) -> None:
        if self.page_on is PageName.NOT_SAVED and self.fate.gives_up:
            raise Stopped

    def fixation(self, duration_s: float) -> None: ...

    def images(self, trial: ScheduledTrial) -> float:
        self.begun.append(trial.trial_index)
        return float(len(self.begun))

    def timing(self) -> Timing:
        return Timing()

    def feedback(self, correct: bool | None) -> None: ...

    def further(self, trial: ScheduledTrial, ask: Ask) -> None: ...

    def too_late(self) -> None: ...

    def fits(self, text: PageText) -> bool:  # noqa: ARG002
        return True

    def read(self, text: PageText) -> None: ...

    def question(self, ask: Ask) -> None: ...

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:  # noqa: ARG002
        self.fate = self.fates.pop(0) if self.fates else Fate("answer")
        self.failures, self.in_part = 0, False
        match self.fate.kind:
            case "stop":
                raise Stopped
            case "pause":
                raise Paused
            case "crash":
                raise Crash
        return Choice(self.fate.side, 0.5)

    def write(self, handle: int, data: bytes) -> int:
        """Stand in for the operating system's call."""
        fate = self.fate
        if fate.kind == "power loss":
            WRITE(handle, data[: fate.n_bytes] if fate.n_bytes >= 0 else data)
            raise Crash
        if fate.kind == "full" and (fate.gives_up or self.failures < fate.tries):
            if fate.n_bytes and not self.in_part:
                self.in_part = True
                return WRITE(handle, data[: fate.n_bytes])
            self.in_part = False
            self.failures += 1
            raise OSError(errno.ENOSPC, "No space left on device")
        return WRITE(handle, data)


WRITE = os.write


@pytest.fixture(scope="module")
def trials(make_set):
    return schedule(make_set(2, 6), "07")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("session")


@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fates=st.lists(FATES, max_size=25))
def test_whatever_happens_no_trial_is_lost_or_doubled_and_the_order_is_kept(
    trials, folder, monkeypatch, fates
):
    path: Path = folder / "beh.tsv"
    path.unlink(missing_ok=True)
    world, kept, ends = World(fates), [], []

    class Recorder:
        def record(self, response: Response) -> None:
            row = [str(response.trial.trial_index), response.trial.trial_id, str(response.choice.answer)]
            row += ["true" if resumed else "false"]
            if world.fate.kind == "power loss" and world.fate.n_bytes == -1:
                kept.append(row)  # it reaches the disk, although the call does not return
            journal.record(response)
            kept.append(row)

        def note(self, name: str, choice: Choice) -> None: ...

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", world.write)
        patched.setattr(os, "fsync", lambda _: None)
        complete = False
        while not complete:
            with Journal(path, trials, PAIR_TABLE) as journal, suppress(Stopped, NotSaved, Crash):
                assert journal.n_done == len(kept)
                resumed, again = journal.n_done > 0, ends.count(journal.n_done)
                course = steps(trials, journal.n_done, 2)
                run(
                    course,
                    world,
                    world,
                    Recorder(),
                    PAIR_TABLE.task,
                    inter_trial_interval_s=0,
                    earlier=EarlierRuns(resumed, again),
                )
            assert path.read_bytes().endswith(b"\n") or world.fate.kind in ("power loss", "full")
            ends.append(len(kept))
            complete = len(kept) == len(trials)
            world.fate = Fate("answer")
    cells = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    assert [[row[0], row[2], row[5], row[-1]] for row in cells] == kept
    assert all(row[-2] != "0" for row in cells if world.begun.count(int(row[0])) > 1)
    assert [row[:5] for row in cells] == [[str(t.trial_index), t.block, t.trial_id, *t.items] for t in trials]
