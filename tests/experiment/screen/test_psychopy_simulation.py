"""Simulated observers before a real window, on a virtual screen."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path


def simulate(study: Path, screen: str, *options: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "tricky", "-C", str(study), "simulate", "--observers", "1", *options],
        env=os.environ | {"DISPLAY": screen},
        cwd=Path(__file__).parents[3],
        stdin=subprocess.DEVNULL,
        check=True,
    )


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_a_visual_simulation_decides_as_one_without_a_screen_and_is_marked(
    screen, tmp_path, build_digits, bids_issues
):
    build_digits(tmp_path, trials=4, practice_trials=1)
    (tmp_path / "study.toml").write_text(
        "[experiment]\ninter_trial_interval_s = 0.1\nconfidence_levels = 3\n"
        "[experiment.monitor]\nsize_px = [1280, 800]\n"
    )
    simulate(tmp_path, screen)
    (table,) = tmp_path.glob("data/sub-sim01/beh/*_beh.tsv")
    without = rows_of(table)
    simulate(tmp_path, screen, "--visual", "--windowed")
    seen = rows_of(table)
    assert len(seen) == 5
    for name in ("trial_id", "left_item", "response", "correct", "confidence", "early_keys"):
        assert [row[name] for row in seen] == [row[name] for row in without]
    # The keys come at the times that were set, from the flip that showed the images.
    for one, other in zip(seen, without, strict=True):
        assert abs(float(one["response_time"]) - float(other["response_time"])) < 2e-6
    assert [row["worst_frame"] for row in without] == ["n/a"] * 5
    assert all(float(row["worst_frame"]) > 0 for row in seen)  # a real screen was drawn on
    about = json.loads(table.with_suffix(".json").read_text())
    assert about["Simulated"]["visual"] is True
    assert about["Apparatus"]["keyboard"] == "synthetic"
    assert "psychopy" in about["Versions"]
    assert about["Apparatus"]["window_px"] == [1280, 800]
    assert "sim01\tsimulated" in (tmp_path / "data" / "participants.tsv").read_text()
    assert bids_issues(tmp_path / "data") == []
    simulate(tmp_path, screen)
    assert rows_of(table) == without  # the same call without a screen gives what it gave before
