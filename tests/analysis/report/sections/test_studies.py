import json
import shutil

import numpy as np
import pandas as pd
import pytest
from made_up import change
from reports import report, text_of

from analysis.data.results_manifest import AccuracyResultsManifest
from analysis.data.sessions import read_sessions
from analysis.report.sections import population
from analysis.statistics.contrasts import accuracy_difference
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

pytestmark = pytest.mark.usefixtures("blank_figures")


def accuracy_of(results):
    return results.report.of(population.compute).accuracy


def test_another_study_is_compared_with_this_one_and_the_published_one(study):
    study.write_observers(3)
    there = accuracy_of(report(study.root, title="There"))
    shutil.copytree(study.root, study.root.parent / "other")
    study.write_session("sim01", {})
    here = report(study.root, title="Here", seed=1, compare_with=["../other"])
    rows = {row["study"]: row for row in here.content["studies"]}
    assert list(rows) == ["Here", "Meding et al. (2022)", "There"]
    assert rows["Here"]["accuracy"] == accuracy_of(here).estimate
    assert (rows["There"]["accuracy"], rows["There"]["accuracy_low"]) == (there.estimate, there.low)
    assert there.estimate != accuracy_of(here).estimate
    path = study.root.parent / "other" / "report" / "results.json"
    assert here.content["made_from"]["../other/report/results.json"] == sha256_of(path)
    assert "There" in text_of(here)
    table = pd.read_csv(study.root / "report" / "tables" / "studies.csv")
    assert table["accuracy"].tolist() == pytest.approx([row["accuracy"] for row in rows.values()])


def test_a_study_with_the_same_pairs_is_compared_pair_by_pair_and_with_others_as_a_whole(study):
    study.write_observers(5)
    report(study.root, title="There")
    other = study.root.parent / "other"
    shutil.copytree(study.root, other)
    study.write_observers(10)  # who find the same pairs hard
    here = report(study.root, compare_with=["../other"])
    theirs, ours = (
        each[each["block"] == "main"] for each in (read_sessions(other / "data"), read_sessions(study.data))
    )
    expected = accuracy_difference(
        pd.concat([theirs["correct"], ours["correct"]]),
        [*("there " + theirs["participant"].astype(str)), *("here " + ours["participant"].astype(str))],
        pd.concat([theirs["trial_id"].astype(str), ours["trial_id"].astype(str)]),
        np.arange(len(theirs) + len(ours)) >= len(theirs),
    )
    row = here.content["studies"][2]
    found = [row["difference"], row["difference_low"], row["difference_high"], row["difference_p"]]
    assert found == pytest.approx([expected.estimate, expected.low, expected.high, expected.p_value])
    assert row["difference_method"].startswith("the same pairs in both")

    shutil.rmtree(other / "data")
    row = report(study.root, compare_with=["../other"]).content["studies"][2]
    assert row["difference"] == pytest.approx(expected.estimate)
    assert row["difference_high"] - row["difference_low"] > expected.high - expected.low
    assert row["difference_method"].startswith("studies without common observers or items")


def test_another_study_whose_sessions_are_no_longer_those_of_its_report_is_refused(study):
    study.write_observers(3)
    report(study.root, title="There")
    other = study.root.parent / "other"
    shutil.copytree(study.root, other)
    path = other / "report" / "results.json"
    population = json.loads(path.read_text())["population"]
    population["estimate"] -= 0.01
    change(path, AccuracyResultsManifest, population=population)
    with pytest.raises(InputError, match="its sessions are not those of its report"):
        report(study.root, compare_with=["../other"])
