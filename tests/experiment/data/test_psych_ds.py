"""What Psych-DS demands: its error rules, by its documentation; no validator of it can be installed here."""

from __future__ import annotations

import csv
import json
import re

import pandas as pd
import pytest

from experiment.data.psych_ds import export_psych_ds
from experiment.session.prepare import SessionSetup
from experiment.session.simulate import simulate_sessions
from experiment.settings import ExperimentSettings, SimulateSettings
from tricky.core.errors import InputError

DATA_FILE = re.compile(r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv")


@pytest.fixture
def data(small_set, tmp_path, dataset):
    folder = tmp_path / "data"
    simulate_sessions(
        SessionSetup(small_set.folder, folder, ExperimentSettings(), dataset),
        SimulateSettings(observers=2),
        seed=1,
    )
    return folder


def test_every_table_has_a_name_that_the_standard_allows_and_every_column_is_described(
    data, tmp_path, dataset
):
    tables = export_psych_ds(data, tmp_path / "export", dataset)
    assert len(tables) == 3
    description = json.loads((tmp_path / "export" / "dataset_description.json").read_text())
    assert {"@context", "@type", "name", "description", "variableMeasured"} <= set(description)
    assert (description["@context"], description["@type"]) == ("https://schema.org/", "Dataset")
    described = [each["name"] for each in description["variableMeasured"]]
    assert len(set(described)) == len(described)
    found = set()
    for table in tables:
        assert DATA_FILE.fullmatch(table.name)
        with table.open(newline="") as file:
            rows = list(csv.reader(file))
        assert len({len(row) for row in rows}) == 1
        found |= set(rows[0])
    assert found == set(described)
    units = {each["name"]: each.get("unitText") for each in description["variableMeasured"]}
    assert units["response_time"] == "s"


def test_the_rows_are_those_of_the_sessions(data, tmp_path, dataset):
    export_psych_ds(data, tmp_path / "export", dataset)
    ours = pd.read_csv(data / "sub-sim01" / "beh" / "sub-sim01_task-harder_beh.tsv", sep="\t", dtype=str)
    theirs = pd.read_csv(tmp_path / "export" / "data" / "subject-sim01_task-harder_data.csv", dtype=str)
    pd.testing.assert_frame_equal(ours, theirs)


def test_a_torn_line_is_left_out(data, tmp_path, dataset):
    table = data / "sub-sim01" / "beh" / "sub-sim01_task-harder_beh.tsv"
    sidecar = json.loads(table.with_suffix(".json").read_text())
    del sidecar["TableSHA256"]  # as of a session that is not complete
    table.with_suffix(".json").write_text(json.dumps(sidecar))
    table.write_text(table.read_text()[:-20])
    export_psych_ds(data, tmp_path / "export", dataset)
    theirs = (tmp_path / "export" / "data" / "subject-sim01_task-harder_data.csv").read_text()
    assert theirs.count("\n") == table.read_text().count("\n")


def test_nothing_is_written_over(data, tmp_path, dataset):
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "thesis.txt").touch()
    with pytest.raises(InputError, match="contains something already"):
        export_psych_ds(data, tmp_path / "export", dataset)


def test_without_sessions_there_is_nothing_to_export(tmp_path, dataset):
    with pytest.raises(InputError, match="no session yet"):
        export_psych_ds(tmp_path / "data", tmp_path / "export", dataset)
