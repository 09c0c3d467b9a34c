"""Whole sets, from a difficulty table to a folder."""

import stat
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from stimuli.build import build_set
from stimuli.check import check_set
from stimuli.export_images import SAME_TIME
from stimuli.inputs import Sources
from stimuli.records import Block, read_any_set
from stimuli.settings import StimulusSettings
from stimuli.tasks.pair import harder_item
from stimuli.write_set import NewSet
from tricky.core.errors import InputError


def problems(folder):
    return [problem for checked in check_set(folder) for problem in checked.problems]


def test_every_trial_pairs_one_trivial_with_one_impossible_image(build, difficulty_rows):
    built = build(difficulty_rows(20))
    for trial in built.trials:
        kinds = {built.items[item].difficulty for item in trial.item_ids}
        assert kinds == {"trivial", "impossible"}
        assert built.items[harder_item(built, trial)].difficulty == "impossible"


def test_practice_comes_first_and_no_image_is_used_twice(build, difficulty_rows):
    built = build(difficulty_rows(20))
    assert [trial.block for trial in built.trials] == [Block.PRACTICE] * 2 + [Block.MAIN] * 6
    used = [built.items[item].image_id for trial in built.trials for item in trial.item_ids]
    assert len(set(used)) == len(used) == 16


def test_the_image_on_disk_is_the_source_s_image_without_its_metadata(build, difficulty_rows, plain_images):
    rows = difficulty_rows(20)
    source = plain_images(list(rows["image_id"]))
    built = build(rows, source=source)
    for item in built.items.values():
        with Image.open(built.folder / item.file) as image:
            assert np.array_equal(np.asarray(image), np.asarray(source.read(item.image_id)))
            assert image.info == {}


def test_neither_name_nor_place_nor_time_of_an_item_reveals_its_difficulty(build, difficulty_rows):
    built = build(difficulty_rows(200), {"trials": 200, "practice_trials": 0})
    hard = np.array([item.difficulty == "impossible" for item in built.items.values()])
    ranks = np.arange(len(hard))
    # Under chance the mean rank of 200 out of 400 has an SD of sqrt(400² / 12 · (1/200) · (200/399)) = 5.8.
    assert abs(ranks[hard].mean() - ranks.mean()) < 3 * 5.8
    assert list(built.items) == sorted(built.items)
    first = np.array([built.items[trial.item_ids[0]].difficulty == "impossible" for trial in built.trials])
    assert 70 <= first.sum() <= 130  # 200 fair coins, four SDs
    files = [(built.folder / item.file).stat() for item in built.items.values()]
    assert {each.st_mtime for each in files} == {SAME_TIME}
    assert not any(each.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) for each in files)


def test_an_item_is_named_after_its_image_in_every_set(build, difficulty_rows):
    rows = difficulty_rows(30)
    one, two = build(rows), build(rows, {"trials": 20}, name="other", seed=4)
    names = [{item.image_id: item.item_id for item in each.items.values()} for each in (one, two)]
    both = names[0].keys() & names[1].keys()
    assert both
    assert all(names[0][image] == names[1][image] for image in both)


def test_order_of_rows_and_of_keys_changes_nothing_and_seed_and_name_do(build, tmp_path, difficulty_rows):
    rows = difficulty_rows(30)
    asked = {"trials": 5, "match": {"covariates": ["covariate"], "exact": ["class_name"]}}
    backwards = {"match": dict(reversed(asked["match"].items())), "trials": 5}
    first = build(rows, asked, root=tmp_path / "a")
    shuffled = rows.sample(frac=1, random_state=5).reset_index(drop=True)
    second = build(shuffled, backwards, root=tmp_path / "b")
    assert first.set_id == second.set_id
    files = sorted(path.relative_to(first.folder) for path in first.folder.rglob("*") if path.is_file())
    for file in files:
        if file.name != "stimulus_set.json":  # it names the table's hash, which the order of rows changes
            assert (first.folder / file).read_bytes() == (second.folder / file).read_bytes()
    assert build(rows, asked, seed=2, root=tmp_path / "c").set_id != first.set_id
    assert build(rows, asked, name="other").set_id != first.set_id


