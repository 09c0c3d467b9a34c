from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from model_eval.jobs import Report, run_jobs

N_BATCHES = 10_000
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Counting:
    """A job of many short batches, and of one epoch, that notes how far it came."""

    name: str
    folder: Path
    n_batches: int = N_BATCHES
    n_epochs: int = 1

    def run(self, device: torch.device, report: Report) -> str:
        for batch in range(1, self.n_batches + 1):
            (self.folder / self.name).write_text(str(batch))
            report(batch, "at work")
            time.sleep(0.001)
        report(self.n_batches, "done", epoch_done=True)
        return self.name.upper()


def test_ctrl_c_ends_every_process_at_its_next_batch(tmp_path: Path) -> None:
    def press_ctrl_c(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    jobs = [Counting(name, tmp_path) for name in ("a", "b")]
    with pytest.raises(KeyboardInterrupt):
        list(run_jobs(jobs, CPU, 2, press_ctrl_c))
    # Both processes have ended: far from their epoch's end.
    assert all(int(path.read_text()) < N_BATCHES for path in tmp_path.iterdir())


def test_jobs_are_yielded_as_they_end_with_what_they_return_and_counted_in_epochs(tmp_path: Path) -> None:
    said: list[tuple[str, int, int]] = []
    jobs = [Counting("short", tmp_path, n_batches=1), Counting("long", tmp_path, n_batches=50)]
    ended = [(job.name, outcome) for job, outcome in run_jobs(jobs, CPU, 2, lambda *what: said.append(what))]
    assert sorted(ended) == [("long", "LONG"), ("short", "SHORT")]
    assert [what for what in said if what[0] == "Training models"] == [
        ("Training models", 1, 2),
        ("Training models", 2, 2),
    ]
    assert ("long: done", 50, 50) in said


def test_an_error_in_one_job_ends_the_others(tmp_path: Path) -> None:
    jobs = [Counting("a", tmp_path), Counting("missing/b", tmp_path)]
    with pytest.raises(FileNotFoundError):
        list(run_jobs(jobs, CPU, 2, lambda *_: None))
    assert not (tmp_path / "a").exists() or int((tmp_path / "a").read_text()) < N_BATCHES
