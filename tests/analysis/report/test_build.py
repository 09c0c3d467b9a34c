"""Reports of a small study: which files there are, what counts, and what is refused."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from made_up import HASH, change, origins
from reports import RATING, SINGLE, numbers_in, report, text_of

from analysis.report.formatting import fixed, percent
from analysis.report.sections import consistency, observers, population
from model_eval.manifests import DifficultyManifest, PoolManifest
from model_eval.training_manifests import TrainingManifest
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.manifests import write_manifest


@pytest.fixture
def study(study, blank_figures):  # noqa: ARG001
    """The small study, whose figures are blank so that a report takes a tenth of the time."""
    return study


def accuracy_of(results):
    return results.report.of(population.compute).accuracy


def test_the_page_its_figures_and_tables_and_the_numbers_are_written(study, drawn_images):
    study.write_set(n_main=35)
    study.write_observers(5)
    results = report(study.root, drawn_images)
    names = {
        path.relative_to(study.root / "report").as_posix() for path in (study.root / "report").rglob("*.*")
    }
    tables = [
        *(
            "models",
            "histogram",
            "observers",
            "observer_consistency",
            "model_consistency",
            "graded",
            "networks_as_observers",
        ),
        *("studies", "explained", "observer_details", "consistency_means", "trials", "exclusions"),
    ]
    figures = [*tables[:-2], "items"]
    assert names == {
        "report.html",
        "results.json",
        *(f"figures/{name}.{suffix}" for name in figures for suffix in ("svg", "png")),
        *(f"tables/{name}.csv" for name in tables),
    }
    assert json.loads((study.root / "report" / "results.json").read_text())["population"]["estimate"] == (
        accuracy_of(results).estimate
    )


def test_numbers_are_those_of_a_count_by_hand(study):
    main = [trial["trial_id"] for trial in study.trials if trial["block"] == "main"]
    practice = [trial["trial_id"] for trial in study.trials if trial["block"] == "practice"]
    study.write_session("01", dict.fromkeys([*main[:4], *practice], False), kind="person")
    study.write_session("02", dict.fromkeys(main[:8], False), kind="person")
    results = report(study.root)
    # 20 main trials each, 16 and 12 of them right; practice doesn't count.
    assert accuracy_of(results).estimate == pytest.approx(28 / 40)
    table = results.report.of(observers.compute).observers
    assert table["accuracy"].to_dict() == pytest.approx({"01": 0.8, "02": 0.6})
    # c_obs = 16/20, c_exp = .8·.6 + .2·.4 = .56: κ = (.8 − .56) / (1 − .56).
    assert results.report.of(consistency.compute).observers.summary.mean == pytest.approx(0.24 / 0.44)
    hardest = [trial["trial_id"] for trial in results.content["trials"]["hardest"]]
    assert hardest == main[:8]


def test_random_numbers_of_a_report_follow_from_the_studys_seed(study):
    main = [trial["trial_id"] for trial in study.trials if trial["block"] == "main"]
    for name, wrong in (("01", main[:6]), ("02", main[4:10]), ("03", main[8:14])):
        study.write_session(name, dict.fromkeys(wrong, False), kind="person")
    one, same, other = (report(study.root, seed=seed).content for seed in (1, 1, 2))
    assert one == same
    assert [one["seed"], other["seed"]] == [1, 2]
    drawn, drawn_by_other = (each["consistency"]["means"][0]["p_value"] for each in (one, other))
    assert drawn != drawn_by_other
    del one["population"]["bootstrap"], other["population"]["bootstrap"]
    assert one["population"] == other["population"]


@pytest.mark.parametrize("asked", [None, SINGLE, RATING], ids=["2afc", "single", "rating"])
def test_every_percentage_and_decimal_on_the_page_is_in_results_json(
    study, drawn_images, rehearse, digits, asked
):
    source, level = drawn_images, 0.95
    if asked is None:
        study.write_set(n_main=35)
        study.write_observers(5)
    else:
        study.root, source, level = rehearse(**asked), digits, 0.9
    results = report(study.root, source, level=level)
    content = json.loads((study.root / "report" / "results.json").read_text())
    body = re.split(r"(?:Cameron, A\. C|Bonett, D\. G)\.,", text_of(results))[0]
    body = re.sub(r"tricky \d\S+|PsychoPy \d\S+", "", body)
    allowed = {
        form(value, digits)
        for value in numbers_in(content)
        for form in (percent, fixed)
        for digits in range(4)
    }
    allowed |= {fixed(100 * value, 1) for value in numbers_in(content)}  # percentage points
    allowed |= {"0.001"}  # p < 0.001
    shown = re.findall(r"−?\d+\.\d+%?|\d+%", body)
    assert len(shown) > 60
    assert set(shown) <= allowed
    assert "95%" in shown if level == 0.95 else "95%" not in shown


def test_people_and_simulated_observers_are_never_mixed(study):
    study.write_observers(3)
    alone = report(study.root)
    assert alone.report.data.kind == "simulated"
    assert "The observers in this report are simulated." in text_of(alone)
    study.write_observers(2, kind="person", prefix="p", seed=3)
    people = report(study.root)
    assert people.report.data.kind == "person"
    assert people.report.of(observers.compute).observers.index.str.startswith("p").all()
    assert "are simulated" not in text_of(people)
    assert "Left out: 3 sessions of simulated observers." in text_of(people)
    again = report(study.root, observers="simulated")
    assert accuracy_of(again) == accuracy_of(alone)
    assert "Left out: 2 sessions of people." in text_of(again)


def test_sessions_in_the_lab_and_online_are_never_pooled(study):
    study.write_observers(3)
    alone = report(study.root)
    study.write_observers(2, prefix="web", seed=3, sidecar={"Setting": "online"})
    lab = report(study.root)
    assert accuracy_of(lab) == accuracy_of(alone)
    assert lab.content["sessions"]["setting"] == "lab"
    assert "Left out: 2 sessions online; sessions in the lab and online are analysed separately" in text_of(
        lab
    )
    online = report(study.root, setting="online")
    assert online.report.of(observers.compute).observers.index.str.startswith("web").all()
    assert "All sessions were online." in text_of(online)
    assert "Left out: 3 sessions in the lab" in text_of(online)


def test_the_lab_and_online_sessions_of_a_study_are_compared(study):
    study.write_observers(4)
    study.write_observers(3, prefix="web", seed=3, sidecar={"Setting": "online"})
    named = {"web03": "other window", "sim04": "fell asleep"}  # sessions of either setting may be named
    lab = report(study.root, exclude={"sessions": named})
    (row,) = [each for each in lab.content["studies"] if each["study"] == "Small study, online"]
    online = report(study.root, setting="online", exclude={"sessions": named})
    assert row["accuracy"] == accuracy_of(online).estimate
    assert row["n_observers"] == 2
    difference = accuracy_of(lab).estimate - accuracy_of(online).estimate
    assert row["difference"] == pytest.approx(difference)
    (back,) = [each for each in online.content["studies"] if each["study"] == "Small study, in the lab"]
    assert back["difference"] == pytest.approx(-row["difference"])


def test_a_setting_without_sessions_is_named(study):
    study.write_observers(2)
    with pytest.raises(InputError, match="all sessions are in the lab, none is online; leave out --setting"):
        report(study.root, setting="online")


def test_sessions_with_another_set_are_left_out_and_counted(study):
    study.write_observers(3)
    before = report(study.root)
    study.write_session("other", {"trial-004": False}, set_id="0123456789abcdef")
    after = report(study.root)
    assert accuracy_of(after) == accuracy_of(before)
    assert "Left out: 1 session with another stimulus set." in text_of(after)


def test_an_unfinished_session_counts_so_far_and_is_named(study):
    study.write_observers(2)
    study.write_session("sim03", {"trial-003": False}, n_rows=9)
    results = report(study.root)
    assert results.report.of(observers.compute).observers.loc["sim03", "n_trials"] == 7
    assert "1 session of 3 is not complete" in text_of(results)


def test_several_sessions_of_one_observer_are_one_observer(study):
    study.write_session("07", {"trial-004": False}, kind="person", session="1")
    study.write_session("07", {"trial-004": False, "trial-005": False}, kind="person", session="2")
    study.write_session("08", {"trial-006": False}, kind="person")
    results = report(study.root)
    assert results.report.of(observers.compute).observers["n_trials"].to_dict() == {"08": 20, "07": 40}
    assert accuracy_of(results).n_observers == 2
    assert results.content["sessions"]["n"] == 3


@pytest.mark.parametrize("answers", [{}, {"trial-004": False}], ids=["all right", "one wrong"])
def test_a_single_observer_and_perfect_answers_give_a_page_without_an_interval(study, answers):
    study.write_session("07", answers, kind="person")
    results = report(study.root)
    assert np.isnan(accuracy_of(results).low)
    assert "no interval for new observers and new pairs: an interval needs at least two observers" in text_of(
        results
    )
    assert json.loads((study.root / "report" / "results.json").read_text())["population"]["low"] is None


@pytest.mark.parametrize("n_observers", [1, 3])
def test_a_published_table_gives_a_page_that_says_what_it_cannot_show(study, drawn_images, n_observers):
    table = pd.read_parquet(study.root / "difficulty" / "difficulty.parquet")
    study.write_difficulty(
        table.assign(label=-1, class_name=""),
        table["n_correct"].to_numpy(),
        np.full(len(table), -1),
        {"counts.csv": "0" * 64},
        source=None,
    )
    study.write_set()
    study.write_observers(n_observers)
    results = report(study.root, drawn_images)
    assert results.content["consistency"]["models"] is None
    assert "a published table of counts in place of decisions" in text_of(results)
    assert not (study.root / "report" / "figures" / "models.svg").exists()


def test_figures_of_an_earlier_report_that_no_longer_hold_are_removed(study):
    study.write_observers(3)
    report(study.root)
    assert (study.root / "report" / "tables" / "model_consistency.csv").exists()
    change(study.root / "difficulty" / "difficulty.json", DifficultyManifest, made_from={})
    report(study.root)
    for name in ("figures/models.png", "figures/model_consistency.svg", "tables/model_consistency.csv"):
        assert not (study.root / "report" / name).exists()


def test_text_of_the_data_is_escaped(study, drawn_images):
    study.write_models(class_name=lambda label: f"<script>alert({label})</script>")
    study.write_set()
    study.write_observers(2)
    page = report(study.root, drawn_images, title="A <b>bold</b> & title").page.read_text(encoding="utf-8")
    assert page.count("<script") == 1  # the page's own, the only one that its policy lets run
    assert "A &lt;b&gt;bold&lt;/b&gt; &amp; title" in page
    assert "&lt;script&gt;alert(" in page


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: (s.root / "stimuli/main/items.tsv").write_text("x"), "items.tsv: changed since"),
        (lambda s: (s.root / "difficulty/difficulty.parquet").write_bytes(b"x"), "changed since"),
        (
            lambda s: (s.root / "decisions/pool.json").write_text("{}"),
            "pool.json: changed since difficulty.json was written; run `tricky label`",
        ),
        (lambda s: (s.root / "decisions/pool.json").unlink(), "pool.json: missing"),
        (lambda s: (s.root / "difficulty/difficulty.json").unlink(), "run `tricky label` first"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line_and_nothing_is_written(study, spoil, message):
    study.write_observers(2)
    spoil(study)
    with pytest.raises(InputError, match=message) as caught:
        report(study.root)
    assert "\n" not in str(caught.value)
    assert not (study.root / "report").exists()


def test_the_seed_of_the_training_is_named_and_another_training_is_refused(study):
    study.write_observers(2)
    training, pool = study.root / "training" / "training.json", study.root / "decisions" / "pool.json"
    about = {"images": {"sha256": HASH, "source": "drawn"}, "classes": [], "models": []}
    about |= origins(pool={"models": []}, train={})
    write_manifest(training, TrainingManifest, about | {"seed": 4711})
    change(pool, PoolManifest, made_from={"training/training.json": sha256_of(training)})
    table = study.root / "difficulty" / "difficulty.json"
    change(table, DifficultyManifest, made_from={"decisions/pool.json": sha256_of(pool)})
    assert "training/training.json" in text_of(report(study.root))
    assert report(study.root).content["stages"][0]["seed"] == 4711
    write_manifest(training, TrainingManifest, about)
    with pytest.raises(InputError, match=r"training.json: changed since pool.json was written"):
        report(study.root)


def test_asking_for_people_where_there_are_none_is_refused(study):
    study.write_observers(2)
    with pytest.raises(InputError, match="no session of a person"):
        report(study.root, observers="person")


def test_a_set_that_nobody_saw_is_refused(study):
    study.write_session("01", set_id="0123456789abcdef")
    with pytest.raises(InputError, match="no session of anyone with the set 'main' as it is now"):
        report(study.root)
