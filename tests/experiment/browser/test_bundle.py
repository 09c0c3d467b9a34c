"""What is shipped of the client is what its sources give, and asks nothing of other hosts."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

CLIENT = Path(__file__).parents[3] / "experiment" / "browser"
BUNDLE = CLIENT / "bundle"


def test_building_the_client_again_gives_the_committed_bundle(tmp_path):
    subprocess.run(["node", "build.mjs", tmp_path], cwd=CLIENT, check=True)
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert built == {path.name: path.read_bytes() for path in BUNDLE.iterdir()}


def test_the_units_of_the_client_pass_in_node():
    done = subprocess.run(["node", "test.mjs"], cwd=CLIENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "# tests 0" not in done.stdout


def test_the_client_evaluates_no_text_and_names_no_other_host():
    script = (BUNDLE / "client.js").read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function\(", script)
    # Addresses of documentation and of works to cite, and the name of SVG; requests are checked in a browser.
    hosts = set(re.findall(r"https?://([\w.-]+)", script))
    assert hosts <= {"www.w3.org", "www.jspsych.org", "doi.org", "joss.theoj.org"}
    assert "url(" not in (BUNDLE / "client.css").read_text(encoding="utf-8")


def test_the_lock_file_names_no_registry():
    text = (CLIENT / "package-lock.json").read_text(encoding="utf-8")
    assert "registry" not in text
    assert '"resolved"' not in text
