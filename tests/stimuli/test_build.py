"""Stimulus sets, built from difficulty tables made in the test."""

import io
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from model_eval.artefacts import InputError, sha256_of, write_json
from model_eval.records import DifficultyTable, write_parquet
from stimuli.build import build_set, draw_pairs
from stimuli.records import Block, StimulusSet, read_stimulus_set
from stimuli.settings import StimulusSettings

TEN_MODELS = 10
COUNTS = {"trivial": 10, "in-between": 5, "impossible": 0}


class PlainImages:
    """A source of grey squares, each with a value of its own and with metadata that must not leak."""

    name = "plain"

    def read(self, image_id: str) -> Image.Image:
        image = Image.new("L", (7, 5), color=int(image_id) % 256)
        info = PngImagePlugin.PngInfo()
        info.add_text("difficulty", "impossible")
        file = io.BytesIO()
        image.save(file, format="PNG", pnginfo=info)
        return Image.open(file)


def difficulty_rows(n_of_each: int, label_errors: tuple[str, ...] = ()) -> pd.DataFrame:
    rows = []
    for difficulty, n_correct in COUNTS.items():
        for _ in range(n_of_each):
            image_id = f"{len(rows):04d}"
            rows.append(
                {
                    "image_id": image_id,
                    "label": len(rows) % 3,
                    "class_name": "abc"[len(rows) % 3],
                    "n_models": TEN_MODELS,
                    "n_correct": n_correct,
                    "difficulty": difficulty,
                    "label_error": image_id in label_errors,
                }
            )
    return pd.DataFrame(rows)


def write_difficulty(folder: Path, rows: pd.DataFrame, images: str | None = "plain") -> Path:
    write_parquet(folder / "difficulty.parquet", rows)
    manifest = {"sha256": sha256_of(folder / "difficulty.parquet"), "images": images}
    write_json(folder / "difficulty.json", manifest)
    return folder


def build(tmp_path: Path, rows: pd.DataFrame, name: str = "main", seed: int = 1, **options: bool) -> StimulusSet:
    return build_set(
        write_difficulty(tmp_path / "difficulty", rows),
        PlainImages(),
        StimulusSettings(trials=6, practice_trials=2),
        name=name,
        folder=tmp_path / "stimuli" / name,
        seed=seed,
        **options,
    )


def test_every_trial_pairs_one_trivial_with_one_impossible_image(tmp_path):
    built = build(tmp_path, difficulty_rows(20))
    for trial in built.trials:
        kinds = {built.items[trial.item_a].difficulty, built.items[trial.item_b].difficulty}
        assert kinds == {"trivial", "impossible"}
        harder = built.harder_item(trial)
        assert harder is not None
        assert built.items[harder].difficulty == "impossible"


def test_practice_comes_first_and_no_image_is_used_twice(tmp_path):
    built = build(tmp_path, difficulty_rows(20))
    assert [trial.block for trial in built.trials] == [Block.PRACTICE] * 2 + [Block.MAIN] * 6
    used = [built.items[item].image_id for trial in built.trials for item in (trial.item_a, trial.item_b)]
    assert len(set(used)) == len(used) == 16


def test_the_image_on_disk_is_the_source_s_image_without_its_metadata(tmp_path):
    built = build(tmp_path, difficulty_rows(20))
    for item in built.items.values():
        with Image.open(built.folder / item.file) as image:
            assert image.size == (7, 5)
            assert np.asarray(image).max() == np.asarray(image).min() == int(item.image_id) % 256
            assert image.info == {}


def test_neither_number_nor_place_of_an_item_tells_its_difficulty(tmp_path):
    rows = difficulty_rows(200)
    built = build_set(
        write_difficulty(tmp_path / "difficulty", rows),
        PlainImages(),
        StimulusSettings(trials=200, practice_trials=0),
        name="main",
        folder=tmp_path / "main",
        seed=3,
    )
    hard = np.array([item.difficulty == "impossible" for item in built.items.values()])
    ranks = np.arange(len(hard))
    # Under chance the mean rank of 200 out of 400 has an SD of sqrt(400² / 12 · (1/200) · (200/399)) = 5.8.
    assert abs(ranks[hard].mean() - ranks.mean()) < 3 * 5.8
    first = np.array([built.items[trial.item_a].difficulty == "impossible" for trial in built.trials])
    assert 70 <= first.sum() <= 130  # 200 fair coins, four SDs


