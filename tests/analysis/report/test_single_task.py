"""Reports of single images: build, simulate, analyse, and count again from the raw tables."""

import json

import numpy as np
import pandas as pd
import pytest
from reports import report
from scipy import stats
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from analysis.data.sessions import read_sessions
from model_eval.label.label import label_counts
from model_eval.settings import LabelSettings
from tricky.core.errors import InputError
from tricky.core.files import write_json

pytestmark = pytest.mark.usefixtures("blank_figures")

TWO = {"task": "single", "trials": 40, "repeat_trials": 4}


def raw_answers(root):
    """Main trials that are no repeats, from the tables as they lie there."""
    rows = pd.concat(
        pd.read_csv(path, sep="\t").assign(observer=path.name.split("_")[0].removeprefix("sub-"))
        for path in sorted((root / "data").rglob("*_beh.tsv"))
    )
    trials = pd.read_csv(root / "stimuli" / "main" / "trials.tsv", sep="\t").set_index("trial_id")
    items = pd.read_csv(root / "stimuli" / "main" / "items.tsv", sep="\t").set_index("item_id")
    rows = rows.join(trials[["repeats"]], on="trial_id").join(items[["difficulty", "n_correct"]], on="item")
    return rows[(rows["block"] == "main") & rows["repeats"].isna()]


def test_numbers_are_those_of_the_raw_tables(rehearse):
    root = rehearse(**TWO)
    results = report(root)
    content = json.loads((root / "report" / "results.json").read_text())
    rows = raw_answers(root)
    right = rows["response"] == rows["difficulty"]
    assert content["task"] == "single"
    assert content["population"]["estimate"] == pytest.approx(right.mean())
    assert (content["population"]["n_trials"], content["population"]["chance"]) == (240, 0.5)
    assert content["population"]["low"] < right.mean() < content["population"]["high"]
    assert content["population"]["p_published"] is None
    matrix = rows.assign(right=right).pivot_table(index="observer", columns="trial_id", values="right")
    kappas = [cohen_kappa_score(matrix.iloc[i], matrix.iloc[j]) for i in range(6) for j in range(i + 1, 6)]
    assert content["consistency"]["observers"]["mean"] == pytest.approx(np.nanmean(kappas))
    for row in content["observers"]["details"]:
        own = rows[rows["observer"] == row["observer"]]
        counts = confusion_matrix(own["difficulty"], own["response"], labels=["trivial", "impossible"])
        # Yes is "impossible"; half an answer is added to each cell.
        hit, false_alarm = (counts[i, 1] + 0.5 for i in (1, 0))
        z = [stats.norm.ppf(n / (counts[i].sum() + 1)) for n, i in ((hit, 1), (false_alarm, 0))]
        assert row["d_prime"] == pytest.approx(z[0] - z[1])
        assert row["criterion"] == pytest.approx(-(z[0] + z[1]) / 2)
        assert row["accuracy_hard"] == pytest.approx(counts[1, 1] / counts[1].sum())
        assert row["accuracy_easy"] == pytest.approx(counts[0, 0] / counts[0].sum())
        assert row["n_repeats"] == 4
    shares = {(row["group"], row["response"]): row["share"] for row in content["named"]["shares"]}
    said = pd.crosstab(rows["difficulty"], rows["response"], normalize="index")
    assert shares == pytest.approx({(g, r): said.loc[g, r] for g in said.index for r in said.columns})
    assert content["named"]["groups"] == ["trivial", "impossible"]
    graded = {(row["group"], round(11 * row["image_share"])): row for row in content["items"]["graded"]}
    by_count = right.groupby([rows["difficulty"], rows["n_correct"]]).mean()
    assert {key: row["accuracy"] for key, row in graded.items()} == pytest.approx(by_count.to_dict())
    worst = content["trials"]["hardest"][0]
    assert worst["accuracy"] == right.groupby(rows["trial_id"]).mean().min()
    assert results.sentence.startswith(f"6 simulated observers were right in {right.mean():.1%} of trials")


