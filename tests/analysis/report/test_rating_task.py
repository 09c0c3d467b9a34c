"""Reports of ratings: build, simulate, analyse, and count again from the raw tables."""

import json

import krippendorff
import numpy as np
import pandas as pd
import pytest
from reports import QUESTIONS, report, text_of
from scipy import optimize, special, stats

from model_eval.label.label import label_counts
from model_eval.settings import LabelSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

pytestmark = pytest.mark.usefixtures("blank_figures")

THREE = {
    "task": "rating",
    "groups": ["impossible", "trivial", "in-between"],
    "trials": 36,
    "repeat_trials": 3,
    "questions": QUESTIONS,
}


def as_recorded(path):
    """Keep the hash of a table that a test wrote in place of the recorded one."""
    sidecar = path.with_suffix(".json")
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"TableSHA256": sha256_of(path)}))


def tables(root):
    return sorted((root / "data").rglob("*_beh.tsv"))


def raw_ratings(root):
    """Main trials that are no repeats, from the tables as they lie there."""
    rows = pd.concat(
        pd.read_csv(path, sep="\t").assign(observer=path.name.split("_")[0].removeprefix("sub-"))
        for path in tables(root)
    )
    trials = pd.read_csv(root / "stimuli" / "main" / "trials.tsv", sep="\t").set_index("trial_id")
    items = pd.read_csv(root / "stimuli" / "main" / "items.tsv", sep="\t").set_index("item_id")
    rows = rows.join(trials[["repeats"]], on="trial_id").join(items[["difficulty", "n_correct"]], on="item")
    rows = rows[(rows["block"] == "main") & rows["repeats"].isna()]
    for question in QUESTIONS:
        rows[question["name"]] = rows[question["name"]].map(lambda a, q=question: q["answers"].index(a) + 1)
    return rows


def rate_by_difficulty(root, seed=6):
    """Let all answers follow what the images' labels say, and chance."""
    items = pd.read_csv(root / "stimuli" / "main" / "items.tsv", sep="\t").set_index("item_id")
    rng = np.random.default_rng(seed)
    for path in tables(root):
        rows = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        share = rows["item"].map(items["n_correct"]) / 11
        for question in QUESTIONS:
            cuts = np.linspace(-1, 1, len(question["answers"]) - 1) if len(question["answers"]) > 2 else [0]
            latent = 3 * (share - 0.5) + rng.logistic(size=len(rows))
            rows[question["name"]] = [question["answers"][step] for step in np.searchsorted(cuts, latent)]
        rows.to_csv(path, sep="\t", index=False, lineterminator="\n")
        as_recorded(path)


def slope_by_maximum_likelihood(rating, x):
    """The proportional-odds model, its likelihood written out and maximised by scipy."""
    steps = np.unique(rating)

    def loss(parameters):
        thresholds = np.cumsum([parameters[1], *np.exp(parameters[2:])])
        below = special.expit(np.r_[-np.inf, thresholds, np.inf][:, None] - parameters[0] * x)
        place = np.searchsorted(steps, rating)
        own = np.arange(len(x))
        return -np.log(below[place + 1, own] - below[place, own]).sum()

    return optimize.minimize(loss, np.zeros(len(steps)), method="BFGS").x[0]


def test_numbers_are_those_of_the_raw_tables(rehearse):
    root = rehearse(**THREE)
    rate_by_difficulty(root)
    results = report(root)
    content = json.loads((root / "report" / "results.json").read_text())
    rows = raw_ratings(root)
    assert content["task"] == "rating"
    numbers = {"n_observers": 6, "n_items": 36, "n_ratings": 216}
    assert content["ratings"] == numbers | {"groups": ["trivial", "in-between", "impossible"]}
    for question, found in zip(QUESTIONS, content["questions"], strict=True):
        rating = rows[question["name"]]
        shares = {(row["group"], row["answer"]): row["share"] for row in found["distribution"]}
        said = pd.crosstab(rows["difficulty"], rating, normalize="index")
        expected = {
            (group, answer): said.loc[group].get(place, 0)
            for group in said.index
            for place, answer in enumerate(question["answers"], start=1)
        }
        assert shares == pytest.approx(expected)
        behind = {(row["answer"], row["group"]): row["share"] for row in found["composition"]}
        counted = pd.crosstab(rating, rows["difficulty"], normalize="index")
        assert behind == pytest.approx(
            {
                (question["answers"][place - 1], group): counted.loc[place].get(group, 0)
                for place in counted.index
                for group in said.index
            }
        )
        means = {row["group"]: row["mean"] for row in found["means"]}
        assert means == pytest.approx(rating.groupby(rows["difficulty"]).mean().to_dict())
        wrong = 1 - rows["n_correct"].to_numpy() / 11
        assert found["slope"]["estimate"] == pytest.approx(
            slope_by_maximum_likelihood(rating.to_numpy(), wrong), abs=1e-3
        )
        assert found["slope"]["high"] < 0
        matrix = rows.pivot_table(index="observer", columns="trial_id", values=question["name"])
        alpha = krippendorff.alpha(matrix.to_numpy(), level_of_measurement="ordinal")
        assert found["agreement"]["estimate"] == pytest.approx(alpha)
        assert found["agreement"]["low"] < alpha < found["agreement"]["high"]
        for row in content["observers"]["observers"]:
            own = rows[rows["observer"] == row["observer"]]
            rho, _ = stats.spearmanr(own[question["name"]], own["n_correct"])
            assert row[f"{question['name']}_correlation"] == pytest.approx(rho)
            assert row[f"{question['name']}_mean"] == pytest.approx(own[question["name"]].mean())
        by_item = rating.groupby(rows["trial_id"]).mean()
        listed = {row["trial_id"]: row["means"][question["name"]] for row in content["trials"]["listed"]}
        assert listed == pytest.approx(by_item.to_dict())
        assert found["highest"][0]["means"][question["name"]] == by_item.max()
        assert found["lowest"][0]["means"][question["name"]] == by_item.min()
    assert results.sentence.startswith("6 simulated observers rated 36 images. clear: slope ")


