import json

from analysis.report.power import write_plan
from analysis.statistics.power import plan_study
from experiment.settings import SimulateSettings


def test_what_is_written_says_what_was_found_and_is_the_same_each_time(tmp_path):
    found = plan_study([4, 6], [20], SimulateSettings(), level=0.95, seed=3, n_studies=20)
    for name in ("a", "b"):
        write_plan(found, tmp_path / name, seed=3)
    for name in ("power.svg", "power.png", "power.csv", "power.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert len(json.loads((tmp_path / "a" / "power.json").read_text())["designs"]) == 2
