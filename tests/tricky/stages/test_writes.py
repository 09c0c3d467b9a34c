from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tricky.core.errors import InputError
from tricky.core.locks import LOCKS, locked
from tricky.study import Study, open_study

WRITERS: dict[str, tuple[str, Callable[[Study], object]]] = {
    "train": ("training", lambda study: study.train()),
    "train --recipe": ("conditions", lambda study: study.train_conditions()),
    "evaluate": ("decisions", lambda study: study.evaluate()),
    "label": ("difficulty", lambda study: study.label()),
    "label --counts": ("difficulty", lambda study: study.label_counts(Path("counts.csv"), 11)),
    "label --compare": ("difficulty", lambda study: study.compare_labels(Path("other"))),
    "dynamics": ("report.dynamics", lambda study: study.dynamics()),
    "stimuli build": ("stimuli", lambda study: study.build_stimuli("main")),
    "stimuli refresh": ("stimuli", lambda study: study.refresh_stimuli("main")),
    "stimuli show": ("stimuli", lambda study: study.show_stimuli("main")),
    "analyse": ("report", lambda study: study.analyse()),
    "power": ("report", lambda study: study.power([9], [100])),
}
HOLD = """
import sys, time
from pathlib import Path
from tricky.core.locks import locked
with locked(Path(sys.argv[1]), "busy"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def study(tmp_path: Path, succeed: Callable[..., str]) -> Study:
    succeed("init", "study", cwd=tmp_path)
    return open_study(tmp_path / "study")


@pytest.mark.parametrize("command", WRITERS)
def test_two_commands_do_not_write_the_same_stage(command: str, study: Study) -> None:
    stage, write = WRITERS[command]
    with (
        locked(study.root / LOCKS / f"{stage}.lock", "free"),
        pytest.raises(InputError, match="another command is writing there; wait until it is done"),
    ):
        write(study)


def test_the_command_ends_in_one_line_and_reading_is_possible(
    study: Study, tricky: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    with locked(study.root / LOCKS / "difficulty.lock", "free"):
        refused = tricky("label", cwd=study.root)
        status = tricky("status", cwd=study.root)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "difficulty: another command is writing there" in refused.stderr
    assert status.returncode == 0, status.stderr


def test_a_process_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    file = tmp_path / LOCKS / "decisions.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, file], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="busy"), locked(file, "busy"):
            pass
        process.kill()
        process.wait()
        with locked(file, "busy"):
            pass
