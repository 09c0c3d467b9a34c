from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model_eval.artefacts import InputError, read_json, sha256_of, write_json
from model_eval.decide import decision_rows
from model_eval.difficulty import difficulty_of, label_counts, label_decisions, stability, summary
from model_eval.records import Difficulty, write_parquet
from model_eval.settings import LabelSettings

REFERENCES = Path(__file__).parents[1] / "references"


def published_counts(path: Path) -> Path:
    """Write the published histogram as one row an image."""
    histogram = pd.read_csv(REFERENCES / "meding2022_pool11_histogram.csv", comment="#")
    n_correct = np.repeat(histogram["n_correct"], histogram["images"])
    table = pd.DataFrame({"image_id": [f"{i:05d}" for i in range(len(n_correct))], "n_correct": n_correct})
    table.sample(frac=1, random_state=1).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("tolerance", "trivial", "impossible", "in_between"),
    [(1, 0.460, 0.11504, 0.42496), (0, 0.31838, 0.07044, 0.61118)],
)
def test_the_published_pool_gives_the_published_shares(
    tolerance: int, trivial: float, impossible: float, in_between: float, tmp_path: Path
) -> None:
    counts = published_counts(tmp_path / "counts.csv")
    table = label_counts(counts, tmp_path / "difficulty", LabelSettings(tolerance=tolerance), 11)

    assert len(table.images) == 50_000
    shares = {kind: share for kind, (_, share) in summary(table).items()}
    assert shares[Difficulty.TRIVIAL] == pytest.approx(trivial, abs=1e-9)
    assert shares[Difficulty.IMPOSSIBLE] == pytest.approx(impossible, abs=1e-9)
    assert shares[Difficulty.IN_BETWEEN] == pytest.approx(in_between, abs=1e-9)
    assert table.manifest["counts"] == {
        "trivial": round(50_000 * trivial),
        "in-between": round(50_000 * in_between),
        "impossible": round(50_000 * impossible),
    }
    assert table.manifest["images"] is None
    assert table.images["modal_share"].isna().all()


def test_difficulty_at_every_count_of_a_small_pool() -> None:
    assert difficulty_of(np.arange(6), 5, 1).tolist() == [
        *("impossible", "impossible", "in-between", "in-between", "trivial", "trivial")
    ]
    assert difficulty_of(np.arange(6), 5, 0).tolist() == ["impossible", *["in-between"] * 4, "trivial"]


def test_pools_of_different_size_are_each_held_to_their_own() -> None:
    assert difficulty_of(np.array([4, 4]), np.array([5, 11]), 1).tolist() == ["trivial", "in-between"]


@pytest.mark.parametrize(("tolerance", "n_models"), [(1, 2), (2, 4), (1, 1), (5, 9)])
def test_a_tolerance_that_makes_an_image_both_is_refused(tolerance: int, n_models: int) -> None:
    with pytest.raises(InputError, match=f"to {(n_models - 1) // 2} or less"):
        difficulty_of(np.array([1]), n_models, tolerance)
    difficulty_of(np.array([1]), n_models, (n_models - 1) // 2)


def test_stability_is_what_resampling_the_models_gives() -> None:
    rng = np.random.default_rng(11)
    n_models, n_draws = 11, 40_000
    n_correct = np.arange(n_models + 1)
    correct = np.arange(n_models)[:, None] < n_correct  # models × images
    drawn = rng.integers(0, n_models, (n_draws, n_models))
    resampled = np.stack([correct[models].sum(axis=0) for models in drawn])
    for tolerance in (0, 1, 3):
        same = difficulty_of(resampled, n_models, tolerance) == difficulty_of(n_correct, n_models, tolerance)
        # Standard error at most .0025; five of them.
        np.testing.assert_allclose(stability(n_correct, n_models, tolerance), same.mean(axis=0), atol=0.0125)


def test_an_image_that_all_models_agree_on_is_perfectly_stable() -> None:
    np.testing.assert_array_equal(stability(np.array([0, 7]), 7, 0), [1.0, 1.0])


@pytest.fixture
def decisions(tmp_path: Path) -> Path:
    """Five models' decisions on four images of three classes, as `tricky evaluate` leaves them."""
    folder = tmp_path / "decisions"
    labels = np.array([0, 1, 2, 1])
    predictions = [[0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 2], [0, 2, 0, 2], [0, 1, 1, 1]]
    images = pd.DataFrame(
        {
            "image_id": list("abcd"),
            "path": list("abcd"),
            "label": labels.astype("int32"),
            "class_name": [f"class {label}" for label in labels],
            "sha256": [sha256_of(name) for name in "abcd"],
        }
    )
    write_parquet(folder / "images.parquet", images)
    models = []
    for name, prediction in zip("vwxyz", predictions, strict=True):
        path = folder / f"{name}.parquet"
        write_parquet(path, decision_rows(list("abcd"), labels, np.eye(3)[prediction]))
        models.append({"name": name, "sha256": sha256_of(path)})
    manifest = {"sha256": sha256_of(folder / "images.parquet"), "n": 4, "source": "letters"}
    write_json(folder / "pool.json", {"images": manifest, "models": models})
    return folder


def test_decisions_are_counted_labelled_and_their_modal_answer_given(decisions: Path) -> None:
    table = label_decisions(decisions, decisions.parent / "difficulty", LabelSettings(tolerance=1))
    images = table.images.set_index("image_id")
    assert images["n_correct"].to_dict() == {"a": 5, "b": 4, "c": 0, "d": 1}
    assert images["difficulty"].tolist() == ["trivial", "trivial", "impossible", "impossible"]
    # Of d's answers 0 and 2 were given twice each: the smaller is reported.
    assert images["modal_prediction"].tolist() == [0, 1, 0, 0]
    np.testing.assert_allclose(images["modal_share"], [1, 0.8, 0.8, 0.4], rtol=1e-6)
    assert not images["label_error"].any()
    assert table.manifest["images"] == "letters"
    assert table.manifest["made_from"] == {"decisions/pool.json": sha256_of(decisions / "pool.json")}
    assert (table.manifest["n_images"], table.manifest["n_models"], table.manifest["tolerance"]) == (4, 5, 1)


def test_labelling_twice_gives_the_same_bytes(decisions: Path) -> None:
    folder = decisions.parent / "difficulty"
    label_decisions(decisions, folder, LabelSettings())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    label_decisions(decisions, folder, LabelSettings())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert sorted(before) == ["difficulty.json", "difficulty.parquet"]


def test_decisions_that_changed_since_are_not_labelled(decisions: Path) -> None:
    (decisions / "w.parquet").write_bytes((decisions / "v.parquet").read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match=r"w\.parquet: changed since pool\.json was written"):
        label_decisions(decisions, decisions.parent / "difficulty", LabelSettings())
    assert not (decisions.parent / "difficulty").exists()


def test_a_table_from_outside_the_study_is_named_without_its_place(tmp_path: Path) -> None:
    counts = tmp_path / "elsewhere" / "counts.csv"
    counts.parent.mkdir()
    counts.write_text("image_id,n_correct\nb,3\na,0\n")
    table = label_counts(counts, tmp_path / "study" / "difficulty", LabelSettings(), 3)
    assert table.manifest["made_from"] == {"counts.csv": sha256_of(counts)}
    assert table.images["image_id"].tolist() == ["a", "b"]
    assert read_json(tmp_path / "study" / "difficulty" / "difficulty.json", "")["n_models"] == 3
