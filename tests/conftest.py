"""What tests of several packages need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def blank_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave figures undrawn, which take most of the time of a report."""

    def save_blank(_figure: object, stem: Path) -> None:
        stem.parent.mkdir(parents=True, exist_ok=True)
        for suffix in (".svg", ".png"):
            stem.with_suffix(suffix).write_text("<svg/>")

    monkeypatch.setattr("analysis.report.style.save", save_blank)


@pytest.fixture(scope="session")
def bids_issues() -> Callable[[Path], list[str]]:
    """Run the BIDS validator, every row of every table; return its errors and warnings."""

    def validate(data_folder: Path) -> list[str]:
        command = [
            Path(sys.executable).with_name("bids-validator-deno"),
            data_folder,
            "--format",
            "json",
            "--max-rows",
            "-1",
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | {"NO_COLOR": "1"}, check=False
        )
        report = json.loads(done.stdout)
        assert report["summary"]["totalFiles"] > 0
        return [
            " ".join(str(issue.get(key, "")) for key in ("severity", "code", "subCode", "location"))
            for issue in report["issues"]["issues"]
            if issue["severity"] in {"error", "warning"}
        ]

    return validate


@pytest.fixture
def screen() -> Iterator[str]:
    """A virtual screen for one test, 1280 × 800; Xvfb picks its number."""
    read, write = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(write),
        "-screen",
        "0",
        "1280x800x24",
        "-noreset",
        "-nolisten",
        "tcp",
    ]
    with subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as answer:
            display = f":{int(answer.readline())}"
        yield display
        server.terminate()