def test_too_few_images_are_refused_with_the_numbers_and_the_rule_that_excluded_most_and_nothing_is_written(
    build, tmp_path, difficulty_rows
):
    rows = difficulty_rows(10)
    rows.loc[rows["difficulty"] == "impossible", "stability"] = [0.1, 0.2, 0.3, 0.4, *[0.9] * 6]
    with pytest.raises(
        InputError,
        match=r"6 impossible images are eligible, 8 needed \(6 trials \+ 2 for practice\)"
        r"; most of them excluded by min_stability: 4 images",
    ):
        build(rows, {"eligible": {"min_stability": 0.5}})
    assert not (tmp_path / "stimuli").exists()


def test_a_different_set_of_the_same_name_is_kept_unless_it_may_be_replaced(build, tmp_path, difficulty_rows):
    rows = difficulty_rows(20)
    first = build(rows)
    with pytest.raises(InputError, match="contains another stimulus set"):
        build(rows, seed=2)
    assert read_any_set(first.folder).set_id == first.set_id
    second = build(rows, seed=2, replace=True)
    assert read_any_set(first.folder).set_id == second.set_id != first.set_id
    assert [path.name for path in (tmp_path / "stimuli").iterdir()] == ["main"]


def test_building_the_same_set_again_mends_a_damaged_one(build, difficulty_rows):
    rows = difficulty_rows(20)
    built = build(rows)
    image = next(iter((built.folder / "images").iterdir()))
    image.chmod(0o644)
    image.write_bytes(b"damaged")
    with pytest.raises(InputError, match="changed since"):
        read_any_set(built.folder)
    assert build(rows).set_id == built.set_id


def test_labels_of_other_images_are_refused(tmp_path, difficulty_rows, write_difficulty, plain_images):
    rows = difficulty_rows(20)
    folder = write_difficulty(tmp_path / "difficulty", rows, images="mnist-5k")
    source = plain_images(list(rows["image_id"]))
    with pytest.raises(InputError, match="labels images of mnist-5k"):
        build_set(Sources(folder, source, tmp_path), StimulusSettings(), NewSet("main", tmp_path / "main", 1))


def test_images_are_measured_once(build, tmp_path, difficulty_rows, plain_images):
    rows = difficulty_rows(20)
    source = plain_images(list(rows["image_id"]))
    asked = {"match": {"covariates": ["mean_luminance"]}}
    cache = tmp_path / "cache.parquet"
    first = build(rows, asked, source=source, cache=cache)
    assert source.n_read == 40 + 16, "every candidate measured, every item exported"
    source.n_read = 0
    second = build(rows, asked, source=source, cache=cache)
    assert source.n_read == 16
    assert second.set_id == first.set_id == build(rows, asked, name="main", replace=True).set_id


def test_rated_images_come_as_many_of_each_difficulty_with_their_questions(build, difficulty_rows):
    questions = [{"name": "fits", "text": "Does the label fit?", "answers": ["yes", "no"]}]
    asked = {"task": "rating", "groups": ["trivial", "in-between", "impossible"], "questions": questions}
    built = build(difficulty_rows(20), asked | {"trials": 30, "practice_trials": 6})
    shown = Counter((trial.block, built.items[trial.item_ids[0]].difficulty) for trial in built.trials)
    assert all(shown[Block.MAIN, kind] == 10 and shown[Block.PRACTICE, kind] == 2 for kind in asked["groups"])
    assert built.settings.questions[0].answers == ("yes", "no")
    assert problems(built.folder) == []


def test_catch_trials_show_only_what_the_lab_listed(build, tmp_path, difficulty_rows):
    rows = difficulty_rows(20)
    listed = ["0000", "0001", "0002", "0040", "0041"]
    (tmp_path / "catch.csv").write_text("image_id,why\n" + "\n".join(f"{each},clear" for each in listed))
    built = build(rows, {"catch_trials": 2, "catch_images": "catch.csv"}, root=tmp_path)
    catch = {built.items[item].image_id for trial in built.trials if trial.catch for item in trial.item_ids}
    other = {
        built.items[item].image_id for trial in built.trials if not trial.catch for item in trial.item_ids
    }
    assert len(catch) == 4
    assert catch <= set(listed)
    assert not other & set(listed)
    assert problems(built.folder) == []


def test_licence_and_source_go_along_with_the_items(build, tmp_path, difficulty_rows):
    rows = difficulty_rows(20)
    lab = pd.DataFrame({"image_id": rows["image_id"], "licence": "CC0", "size": np.arange(len(rows)) % 7})
    lab.to_csv(tmp_path / "images.csv", index=False)
    asked = {"table": "images.csv", "carry": ["licence"], "match": {"covariates": ["size"]}}
    built = build(rows, asked, root=tmp_path)
    assert all(more["licence"] == "CC0" and "size" in more for more in built.more.values())
    assert problems(built.folder) == []


