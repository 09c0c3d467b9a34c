"""Sessions that were run with tricky, written as a table and imported, give the same report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from reports import QUESTIONS, text_of

from analysis.data.sessions import read_sessions
from analysis.data.study_data import Selection
from analysis.report.build import write_report
from analysis.report.json_values import UNSTATED
from analysis.settings import AnalyseSettings
from experiment.records import Kind
from stimuli.records import read_any_set
from tests.analysis.designed import Sitting, by_hash, write_design
from tricky.study import create_study, open_study

pytestmark = pytest.mark.usefixtures("blank_figures")

SITTINGS = [Sitting(f"0{n}", by_hash(n, n_missing=0.1), kind=Kind.PERSON) for n in (1, 2, 3, 4)]
STIMULI: dict[str, dict[str, Any]] = {
    "2afc": {"groups": ["trivial", "impossible"], "trials": 30},
    "single": {"groups": ["trivial", "impossible"], "trials": 30},
    "rating": {"groups": ["trivial", "in-between", "impossible"], "trials": 30},
}
COLUMNS = {
    "2afc": {"left_image": "left_item", "right_image": "right_item", "response": "response"},
    "single": {"image": "item", "response": "response"},
    "rating": {"image": "item"},
}


def export(root: Path, *, times: bool) -> Path:
    """Write the main block of all sessions as a table with the names of the images."""
    rows = read_sessions(root / "data")
    rows = rows[rows["block"] == "main"].copy()
    names = {each.item_id: each.image_id for each in read_any_set(root / "stimuli" / "main").items.values()}
    for column in ("item", "left_item", "right_item"):
        if column in rows:
            rows[column] = rows[column].astype(str).map(names)
    path = root / "exported.csv"
    rows.drop(columns=[] if times else "response_time").to_csv(path, index=False)
    return path


def both_reports(root: Path, task: str, *, times: bool) -> tuple[Any, Any]:
    """Analyse sessions as they were run, and the same ones after an export and an import."""
    write_design(root, {"task": task} | STIMULI[task], SITTINGS)
    create_study(root)
    columns = {"observer": "participant"} | COLUMNS[task]
    settings: dict[str, Any] = {"task": task, "prefix": "x"}
    if times:
        columns |= {"response_time": "response_time"}
        settings["response_time_unit"] = "s"
    if task == "rating":
        settings["questions"] = QUESTIONS
    content = settings | {"columns": columns}
    path = export(root, times=times)
    study = open_study(root).with_settings(where="test", **{"import": {"sessions": content}})
    study.import_sessions([path], "imported")
    reports = []
    for name in ("main", "imported"):
        reports.append(
            write_report(root, AnalyseSettings(), Selection(name), title="Both", seed=1, source=None)
        )
        assert UNSTATED not in (root / "report" / "results.json").read_text(encoding="utf-8")
    assert study.status()
    return reports[0], reports[1]


def numbers_of(content: dict[str, Any]) -> dict[str, Any]:
    """Return the results that depend on what observers answered, and on no order of observers and images."""
    if "questions" in content:
        return {
            f"{question['name']}, {what} {row}": [float(each) for each in values.values() if _is_number(each)]
            for question in content["questions"]
            for what in ("distribution", "means")
            for row, values in enumerate(question[what])
        } | {
            question["name"]: [question["slope"][each] for each in ("estimate", "low", "high")]
            for question in content["questions"]
        }
    population = content["population"]
    accuracy = sorted(row["accuracy"] for row in content["observers"]["observers"])
    return {"population": [population[each] for each in ("estimate", "low", "high")], "observers": accuracy}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.parametrize("task", STIMULI)
def test_an_imported_study_has_the_results_of_the_study_that_was_run(task, tmp_path):
    ran, imported = both_reports(tmp_path / "study", task, times=True)
    found, expected = numbers_of(imported.content), numbers_of(ran.content)
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        assert found[key] == pytest.approx(values), key
    assert imported.content["sessions"]["n"] == len(SITTINGS)
    assert imported.content["sessions"]["imported"] == {"format": "table", "n_files": 1}
    assert imported.content["sessions"]["n_other_set"] == len(SITTINGS)
    assert ran.content["sessions"]["imported"] is None
    assert "imported from 1 file" in text_of(imported)


@pytest.mark.parametrize("task", STIMULI)
def test_sessions_without_response_times_are_reported(task, tmp_path):
    ran, imported = both_reports(tmp_path / "study", task, times=False)
    found, expected = numbers_of(imported.content), numbers_of(ran.content)
    for key, values in expected.items():
        assert found[key] == pytest.approx(values), key
    assert imported.content["exclusions"]["n_unanswered"] == ran.content["exclusions"]["n_unanswered"]
    assert "no-picture" in imported.page.read_text(encoding="utf-8")
    assert pd.read_csv(tmp_path / "study" / "report" / "tables" / "exclusions.csv")["n_kept"].min() > 0
