from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from model_eval.train.parallel_jobs import Report, run_jobs

N_BATCHES = 10_000
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Counting:
    """A job of many short batches, and of one epoch, that notes how far it came."""

    name: str
    folder: Path
    n_batches: int = N_BATCHES
    n_epochs: int = 1

    def run(self, _: torch.device, report: Report) -> str:
        for batch in range(1, self.n_batches + 1):
            (self.folder / self.name).write_text(str(batch))
            report(batch, "at work")
            time.sleep(0.001)
        report(self.n_batches, "done", epoch_done=True)
        return self.name.upper()


def test_ctrl_c_ends_every_process_at_its_next_batch(tmp_path: Path) -> None:
    def press_ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    jobs = [Counting(name, tmp_path) for name in ("a", "b")]
    with pytest.raises(KeyboardInterrupt):
        list(run_jobs(jobs, CPU, 2, press_ctrl_c))
    # Both processes have ended: far from their epoch's end.
    assert all(int(path.read_text()) < N_BATCHES for path in tmp_path.iterdir())


def test_an_error_in_one_job_ends_the_others(tmp_path: Path) -> None:
    jobs = [Counting("a", tmp_path), Counting("missing/b", tmp_path)]
    with pytest.raises(FileNotFoundError):
        list(run_jobs(jobs, CPU, 2, lambda *_: None))
    assert not (tmp_path / "a").exists() or int((tmp_path / "a").read_text()) < N_BATCHES
