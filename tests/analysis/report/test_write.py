import json
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from made_up import HASH, change, origins, write_difficulty, write_set_manifest
from PIL import Image

from analysis.data.results_manifest import AccuracyResultsManifest
from analysis.data.sessions import read_sessions
from analysis.data.study_data import Choice
from analysis.report.formatting import fixed, percent
from analysis.report.write import write_report
from analysis.settings import AnalyseSettings
from analysis.statistics.contrasts import accuracy_difference
from model_eval.manifests import DifficultyManifest, PoolManifest, TrainingManifest
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.manifests import write_manifest


def report(
    study,
    source=None,
    *,
    observers: Choice = "auto",
    title="Small study",
    seed=1,
    exclude=None,
    labels=None,
    beside=(),
    level=0.95,
):
    return write_report(
        study.root,
        AnalyseSettings.model_validate({"exclude": exclude or {}, "beside": list(beside), "level": level}),
        title=title,
        seed=seed,
        experiment_set="main",
        source=source,
        observers=observers,
        labels=labels,
    )


@pytest.fixture
def study(study, blank_figures):  # noqa: ARG001
    """The small study, whose figures are blank so that a report takes a tenth of the time."""
    return study


class Text(HTMLParser):
    """The words of a page outside of style, script, listings and filters."""

    HIDDEN = ("style", "script", "pre", "select")

    def __init__(self, page):
        super().__init__()
        self.words, self.hidden = [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):  # noqa: ARG002
        self.hidden += tag in self.HIDDEN

    def handle_endtag(self, tag):
        self.hidden -= tag in self.HIDDEN

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)


def text_of(results):
    return re.sub(r"\s+", " ", " ".join(Text(results.report.read_text(encoding="utf-8")).words))


def numbers_in(value):
    if isinstance(value, dict):
        for each in value.values():
            yield from numbers_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from numbers_in(each)
    elif isinstance(value, float | int) and not isinstance(value, bool):
        yield value


def test_the_page_its_figures_and_tables_and_the_numbers_are_written(study, drawn_images):
    study.write_set(n_main=35)
    study.write_observers(5)
    results = report(study, drawn_images)
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
            "machines",
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
        results.scores.population.estimate
    )


def test_numbers_are_those_of_a_count_by_hand(study):
    main = [trial["trial_id"] for trial in study.trials if trial["block"] == "main"]
    practice = [trial["trial_id"] for trial in study.trials if trial["block"] == "practice"]
    study.write_session("01", dict.fromkeys([*main[:4], *practice], False), kind="person")
    study.write_session("02", dict.fromkeys(main[:8], False), kind="person")
    results = report(study)
    # 20 main trials each, 16 and 12 of them right; practice doesn't count.
    assert results.scores.population.estimate == pytest.approx(28 / 40)
    assert results.scores.observers["accuracy"].to_dict() == pytest.approx({"01": 0.8, "02": 0.6})
    # c_obs = 16/20, c_exp = .8·.6 + .2·.4 = .56: κ = (.8 − .56) / (1 − .56).
    assert results.scores.observer_consistency.summary.mean == pytest.approx(0.24 / 0.44)
    hardest = [trial["trial_id"] for trial in results.content["trials"]["hardest"]]
    assert hardest == main[:8]


def test_random_numbers_of_a_report_follow_from_the_studys_seed(study):
    main = [trial["trial_id"] for trial in study.trials if trial["block"] == "main"]
    for name, wrong in (("01", main[:6]), ("02", main[4:10]), ("03", main[8:14])):
        study.write_session(name, dict.fromkeys(wrong, False), kind="person")
    one, same, other = (report(study, seed=seed).content for seed in (1, 1, 2))
    assert one == same
    assert [one["seed"], other["seed"]] == [1, 2]
    drawn, drawn_by_other = (each["consistency"]["means"][0]["p_value"] for each in (one, other))
    assert drawn != drawn_by_other
    del one["population"]["bootstrap"], other["population"]["bootstrap"]
    assert one["population"] == other["population"]


