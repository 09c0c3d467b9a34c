from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.data.results_manifest import DynamicsManifest
from analysis.report.build import DYNAMICS
from analysis.report.files import ReportFiles, without_formulas
from tricky.core.tables import read_table


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", " =1+1", "\t=1", '=HYPERLINK("http://a","b")', "-2+3|cmd"]
)
def test_text_that_a_spreadsheet_would_run_is_shown_literally(text: str) -> None:
    (cell,) = without_formulas(pd.DataFrame({"class_name": [text]}))["class_name"]
    assert cell == f"'{text}"


def test_numbers_missing_values_and_other_text_stay_as_they_are() -> None:
    table = pd.DataFrame(
        {
            "text": ["bee", "n02206856", "a=b", "-0.5", "+3", "-12%", "-1e-05", ""],
            "number": [-1.5, 2, np.nan, -np.inf, 0, 1, 2, 3],
            "truth": pd.array([True, False, None] * 2 + [True, False], dtype="boolean"),
        }
    )
    pd.testing.assert_frame_equal(without_formulas(table), table, check_dtype=False)


def test_tables_of_a_report_hold_no_formula(tmp_path: Path) -> None:
    files = ReportFiles(
        tmp_path / "page.html", tmp_path / "page.json", DynamicsManifest, "", "page.html.jinja", DYNAMICS
    )
    files.write_tables({"classes": pd.DataFrame({"=1+1": ["=2+2"], "n": [-3]})})
    table = read_table(tmp_path / "tables" / "classes.csv", ["'=1+1", "n"])
    assert (table.texts("'=1+1"), table.texts("n")) == (["'=2+2"], ["-3"])