def test_with_unequal_groups_their_shares_in_an_answer_are_given_as_shown_and_with_equal_weights(rehearse):
    root = rehearse(**THREE)
    rate_by_difficulty(root)
    equal = report(root)
    assert all(row["share"] == row["equalised"] for row in equal.content["questions"][0]["composition"])
    assert "Groups count" not in text_of(equal)
    counts = pd.read_csv(root / "counts.csv", dtype={"image_id": str, "class_name": str})
    easier = counts["n_correct"].where(counts["n_correct"] < 5, 11)
    counts.assign(n_correct=easier).to_csv(root / "new.csv", index=False)
    label_counts(root / "new.csv", root / "new", LabelSettings(), n_models=11)
    found = report(root, labels=root / "new")
    question = found.content["questions"][0]
    table = pd.DataFrame(question["composition"])
    n, base_rate, equalised = (
        table[name].to_numpy(float).reshape(3, 3) for name in ("n", "base_rate", "equalised")
    )
    n_of_group = n.sum(axis=0)
    assert n_of_group.min() < n_of_group.max()
    assert base_rate == pytest.approx(np.tile(n_of_group / n.sum(), (3, 1)))
    within = n / n_of_group
    assert equalised == pytest.approx(within / within.sum(axis=1, keepdims=True))
    assert "Answer Answers Groups count Trivial" in text_of(found)


def test_one_group_of_images_has_no_shares_of_groups_to_show(rehearse):
    found = report(rehearse(**THREE | {"groups": ["trivial"]}))
    assert not (found.page.parent / "figures" / "composition.svg").exists()
    assert {row["share"] for row in found.content["questions"][0]["composition"]} <= {1.0, None}
    assert "Difficulty by answer" not in text_of(found)


def test_an_answer_that_nobody_gave_is_shown_and_ratings_that_never_vary_are_named(rehearse, digits):
    root = rehearse(**THREE)
    for path in tables(root):
        rows = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        rows.assign(clear="very", odd="no").to_csv(path, sep="\t", index=False, lineterminator="\n")
        as_recorded(path)
    found = report(root, digits).content["questions"][0]
    assert [row["n"] for row in found["distribution"]] == [0, 0, 72] * 3
    assert [row["n_ratings"] for row in found["composition"]] == [0] * 6 + [216] * 3
    assert {row["reason"] for row in found["composition"][:6]} == {"nobody gave this rating"}
    assert (found["slope"]["estimate"], found["agreement"]["estimate"]) == (None, None)
    page = (root / "report" / "report.html").read_text()
    assert "there is no slope: ratings took one value only" in page


def test_exclusions_are_shown_with_the_slope_without_them(rehearse):
    root = rehearse(**THREE)
    rate_by_difficulty(root)
    before = report(root).content
    after = report(root, exclude={"sessions": {"sim02": "fell asleep"}}).content
    assert after["ratings"]["n_observers"] == 5
    found = after["questions"][0]
    assert found["slope_without_exclusions"]["estimate"] == before["questions"][0]["slope"]["estimate"]
    assert found["slope"]["estimate"] != found["slope_without_exclusions"]["estimate"]
    assert "fell asleep" in (root / "report" / "report.html").read_text()


def test_other_labels_move_the_groups_and_leave_the_ratings(rehearse):
    root = rehearse(**THREE)
    rate_by_difficulty(root)
    before = report(root).content["questions"][0]
    counts = pd.read_csv(root / "counts.csv", dtype={"image_id": str, "class_name": str})
    counts.assign(n_correct=11 - counts["n_correct"]).to_csv(root / "new.csv", index=False)
    label_counts(root / "new.csv", root / "new", LabelSettings(), n_models=11)
    after = report(root, labels=root / "new").content["questions"][0]
    assert after["slope"]["estimate"] == pytest.approx(-before["slope"]["estimate"], rel=1e-4)
    assert after["agreement"] == before["agreement"]
    assert after["means"][0]["mean"] == before["means"][2]["mean"]
    assert (
        "How hard an image is follows the labels in <code>new</code>"
        in (root / "report" / "report.html").read_text()
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"compare_with": ["../other"]}, "ratings have no accuracy to compare; leave it out"),
        ({"exclude": {"min_catch_accuracy": 0.5}}, "are neither right nor wrong; leave it out"),
        ({"exclude": {"max_response_time_s": 0.01}}, "leave no answer; loosen them"),
    ],
)
def test_what_ratings_cannot_have_is_refused_in_one_line_and_nothing_is_written(rehearse, settings, message):
    root = rehearse(**THREE)
    with pytest.raises(InputError, match=message) as caught:
        report(root, **settings)
    assert "\n" not in str(caught.value)
    assert not (root / "report").exists()


def test_an_answer_that_the_question_does_not_have_is_refused(rehearse):
    root = rehearse(**THREE)
    path = tables(root)[1]
    path.write_text(path.read_text().replace("\tsomewhat\t", "\tquite\t"))
    as_recorded(path)
    with pytest.raises(InputError, match="sub-sim02 did not answer `clear` with hardly, somewhat, very"):
        report(root)