def test_with_three_groups_guessing_gives_a_third_and_no_d_prime(rehearse, digits):
    root = rehearse(task="single", trials=30, groups=["impossible", "in-between", "trivial"])
    content = report(root, digits).content
    assert content["population"]["chance"] == pytest.approx(1 / 3)
    assert content["named"]["groups"] == ["trivial", "in-between", "impossible"]
    assert "d_prime" not in content["observers"]["details"][0]
    page = (root / "report" / "report.html").read_text()
    assert "whether it is trivial, in-between or impossible for networks" in page
    assert "Sensitivity d′" not in page


def test_other_labels_score_the_answers_again(rehearse):
    root = rehearse(**TWO)
    before = report(root).content
    counts = pd.read_csv(root / "counts.csv", dtype={"image_id": str, "class_name": str})
    counts.assign(n_correct=11 - counts["n_correct"]).to_csv(root / "new.csv", index=False)
    label_counts(root / "new.csv", root / "new", LabelSettings(), n_models=11)
    after = report(root, labels=root / "new").content
    # Trivial is impossible now and the other way round, so right is wrong.
    assert after["population"]["estimate"] == pytest.approx(1 - before["population"]["estimate"])
    assert (after["other_labels"]["n_changed"], after["other_labels"]["n_lost"]) == (40, 0)
    assert "40 are of another group of the set" in (root / "report" / "report.html").read_text()
    sessions = read_sessions(root / "data", root / "stimuli" / "main", root / "new").query("scored")
    assert sessions["correct"].mean() == pytest.approx(after["population"]["estimate"])
    counts.assign(n_correct=6).to_csv(root / "new.csv", index=False)
    label_counts(root / "new.csv", root / "middling", LabelSettings(), n_models=11)
    with pytest.raises(InputError, match="no image belongs to a group of the set"):
        report(root, labels=root / "middling")


def test_accuracy_in_another_task_is_not_compared_with_this_one(rehearse):
    root, pairs = rehearse(**TWO), rehearse(name="pairs", task="2afc", trials=12)
    report(pairs)
    with pytest.raises(InputError, match='of the task "2afc", this study of "single"'):
        report(root, compare_with=["../pairs"])
    again = rehearse(name="again", observers=4, **TWO)
    report(again)
    rows = report(root, compare_with=["../again"]).content["studies"]
    assert [row["n_observers"] for row in rows] == [6, None, 4]
    assert rows[1]["accuracy"] is None


def test_sessions_of_another_task_with_the_same_images_are_refused(rehearse):
    questions = [{"name": "clear", "text": "Clear?", "answers": ["no", "yes"]}]
    root = rehearse(**TWO)
    ratings = rehearse(name="ratings", questions=questions, **(TWO | {"task": "rating"}))
    manifests = [folder / "stimuli" / "main" / "stimulus_set.json" for folder in (root, ratings)]
    ids = [json.loads(path.read_text())["set_id"] for path in manifests]
    assert ids[0] == ids[1]  # the same images in the same trials
    for mine, data, message in (
        (root, ratings, "did not answer `response` with trivial, impossible, as the single set"),
        (ratings, root, "did not answer `clear` with no, yes, as the rating set"),
    ):
        (mine / "data").rename(mine / "own")
        (mine / "data").symlink_to(data / ("own" if (data / "own").exists() else "data"))
        with pytest.raises(InputError, match=message) as caught:
            report(mine)
        assert "\n" not in str(caught.value)
        assert not (mine / "report").exists()


def test_a_set_of_other_settings_than_this_version_knows_is_refused(rehearse):
    root = rehearse(**TWO)
    path = root / "stimuli" / "main" / "stimulus_set.json"
    manifest = json.loads(path.read_text())
    del manifest["settings"]["stimuli"]
    write_json(path, manifest)
    with pytest.raises(InputError, match=r"`settings\.stimuli` is missing; run `tricky stimuli build` again"):
        report(root)
