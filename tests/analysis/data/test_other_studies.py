import json
from pathlib import Path

import pytest
from made_up import origins

from analysis.data.other_studies import population_of, read_studies
from analysis.data.results_manifest import AccuracyResultsManifest, ResultsManifest
from tricky.core.errors import InputError
from tricky.core.manifests import write_manifest


def results(title: str, accuracy: float = 0.8, level: float = 0.95) -> dict:
    shares = {"trivial": 0.5, "in-between": 0.4, "impossible": 0.1}
    return {
        "title": title,
        "task": "2afc",
        **origins(analyse={"level": level}),
        "sessions": {"kind": "person", "stimulus_set": {"name": "main", "set_id": "0" * 16}},
        "other_labels": None,
        "difficulty": {"n_images": 100, "n_models": 5, "shares": shares},
        "population": {
            **{"estimate": accuracy, "low": accuracy - 0.1, "high": accuracy + 0.1, "level": level},
            **{
                "n_observers": 9,
                "n_items": 149,
                "n_trials": 1341,
                "method": "t",
                "reason": None,
                "p_published": 0.6,
            },
            "standard_error": 0.04,
            "variances": [0.0012, 0.0003],
            "degrees_of_freedom": [8.0, 148.0],
            "bounds": [0.0, 1.0],
        },
        "consistency": {"observers": {"mean": 0.6, "reason": None}},
    }


@pytest.fixture
def study(tmp_path: Path) -> Path:
    for name in ("here", "one", "two"):
        write_manifest(tmp_path / name / "report" / "results.json", AccuracyResultsManifest, results(name))
    return tmp_path / "here"


def test_others_keep_their_order_and_are_named_by_their_path(study):
    found = read_studies([Path("../two"), study.parent / "one"], study, 0.95, "2afc")
    assert list(found) == ["../two/report/results.json", "../one/report/results.json"]
    assert [each.title for each in found.values()] == ["two", "one"]
    accuracy = population_of(found["../one/report/results.json"])
    assert (accuracy.estimate, accuracy.low, accuracy.high) == pytest.approx((0.8, 0.7, 0.9))


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        (["."], "this study's own folder"),
        (["../one", "../one"], "named twice"),
        (["../none"], r"not there yet; run `tricky -C ../none analyse` first"),
    ],
)
def test_a_folder_that_is_no_other_study_is_refused(study, folders, message):
    with pytest.raises(InputError, match=message):
        read_studies([Path(each) for each in folders], study, 0.95, "2afc")


def test_a_report_of_another_version_or_coverage_is_refused(study):
    path = study.parent / "one" / "report" / "results.json"
    write_manifest(path, AccuracyResultsManifest, results("one", level=0.9))
    with pytest.raises(InputError, match="intervals of 90%, this study of 95%"):
        read_studies([Path("../one")], study, 0.95, "2afc")
    content = json.loads(path.read_text())
    del content["population"]
    write_manifest(path, ResultsManifest, content)
    with pytest.raises(InputError, match=r"`population` is missing; run `tricky -C ../one analyse` again"):
        read_studies([Path("../one")], study, 0.95, "2afc")
