"""A session whose process is killed again and again, at moments that nobody chose."""

from __future__ import annotations

import multiprocessing
import os
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from experiment.screen.content import Devices
from experiment.session.participant import Participant
from experiment.session.plan import schedule
from experiment.session.prepare import SessionSetup
from experiment.session.run import run_session
from experiment.settings import ExperimentSettings

N_KILLS = 20


def sit(make_tape, diary: Path, seed: int, setup: SessionSetup, participant: str) -> None:
    """Run a session whose observer takes milliseconds, and keep a diary of what was answered."""
    rng = np.random.default_rng(seed)
    pages = os.open(diary, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    class Quick(make_tape):
        def log(self, what: str, detail: object = None) -> None:
            time.sleep(rng.uniform(0, 0.001))
            if what == "choose":
                os.write(pages, f"{detail.trial_index}\n".encode())  # type: ignore[union-attr]

    class QuickScreen:
        @contextmanager
        def open_devices(self, content, first, notify):  # noqa: ARG002
            yield Devices(Quick(), Quick(), {"keyboard": "tape"})

    run_session(setup, Participant(participant), QuickScreen())


def test_twenty_kills_lose_at_most_the_trial_in_flight_and_change_nothing_about_the_rest(
    make_set, make_tape, tmp_path, dataset, bids_issues
):
    made, data = make_set(2, 58), tmp_path / "data"
    fork = multiprocessing.get_context("fork")
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")  # shown where the test fails
    rng = np.random.default_rng(seed)

    def start(participant: str):
        setup = SessionSetup(made.folder, data, ExperimentSettings(), dataset)
        seed = int(rng.integers(2**32))
        process = fork.Process(target=sit, args=(make_tape, tmp_path / participant, seed, setup, participant))
        process.start()
        return process

    def table(participant: str) -> Path:
        return data / f"sub-{participant}" / "beh" / f"sub-{participant}_task-harder_beh.tsv"

    began = time.monotonic()
    start("00").join()
    undisturbed_s = time.monotonic() - began
    kills, torn_sessions, number, kept = 0, 0, 1, b""
    while kills < N_KILLS:
        participant = f"{number:02d}"
        process = start(participant)
        time.sleep(rng.uniform(0, undisturbed_s))
        process.kill()
        process.join()
        kills += process.exitcode != 0
        now = table(participant).read_bytes() if table(participant).exists() else b""
        assert now.startswith(kept)
        n_rows = max(0, now.count(b"\n") - 1)
        diary = tmp_path / participant
        answered = set(diary.read_text().split()) if diary.exists() else set()
        assert n_rows <= len(answered) <= n_rows + 1
        torn_sessions += 0 < n_rows < 60
        if kills == N_KILLS // 2:
            assert bids_issues(data) == []
        number, kept = (number + 1, b"") if n_rows == 60 else (number, now)
    start(f"{number:02d}").join()
    assert torn_sessions, "no kill met a session between its first and its last trial"
    for each in range(number + 1):
        participant = f"{each:02d}"
        rows = [line.split("\t") for line in table(participant).read_text().splitlines()[1:]]
        assert [row[:5] for row in rows] == [
            [str(t.trial_index), t.block, t.trial_id, *t.items] for t in schedule(made, participant)
        ]
    assert bids_issues(data) == []
