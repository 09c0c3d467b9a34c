"""What is in ``data/`` is judged once: by the report, `tricky status` and the export alike."""

from __future__ import annotations

import json
import shutil

import pytest

from analysis.data.study_data import Selection, gather
from analysis.report.build import write_report
from analysis.settings import ExcludeSettings
from experiment.data.bids import Dataset
from experiment.data.describe_dataset import describe_dataset
from experiment.data.psych_ds import export_psych_ds
from tricky.core.errors import InputError
from tricky.status import State, study_status
from tricky.study import create_study, open_study

DATASET = Dataset("Study", ("Ada Lovelace", "Hermann Helmholtz"), "Laboratory", "CC0-1.0")
TABLE = "sub-sim02/beh/sub-sim02_task-harder_beh.tsv"


def copied(data):
    shutil.copytree(data / "sub-sim02", data / "sub-sim02 - Copy")


def conflicting(data):
    text = (data / TABLE).read_text()
    (data / TABLE.replace("_beh.tsv", "_beh (Anna's conflicted copy).tsv")).write_text(text[:-40])


def resource_forks(data):
    (data / "sub-sim02" / "beh" / "._sub-sim02_task-harder_beh.tsv").write_bytes(b"\0\5\x16\7")


def locked_by_a_spreadsheet(data):
    (data / "sub-sim02" / "beh" / "~$sub-sim02_task-harder_beh.tsv").touch()


def other_line_ends(data):
    (data / TABLE).write_bytes((data / TABLE).read_bytes().replace(b"\n", b"\r\n"))


def emptied(data):
    (data / TABLE).write_bytes(b"")


def renamed(data):
    (data / "sub-sim02").rename(data / "sub-sim99")


def without_sidecar(data):
    (data / TABLE).with_suffix(".json").unlink()


def without_table(data):
    (data / TABLE).unlink()


def decimal_commas(data):
    (data / TABLE).write_text((data / TABLE).read_text().replace("\t0.", "\t0,"))


def damaged_sidecar(data):
    (data / TABLE).with_suffix(".json").write_text("{")


def twice_in_the_table(data):
    with (data / "participants.tsv").open("a") as file:
        file.write("sub-sim02\tsimulated\n")


def changed_since(data):
    sidecar = (data / TABLE).with_suffix(".json")
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"TableSHA256": "0" * 64}))


LEFT_OUT = [copied, resource_forks, locked_by_a_spreadsheet, other_line_ends]
REFUSED = [conflicting, emptied, renamed, without_sidecar, without_table, decimal_commas, damaged_sidecar]
REFUSED += [twice_in_the_table, changed_since]


@pytest.fixture
def recorded(study):
    (study.root / "study.toml").unlink(missing_ok=True)
    create_study(study.root)
    study.write_observers(3)
    describe_dataset(study.data, DATASET)
    return study


def report(study):
    return gather(study.root, Selection("main"), ExcludeSettings())


def status(study):
    return next(each for each in study_status(open_study(study.root)) if each.folder == "data")


@pytest.mark.parametrize("spoil", LEFT_OUT)
def test_what_can_change_no_number_is_left_out_and_reported_by_all(recorded, tmp_path, spoil):
    before = report(recorded).kept
    spoil(recorded.data)
    found, told = report(recorded), []
    assert found.kept.equals(before)
    assert len(found.notes) == 1
    assert (status(recorded).state, status(recorded).why) == (State.CURRENT, found.notes[0])
    assert len(export_psych_ds(recorded.data, tmp_path / "export", DATASET, told.append)) == 4
    assert tuple(told) == found.notes


@pytest.mark.parametrize("spoil", REFUSED)
def test_what_could_change_a_number_is_refused_by_all_with_the_same_words(recorded, tmp_path, spoil):
    spoil(recorded.data)
    with pytest.raises(InputError) as caught:
        report(recorded)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    assert (status(recorded).state, status(recorded).why) == (State.OUT_OF_DATE, said)
    with pytest.raises(InputError) as caught:
        export_psych_ds(recorded.data, tmp_path / "export", DATASET)
    assert str(caught.value) == said
    assert not (tmp_path / "export").exists()


def test_trials_that_are_not_in_the_set_are_refused(recorded):
    table = recorded.data / TABLE
    table.write_text(table.read_text().replace("trial-003", "trial-999"))
    with pytest.raises(InputError, match="sub-sim02 has trial trial-999, which is not in the set"):
        report(recorded)


def test_a_new_session_makes_the_report_out_of_date(recorded):
    study = open_study(recorded.root)
    write_report(study.root, study.settings.analyse, Selection("main"), title="", source=None, seed=1)

    def state():
        found = study_status(open_study(recorded.root))
        return next((each.state, each.why) for each in found if each.folder == "report")

    assert state() == (State.CURRENT, "")
    recorded.write_session("sim03", session="2")
    path = "data/sub-sim03/ses-2/beh/sub-sim03_ses-2_task-harder_beh.tsv"
    assert state() == (State.OUT_OF_DATE, f"{path} is new")