SINGLE = {"task": "single", "trials": 40, "repeat_trials": 4, "confidence_levels": 3}
RATING = {
    "task": "rating",
    "groups": ["trivial", "in-between", "impossible"],
    "trials": 36,
    "questions": [
        {"name": "clear", "text": "How clear is it?", "answers": ["hardly", "somewhat", "very"]},
        {"name": "odd", "text": "Is it odd?", "answers": ["no", "yes"]},
    ],
}


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
    results = report(study, source, level=level)
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
    alone = report(study)
    assert alone.kind == "simulated"
    assert "The observers in this report are simulated." in text_of(alone)
    study.write_observers(2, kind="person", prefix="p", seed=3)
    people = report(study)
    assert people.kind == "person"
    assert people.scores.observers.index.str.startswith("p").all()
    assert "are simulated" not in text_of(people)
    assert "Left out: 3 sessions of simulated observers." in text_of(people)
    again = report(study, observers="simulated")
    assert again.scores.population == alone.scores.population
    assert "Left out: 2 sessions of people." in text_of(again)


def test_sessions_with_another_set_are_left_out_and_counted(study):
    study.write_observers(3)
    before = report(study)
    study.write_session("other", {"trial-004": False}, set_id="0123456789abcdef")
    after = report(study)
    assert after.scores.population == before.scores.population
    assert "Left out: 1 session with another stimulus set." in text_of(after)


def test_an_unfinished_session_counts_so_far_and_is_named(study):
    study.write_observers(2)
    study.write_session("sim03", {"trial-003": False}, n_rows=9)
    results = report(study)
    assert results.scores.observers.loc["sim03", "n_trials"] == 7
    assert "1 session of 3 is not complete" in text_of(results)


def test_several_sessions_of_one_observer_are_one_observer(study):
    study.write_session("07", {"trial-004": False}, kind="person", session="1")
    study.write_session("07", {"trial-004": False, "trial-005": False}, kind="person", session="2")
    study.write_session("08", {"trial-006": False}, kind="person")
    results = report(study)
    assert results.scores.observers["n_trials"].to_dict() == {"08": 20, "07": 40}
    assert results.scores.population.n_observers == 2
    assert results.content["sessions"]["n"] == 3


@pytest.mark.parametrize("answers", [{}, {"trial-004": False}], ids=["all right", "one wrong"])
def test_a_single_observer_and_perfect_answers_give_a_page_without_an_interval(study, answers):
    study.write_session("07", answers, kind="person")
    results = report(study)
    assert np.isnan(results.scores.population.low)
    assert "no interval for new observers and new pairs: one observer tells nothing" in text_of(results)
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
    results = report(study, drawn_images)
    assert results.content["consistency"]["models"] is None
    assert "a published table of counts in place of decisions" in text_of(results)
    assert not (study.root / "report" / "figures" / "models.svg").exists()


def test_figures_of_an_earlier_report_that_no_longer_hold_are_removed(study):
    study.write_observers(3)
    report(study)
    assert (study.root / "report" / "tables" / "model_consistency.csv").exists()
    change(study.root / "difficulty" / "difficulty.json", DifficultyManifest, made_from={})
    report(study)
    for name in ("figures/models.png", "figures/model_consistency.svg", "tables/model_consistency.csv"):
        assert not (study.root / "report" / name).exists()


def test_without_images_the_examples_are_left_out_in_words(study):
    study.write_observers(2)
    assert "The images were not at hand when this report was made." in text_of(report(study))


def test_an_unreadable_image_is_named_on_the_page(study, drawn_images):
    class Spoilt(type(drawn_images)):
        def read(self, image_id: str) -> Image.Image:
            raise InputError(f"{image_id}: not an image")

    study.write_observers(2)
    assert re.search(r"could not be read: \d{4}: not an image", text_of(report(study, Spoilt())))


def test_text_of_the_data_is_escaped(study, drawn_images):
    study.write_models(class_name=lambda label: f"<script>alert({label})</script>")
    study.write_set()
    study.write_observers(2)
    page = report(study, drawn_images, title="A <b>bold</b> & title").report.read_text(encoding="utf-8")
    assert page.count("<script") == 1  # the page's own, the only one that its policy lets run
    assert "A &lt;b&gt;bold&lt;/b&gt; &amp; title" in page
    assert "&lt;script&gt;alert(" in page


def test_labels_made_after_the_set_are_pointed_out(study):
    study.write_observers(2)
    study.write_models(seed=5)
    assert "The images were labelled anew after the stimulus set was built." in text_of(report(study))


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
        report(study)
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
    assert "training/training.json" in text_of(report(study))
    assert report(study).content["stages"][0]["seed"] == 4711
    write_manifest(training, TrainingManifest, about)
    with pytest.raises(InputError, match=r"training.json: changed since pool.json was written"):
        report(study)


