"""Single images and ratings from the command line: label, build, simulate, analyse."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tricky.cli import app

SETS = """
[stimuli.named]
task = "single"
trials = 24
practice_trials = 2

[stimuli.rated]
task = "rating"
groups = ["trivial", "in-between", "impossible"]
trials = 24
practice_trials = 2
questions = [{ name = "fits", text = "Does the label fit?", answers = ["no", "partly", "yes"] }]

[experiment]
stimuli = "SET"

[simulate]
observers = 4
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("named", "4 simulated observers were right in"),
        ("rated", "4 simulated observers rated 24 images. fits: slope with the share of wrong models"),
    ],
)
def test_a_study_of_single_images_goes_from_labels_to_its_report(tmp_path, name, said):
    def tricky(*arguments):
        done = CliRunner().invoke(app, ["-C", str(tmp_path), *arguments], env={"COLUMNS": "400"})
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    (tmp_path / "study.toml").write_text(SETS.replace("SET", name))
    n_correct = np.random.default_rng(2).integers(0, 12, 250)
    counts = pd.DataFrame({"image_id": [f"{20 * i:04d}" for i in range(250)], "n_correct": n_correct})
    counts.to_csv(tmp_path / "counts.csv", index=False)
    tricky("label", "--counts", str(tmp_path / "counts.csv"), "--models", "11")
    tricky("stimuli", "build", name)
    tricky("simulate")
    assert said in tricky("analyse")
    content = json.loads((tmp_path / "report" / "results.json").read_text())
    assert content["task"] == {"named": "single", "rated": "rating"}[name]
    assert content["sessions"]["n"] == 4
    assert (tmp_path / "report" / "report.html").is_file()