def test_published_evidence_can_be_matched_on_next_to_the_lab_s_own_table(build, tmp_path, difficulty_rows):
    """Images 0 to 79 with the labels 0 to 9 in turn, about which 50 people said what they saw."""
    rows = difficulty_rows(20, n_classes=10)
    counts = 50 * np.eye(10, dtype=int)[np.arange(10_000) % 10]
    unsure = np.arange(10_000) % 3 == 0
    counts[unsure] = 5  # everything is as likely: an entropy of ln 10
    counts[unsure, np.flatnonzero(unsure) % 10] += 1
    np.save(tmp_path / "cifar10h-counts.npy", counts)
    pd.DataFrame({"image_id": rows["image_id"], "licence": "CC0"}).to_csv(tmp_path / "own.csv", index=False)
    asked = {
        "table": ["own.csv", "cifar10h-counts.npy"],
        "carry": ["licence", "human_n"],
        "match": {"covariates": ["human_entropy"], "caliper_sd": 0.1},
    }
    built = build(rows, asked, root=tmp_path)
    for trial in built.trials:
        one, other = (float(built.more[item]["human_entropy"]) for item in trial.item_ids)
        assert one == other
        assert one in (0, pytest.approx(np.log(10), abs=0.01))
    assert {(more["licence"], more["human_n"]) for more in built.more.values()} == {
        ("CC0", "50"),
        ("CC0", "51"),
    }
    matched = {name: each.model_dump() for name, each in built.manifest.matched.items()}
    assert matched == {
        "table own.csv": {"n_entries": 60, "n_matched": 60},
        "table cifar10h-counts.npy": {"n_entries": 10_000, "n_matched": 60},
    }
    with pytest.raises(InputError, match=r"own\.csv, line 1: another table has a column licence; rename"):
        build(rows, {"table": ["own.csv", "own.csv"]}, root=tmp_path, name="other")


def test_no_reference_to_images_without_files(build, difficulty_rows):
    with pytest.raises(InputError, match="has no image files to refer to"):
        build(difficulty_rows(20), {"export": {"reference": True}})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_rule_holds_for_whatever_a_lab_asks(difficulty_rows, build, tmp_path_factory, data):
    n_classes = data.draw(st.integers(1, 4))
    rows = difficulty_rows(data.draw(st.integers(4, 25)), n_classes)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    rows["stability"] = rng.uniform(0.3, 1, len(rows))
    rows["label_error"] = rng.random(len(rows)) < 0.1
    task = data.draw(st.sampled_from(["2afc", "single"]))
    trials = data.draw(st.integers(1, 8))
    repeats = data.draw(st.integers(0, min(2, trials)))
    asked = {
        "task": task,
        "groups": data.draw(st.sampled_from([("trivial", "impossible"), ("in-between", "trivial")])),
        "trials": trials,
        "practice_trials": data.draw(st.integers(0, 3)),
        "sessions": data.draw(st.integers(1, min(2, trials))),
        "repeat_trials": repeats,
        "repeat_distance": 0,
        "eligible": {
            "min_stability": data.draw(st.sampled_from([0.0, 0.5])),
            "max_per_class": data.draw(st.sampled_from([None, 4, 8])),
            "min_hash_distance": data.draw(st.sampled_from([0, 12])),
            "deny_classes": data.draw(st.sampled_from([(), ("b",)])),
        },
        "match": {
            "covariates": data.draw(st.sampled_from([(), ("covariate",), ("covariate", "edge_density")])),
            "exact": data.draw(st.sampled_from([(), ("class_name",)])),
            "how": data.draw(st.sampled_from(["pairs", "groups"])),
        },
    }
    folder = tmp_path_factory.mktemp("any")
    refused, built = "", None
    try:
        built = build(rows, asked, root=folder)
    except InputError as error:
        refused = str(error)
    if built is None:
        assert "\n" not in refused
        assert not (folder / "stimuli").exists()
        return
    assert problems(built.folder) == []
    images = {item.image_id for item in built.items.values()}
    assert not rows.set_index("image_id").loc[sorted(images), "label_error"].any()
    assert [path.name for path in (folder / "stimuli").iterdir()] == ["main"]