def test_exclusions_are_applied_counted_and_shown_with_the_numbers_without_them(study):
    study.write_observers(4)
    before = report(study)
    after = report(study, exclude={"sessions": {"sim02": "fell asleep"}, "max_response_time_s": 1.0})
    assert "sim02" not in after.scores.observers.index
    assert after.scores.population.estimate != before.scores.population.estimate
    # Response times are .80 s, .81 s …: of 22 trials the last one takes longer than 1 s.
    assert after.content["exclusions"]["by_rule"]["too_slow"] == 4
    assert after.content["exclusions"]["population_without"]["estimate"] == before.scores.population.estimate
    text = text_of(after)
    assert "Left out by the study's rules: 23 answers, among them those of 1 whole session" in text
    assert "fell asleep" in text


def test_a_report_under_other_labels_says_what_they_change(study):
    study.write_observers(3)
    before = report(study)
    table = pd.read_parquet(study.root / "difficulty" / "difficulty.parquet")
    newer = type(study)(study.root / "newer")
    newer.write_difficulty(table, 5 - table["n_correct"].to_numpy(), np.full(len(table), -1), {}, "drawn")
    after = report(study, labels=newer.root / "difficulty")
    # Every order is reversed, so right is wrong and wrong is right.
    assert after.scores.population.estimate == pytest.approx(1 - before.scores.population.estimate)
    assert after.content["label_change"]["n_changed"] == 20
    assert "20 have it reversed" in text_of(after)
    assert "newer/difficulty/difficulty.json" in after.content["made_from"]


def test_another_study_stands_beside_this_one_and_the_published_one(study):
    study.write_observers(3)
    there = report(study, title="There").scores.population
    shutil.copytree(study.root, study.root.parent / "other")
    study.write_session("sim01", {})
    here = report(study, title="Here", seed=1, beside=["../other"])
    rows = {row["study"]: row for row in here.content["studies"]}
    assert list(rows) == ["Here", "Meding et al. (2022)", "There"]
    assert rows["Here"]["accuracy"] == here.scores.population.estimate
    assert (rows["There"]["accuracy"], rows["There"]["accuracy_low"]) == (there.estimate, there.low)
    assert there.estimate != here.scores.population.estimate
    path = study.root.parent / "other" / "report" / "results.json"
    assert here.content["made_from"]["../other/report/results.json"] == sha256_of(path)
    assert "There" in text_of(here)
    table = pd.read_csv(study.root / "report" / "tables" / "studies.csv")
    assert table["accuracy"].tolist() == pytest.approx([row["accuracy"] for row in rows.values()])


def test_a_study_with_the_same_pairs_is_compared_pair_by_pair_and_with_others_as_a_whole(study):
    study.write_observers(5)
    report(study, title="There")
    other = study.root.parent / "other"
    shutil.copytree(study.root, other)
    study.write_observers(10)  # who find the same pairs hard
    here = report(study, beside=["../other"])
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
    row = report(study, beside=["../other"]).content["studies"][2]
    assert row["difference"] == pytest.approx(expected.estimate)
    assert row["difference_high"] - row["difference_low"] > expected.high - expected.low
    assert row["difference_method"].startswith("studies without common observers or items")


def test_another_study_whose_sessions_are_no_longer_those_of_its_report_is_refused(study):
    study.write_observers(3)
    report(study, title="There")
    other = study.root.parent / "other"
    shutil.copytree(study.root, other)
    path = other / "report" / "results.json"
    population = json.loads(path.read_text())["population"]
    population["estimate"] -= 0.01
    change(path, AccuracyResultsManifest, population=population)
    with pytest.raises(InputError, match="its sessions are not those of its report"):
        report(study, beside=["../other"])


def test_asking_for_people_where_there_are_none_is_refused(study):
    study.write_observers(2)
    with pytest.raises(InputError, match="no session of a person"):
        report(study, observers="person")


def test_a_set_that_nobody_saw_is_refused(study):
    study.write_session("01", set_id="0123456789abcdef")
    with pytest.raises(InputError, match="no session of anyone with the set 'main' as it is now"):
        report(study)


