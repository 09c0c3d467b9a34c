"""What users install is what stands here."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("model_eval", "stimuli", "experiment", "analysis", "tricky")


def test_the_wheel_holds_every_file_of_the_five_rooms_and_nothing_else(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *ROOMS],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    client = "experiment/browser/"
    there = {name for name in files.stdout.splitlines() if (ROOT / name).exists()}
    sources = {name for name in there if name.startswith(client) and not name.startswith(f"{client}bundle/")}
    assert held == there - sources
    assert {f"{client}bundle/{name}" for name in ("client.js", "client.css", "LICENSES.txt")} <= held
    assert {"tricky/study.toml.template", "model_eval/py.typed"} <= held
