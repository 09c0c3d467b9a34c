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


def without_names(value: Any) -> Any:
    """Return results without the ids of observers, which an import changes, and their order."""
    if isinstance(value, list):
        return [without_names(each) for each in value]
    if isinstance(value, dict):
        return {key: without_names(each) for key, each in value.items() if key != "observer"}
    return value


@pytest.mark.parametrize("task", STIMULI)
def test_an_imported_study_has_the_results_of_the_study_that_was_run(task, tmp_path):
    ran, imported = both_reports(tmp_path / "study", task, times=True)
    keys = ("ratings", "questions") if task == "rating" else ("population", "observers")
    for key in keys:
        assert without_names(imported.content[key]) == without_names(ran.content[key]), key
    assert imported.content["sessions"]["n"] == len(SITTINGS)
    assert imported.content["sessions"]["imported"] == {"format": "table", "n_files": 1}
    assert imported.content["sessions"]["n_other_set"] == len(SITTINGS)
    assert ran.content["sessions"]["imported"] is None
    assert "imported from 1 file" in text_of(imported)


@pytest.mark.parametrize("task", STIMULI)
def test_sessions_without_response_times_are_reported(task, tmp_path):
    ran, imported = both_reports(tmp_path / "study", task, times=False)
    if task == "rating":
        found, expected = (
            [question["distribution"] for question in each.content["questions"]] for each in (imported, ran)
        )
        assert found == expected
    else:
        assert imported.content["population"] == ran.content["population"]
        assert imported.content["exclusions"]["n_unanswered"] == ran.content["exclusions"]["n_unanswered"]
    text = text_of(imported)
    assert "image not here" in text
    assert pd.read_csv(tmp_path / "study" / "report" / "tables" / "exclusions.csv")["n_kept"].min() > 0