def test_repeats_and_confidence_are_reported_where_they_were_asked(study):
    study.write_set(n_main=22)
    path = study.root / "stimuli" / "main" / "trials.tsv"
    first, *rows = path.read_text().splitlines()
    lines = [f"{first}\tsession\tcatch\trepeats"]
    main = [trial["trial_id"] for trial in study.trials if trial["block"] == "main"]
    again = dict(zip(main[-2:], main[:2], strict=True))
    for row in rows:
        practice = "\tpractice\t" in row
        lines.append(f"{row}\t{int(not practice)}\tfalse\t{again.get(row.split(chr(9))[0], 'n/a')}")
    path.write_text("\n".join(lines) + "\n")
    study.set_id = write_set_manifest(path.parent, {"trials": 20, "practice_trials": 2})
    for participant, wrong in (("01", [main[0], main[3]]), ("02", [main[1], main[-1], main[4]])):
        table = study.write_session(participant, dict.fromkeys(wrong, False), kind="person")
        head, *answers = table.read_text().splitlines()
        column = head.split("\t").index("trial_id")
        sure = [("1" if each.split("\t")[column] in wrong[:2] else "3") for each in answers]
        cells = [f"{each}\t{step}\t0.5" for each, step in zip(answers, sure, strict=True)]
        table.write_text("\n".join([f"{head}\tconfidence\tconfidence_time", *cells]) + "\n")
    observers = report(study).content["observers"]
    details = {row["observer"]: row for row in observers["details"]}
    # 01 was wrong at first and right again on one of two repeated pairs, 02 twice wrong on one of them.
    assert details["01"]["n_repeats"] == 2
    assert details["01"]["repeat_agreement"] == 0.5
    assert details["02"]["repeat_agreement"] == 1
    assert details["01"]["type_2_area"] == 1
    assert [row["confidence"] for row in observers["calibration"]] == [1, 3]
    # Of the answers with confidence 1, three count (a repeat is none), all wrong; of the others one is wrong.
    assert observers["calibration"][0]["accuracy"] == 0
    assert (study.root / "report" / "tables" / "calibration.csv").exists()


def test_images_without_a_difficulty_count_in_no_share(study):
    study.write_observers(3)
    before = report(study).content["difficulty"]
    folder = study.root / "difficulty"
    table = pd.read_parquet(folder / "difficulty.parquet")
    table.loc[table["difficulty"] == "in-between", "difficulty"] = None
    write_difficulty(folder, table, images="drawn")
    results = report(study)
    after = results.content["difficulty"]
    n_left = before["n_images"] - before["counts"]["in-between"]
    assert after["n_not_labelled"] == before["counts"]["in-between"] > 0
    assert after["shares"]["trivial"] == before["counts"]["trivial"] / n_left
    assert sum(after["shares"].values()) == pytest.approx(1)
    assert f"Too few models saw {after['n_not_labelled']} further images" in text_of(results)


def test_what_labels_owe_to_the_pool_is_shown_where_it_is_known(study):
    study.write_observers(3)
    assert report(study).content["labels"] is None
    folder = study.root / "difficulty"
    kinds = ("trivial", "in-between", "impossible")
    sizes = [(3, 0.7, 0.0, 0.3), (5, 0.5, 0.3, 0.2)]
    by_size = pd.DataFrame(
        [
            (n, kind, share, 0.01, share, share, 9)
            for n, *shares in sizes
            for kind, share in zip(kinds, shares, strict=True)
        ],
        columns=["n_models", "difficulty", "share", "sd", "low", "high", "n_pools"],
    )
    columns = ["what", "left_out", "n_models", "trivial_change", "impossible_change", "n_relabelled"]
    left_out = pd.DataFrame(
        [
            ("model", "alpha", 4, 0.02, 0.01, 7),
            ("model", "beta", 4, 0.0, 0.0, 1),
            ("family", "one", 4, 0.02, 0.01, 7),
            ("family", "two", 3, 0.2, 0.1, 30),
        ],
        columns=columns,
    )
    by_size.to_csv(folder / "pool_size.csv", index=False)
    left_out = left_out.assign(**dict.fromkeys((*kinds, "stability"), 0.5))
    left_out.to_csv(folder / "leave_one_out.csv", index=False)
    tables = {name: sha256_of(folder / name) for name in ("pool_size.csv", "leave_one_out.csv")}
    change(folder / "difficulty.json", DifficultyManifest, tables=tables, mean_stability=0.912)
    text = text_of(results := report(study))
    assert "with a probability of 91.2% on average" in text
    assert "the family two: without it, 30 images get another label" in text
    assert [row["left_out"] for row in results.content["labels"]["leave_one_out"]] == ["alpha", "beta", "two"]
    assert (study.root / "report" / "figures" / "pool_size.svg").exists()
    (folder / "pool_size.csv").write_text("changed")
    with pytest.raises(InputError, match=r"pool_size\.csv"):
        report(study)
