"""The report of imported sessions in which the classes of images were named."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reports import text_of

from analysis.data.study_data import Selection
from analysis.report.build import Results, write_report
from analysis.report.json_values import UNSTATED
from analysis.report.sections.named_classes import confusion_of
from analysis.settings import AnalyseSettings
from benchmarks.interval_list import unlisted
from tests.analysis.conftest import MODELS, SmallStudy
from tricky.study import create_study, open_study

pytestmark = pytest.mark.usefixtures("blank_figures")

CLASSES = [str(number) for number in range(10)]
COLUMNS = {"observer": "who", "image": "file", "response": "said", "class_name": "truth", "condition": "how"}
N_OBSERVERS, N_IMAGES = 5, 40


def write_trials(path: Path, *, share: float = 0.7, **constant: str) -> pd.DataFrame:
    """Write the answers of observers who see the first images of `SmallStudy`."""
    rng = np.random.default_rng(3)
    rows = [
        {
            "who": f"s{observer}",
            "file": f"{image:04d}",
            "said": str(image % 10 if rng.random() < share else (image + 3) % 10),
            "truth": str(image % 10),
            "how": "sharp" if image % 2 else "blurred",
        }
        | constant
        for observer in range(N_OBSERVERS)
        for image in range(N_IMAGES)
    ]
    table = pd.DataFrame(rows)
    table.to_csv(path, index=False, quoting=csv.QUOTE_ALL)
    return table


def report(root: Path, trials: Path, **settings: Any) -> Results[Any]:
    create_study(root)
    content = {"task": "naming", "classes": CLASSES, "columns": COLUMNS} | settings
    open_study(root).with_settings(where="test", **{"import": {"sessions": content}}).import_sessions(
        [trials], "imported"
    )
    found = write_report(root, AnalyseSettings(), Selection("imported"), title="Names", seed=1, source=None)
    assert UNSTATED not in (root / "report" / "results.json").read_text(encoding="utf-8")
    return found


def test_accuracy_is_that_of_the_file_for_observers_classes_and_conditions(tmp_path):
    table = write_trials(tmp_path / "trials.csv")
    found = report(tmp_path / "study", tmp_path / "trials.csv")
    right = table["said"] == table["truth"]
    content = found.content
    assert content["population"]["estimate"] == pytest.approx(right.mean())
    assert content["population"]["low"] < right.mean() < content["population"]["high"]
    by_observer = {row["observer"]: row["accuracy"] for row in content["observers"]["observers"]}
    assert by_observer == pytest.approx(right.groupby(table["who"]).mean().to_dict())
    by_class = {row["class_name"]: row["accuracy"] for row in content["named_classes"]["by_class"]}
    assert by_class == pytest.approx(right.groupby(table["truth"]).mean().to_dict())
    by_condition = {row["condition"]: row["accuracy"] for row in content["by_condition"]}
    assert by_condition == pytest.approx(right.groupby(table["how"]).mean().to_dict())
    assert "difficulty" not in content
    assert unlisted(content) == set()


def test_the_confusion_has_every_class_that_could_be_named():
    shown = pd.Series(["a", "a", "a", "b"])
    named = pd.Series(["a", "b", "b", "b"])
    found = confusion_of(shown, named, ("a", "b", "c"))
    assert found.to_numpy().tolist() == [
        ["a", "a", 1, 1 / 3],
        ["a", "b", 2, 2 / 3],
        ["a", "c", 0, 0.0],
        ["b", "a", 0, 0.0],
        ["b", "b", 1, 1.0],
        ["b", "c", 0, 0.0],
    ]


def test_without_labels_the_report_says_nothing_of_difficulty(tmp_path):
    write_trials(tmp_path / "trials.csv")
    found = report(tmp_path / "study", tmp_path / "trials.csv")
    text = text_of(found)
    assert "5 observers named the classes of images, and were right in" in text
    assert "where guessing gives 10%" in text
    assert "imported from 1 file (format table)" in text
    assert "no response time is known" in json.dumps(found.content)
    for word in ("Trivial for networks", "impossible", "difficulty"):
        assert word not in text
    assert "published study used" not in text


def test_with_labels_and_decisions_it_compares_observers_with_models(tmp_path):
    root = tmp_path / "study"
    SmallStudy(root).write_models()
    write_trials(tmp_path / "trials.csv")
    found = report(root, tmp_path / "trials.csv")
    means = {row["between"]: row for row in found.content["consistency"]["means"]}
    assert means["observers and models"]["n_pairs"] == N_OBSERVERS * len(MODELS)
    assert means["observers and models"]["n_items"] == N_IMAGES
    assert found.content["difficulty"]["n_images"] == 300
    assert {row["group"] for row in found.content["items"]["graded"]} <= {
        "trivial",
        "in-between",
        "impossible",
    }


def test_an_observer_who_makes_the_errors_of_a_model_has_a_consistency_of_1_with_it(tmp_path):
    root = tmp_path / "study"
    SmallStudy(root).write_models()
    decided = pd.read_parquet(root / "decisions" / "alpha.parquet").set_index("image_id")["prediction"]
    rows = [
        {"who": who, "file": image, "said": str(decided[image]), "truth": str(int(image) % 10), "how": "x"}
        for who in ("s1", "s2")
        for image in decided.index[:60]
    ]
    pd.DataFrame(rows).assign(rt=np.arange(120) / 100).to_csv(tmp_path / "trials.csv", index=False)
    columns = COLUMNS | {"response_time": "rt"}
    found = report(root, tmp_path / "trials.csv", columns=columns, response_time_unit="s")
    assert found.content["consistency"]["observers"]["mean"] == pytest.approx(1)
    choices = found.report.task.network_choices(found.report)
    answers = found.report.data.answers.drop_duplicates("trial_id").astype({"trial_id": str})
    right = answers.set_index("trial_id")["correct"].astype(float)
    assert choices["alpha", "decision"].tolist() == right.reindex(choices.index).tolist()


def test_all_right_and_one_observer_leave_nothing_undefined_without_a_reason(tmp_path):
    table = write_trials(tmp_path / "all.csv", share=1.0)
    table[table["who"] == "s0"].to_csv(tmp_path / "one.csv", index=False)
    found = report(tmp_path / "study", tmp_path / "one.csv")
    assert found.content["population"]["estimate"] == 1
    assert found.content["named_classes"]["most_confused"] == []
    assert "No image was called by the name of another class" in text_of(found)