def test_row_order_changes_nothing_and_seed_and_name_do(tmp_path):
    rows = difficulty_rows(30)
    first = build(tmp_path / "a", rows)
    shuffled = build(tmp_path / "b", rows.sample(frac=1, random_state=5).reset_index(drop=True))
    assert first.set_id == shuffled.set_id
    for file in ("items.tsv", "trials.tsv"):
        assert (first.folder / file).read_bytes() == (shuffled.folder / file).read_bytes()
    assert build(tmp_path / "c", rows, seed=2).set_id != first.set_id
    assert build(tmp_path / "a", rows, name="other").set_id != first.set_id


def test_images_with_wrong_labels_are_never_drawn(tmp_path):
    wrong = tuple(f"{number:04d}" for number in range(0, 12))
    built = build(tmp_path, difficulty_rows(20, label_errors=wrong))
    assert not {item.image_id for item in built.items.values()} & set(wrong)


def test_too_few_images_are_refused_with_both_numbers_and_nothing_is_written(tmp_path):
    with pytest.raises(InputError, match=r"7 trivial images, 8 needed \(6 trials \+ 2 for practice\)"):
        build(tmp_path, difficulty_rows(7))
    assert not (tmp_path / "stimuli").exists()


def test_a_different_set_of_the_same_name_is_kept_unless_told_otherwise(tmp_path):
    rows = difficulty_rows(20)
    first = build(tmp_path, rows)
    with pytest.raises(InputError, match="holds another stimulus set"):
        build(tmp_path, rows, seed=2)
    assert read_stimulus_set(first.folder).set_id == first.set_id
    second = build(tmp_path, rows, seed=2, replace=True)
    assert read_stimulus_set(first.folder).set_id == second.set_id != first.set_id
    assert [path.name for path in (tmp_path / "stimuli").iterdir()] == ["main"]


def test_building_the_same_set_again_mends_a_damaged_one(tmp_path):
    rows = difficulty_rows(20)
    built = build(tmp_path, rows)
    next(iter((built.folder / "images").iterdir())).write_bytes(b"damaged")
    with pytest.raises(InputError, match="changed since"):
        read_stimulus_set(built.folder)
    assert build(tmp_path, rows).set_id == built.set_id


def test_a_changed_table_is_refused(tmp_path):
    built = build(tmp_path, difficulty_rows(20))
    text = (built.folder / "trials.tsv").read_text()
    (built.folder / "trials.tsv").write_text(text.replace("practice", "main"))
    with pytest.raises(InputError, match=r"trials\.tsv: changed since stimulus_set\.json was written"):
        read_stimulus_set(built.folder)


def test_labels_of_other_images_are_refused(tmp_path):
    folder = write_difficulty(tmp_path / "difficulty", difficulty_rows(20), images="mnist-5k")
    with pytest.raises(InputError, match="labels images of mnist-5k"):
        build_set(folder, PlainImages(), StimulusSettings(), name="main", folder=tmp_path / "main", seed=1)


@settings(max_examples=50, deadline=None)
@given(
    n_of_each=st.integers(1, 30),
    trials=st.integers(1, 20),
    practice=st.integers(0, 8),
    seed=st.integers(0, 2**32),
)
def test_drawn_pairs_are_as_many_as_asked_or_refused(n_of_each, trials, practice, seed):
    rows = difficulty_rows(n_of_each)
    rows = rows.sample(frac=1, random_state=random.Random(seed).randrange(2**32))
    table = DifficultyTable(rows, {})
    asked = StimulusSettings(trials=trials, practice_trials=practice)
    if trials + practice > n_of_each:
        with pytest.raises(InputError):
            draw_pairs(table, asked, np.random.default_rng(seed))
        return
    pairs = draw_pairs(table, asked, np.random.default_rng(seed))
    kinds = rows.set_index("image_id")["difficulty"]
    assert len(pairs) == trials + practice
    assert all(kinds[pair.trivial] == "trivial" and kinds[pair.impossible] == "impossible" for pair in pairs)
    assert len({image for pair in pairs for image in pair.image_ids}) == 2 * len(pairs)
