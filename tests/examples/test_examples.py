"""The examples run as they stand, and say what is so."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def output_of(name: str, *arguments: str) -> str:
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=EXAMPLES.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_study_from_scratch_ends_in_a_report_with_the_same_number(tmp_path):
    said = output_of("study_from_scratch.py", str(tmp_path / "study"))
    content = json.loads((tmp_path / "study" / "report" / "results.json").read_text())
    assert content["population"]["n_observers"] == 6
    assert f"population: {content['population']['estimate']:.4g} (95% interval" in said
    assert (tmp_path / "study" / "report" / "report.html").exists()


def test_other_peoples_data_are_read_with_what_is_missing_left_out():
    said = output_of("other_data.py")
    table = pd.read_csv(EXAMPLES / "other_data.csv").dropna(subset="Key")
    right = (table["Key"] == table["CorrectKey"]).mean()
    assert 0 < 320 - len(table) < 10
    assert f"accuracy {right:.1%}," in said
    alpha = re.search(r"α Agreement\n  estimate: (0\.\d+)\n  95% interval: (0\.\d+) to (0\.\d+)", said)
    assert alpha is not None
    assert float(alpha[2]) < float(alpha[1]) < float(alpha[3])
    # The model is right by chance: people agree with each other, and with it no more than chance has it.
    means = re.findall(r"(observers|observers and models) +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+)\n", said)
    assert [float(row[2]) > 0 for row in means[:2]] == [True, False]


@pytest.mark.parametrize("name", ["study_from_scratch.py", "other_data.py"])
def test_examples_are_notebooks_that_begin_with_words(name):
    assert '"""\n\n# %% [markdown]\n# # ' in (EXAMPLES / name).read_text(encoding="utf-8")
