from __future__ import annotations

import json
from pathlib import Path

import made_up
import numpy as np
import pandas as pd
import pytest
from made_up import write_pool

from model_eval.columns import Difficulty
from model_eval.decisions import read_decisions
from model_eval.difficulty import read_difficulty, read_label_tables
from model_eval.label.label import label_counts, label_decisions, summary
from model_eval.manifests import PoolManifest
from model_eval.networks.decision_rows import decision_rows
from model_eval.settings import LabelSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.parquet import write_parquet

REFERENCES = Path(__file__).parents[2] / "references"


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
    assert table.manifest.counts.by_name() == {
        "trivial": round(50_000 * trivial),
        "in-between": round(50_000 * in_between),
        "impossible": round(50_000 * impossible),
    }
    assert table.manifest.images is None
    assert table.images["modal_share"].isna().all()


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
        family = "first" if name in "vw" else ""
        models.append({"name": name, "family": family})
    write_pool(folder, models, {"n": 4, "source": "letters"})
    return folder


def test_decisions_are_counted_labelled_and_their_modal_answer_given(decisions: Path) -> None:
    table = label_decisions(decisions, decisions.parent / "difficulty", LabelSettings(tolerance=1))
    images = table.images.set_index("image_id")
    assert images["n_correct"].to_dict() == {"a": 5, "b": 4, "c": 0, "d": 1}
    assert images["difficulty"].tolist() == ["trivial", "trivial", "impossible", "impossible"]
    # Of d's answers 0 and 2 were given twice each: the smaller is reported.
    assert images["modal_prediction"].tolist() == [0, 1, 0, 0]
    assert images["modal_error"].tolist() == [-1, 2, 0, 0]
    np.testing.assert_allclose(images["modal_error_share"], [0, 0.2, 0.8, 0.4], rtol=1e-6)
    assert images["reason"].isna().all()
    np.testing.assert_allclose(images["modal_share"], [1, 0.8, 0.8, 0.4], rtol=1e-6)
    assert not images["label_error"].any()
    assert table.manifest.images == "letters"
    assert table.manifest.made_from == {"decisions/pool.json": sha256_of(decisions / "pool.json")}
    assert (table.manifest.n_images, table.manifest.n_models, table.manifest.tolerance) == (4, 5, 1)


def test_labelling_twice_gives_the_same_bytes(decisions: Path) -> None:
    folder = decisions.parent / "difficulty"
    label_decisions(decisions, folder, LabelSettings())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    label_decisions(decisions, folder, LabelSettings())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert sorted(before) == [
        "difficulty.json",
        "difficulty.parquet",
        "leave_one_out.csv",
        "pool_size.csv",
    ]


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
    assert table.manifest.made_from == {"counts.csv": sha256_of(counts)}
    assert table.images["image_id"].tolist() == ["a", "b"]
    assert read_difficulty(tmp_path / "study" / "difficulty").manifest.n_models == 3


def change(decisions: Path, name: str, **entry: object) -> None:
    """Change what ``pool.json`` says of a model."""
    models = json.loads((decisions / "pool.json").read_text())["models"]
    models = [model | entry if model["name"] == name else model for model in models]
    made_up.change(decisions / "pool.json", PoolManifest, models=models)


def rewrite(decisions: Path, name: str, rows: pd.DataFrame) -> None:
    write_parquet(decisions / f"{name}.parquet", rows)
    change(decisions, name, sha256=sha256_of(decisions / f"{name}.parquet"))


def test_an_image_counts_the_models_that_saw_it(decisions: Path) -> None:
    # x saw neither a nor c, y saw no c, z only a and b: of c two models are left.
    for name, ids in (("x", "bd"), ("y", "abd"), ("z", "ba")):
        rows = pd.read_parquet(decisions / f"{name}.parquet").set_index("image_id").loc[list(ids)]
        rewrite(decisions, name, rows.reset_index())
    assert read_decisions(decisions).accuracy.tolist() == [0.5, 0.5, 0.5, 1 / 3, 1.0]
    table = label_decisions(decisions, decisions.parent / "difficulty", LabelSettings())
    images = table.images.set_index("image_id")
    assert images["n_models"].to_dict() == {"a": 4, "b": 5, "c": 2, "d": 4}
    assert images["n_correct"].to_dict() == {"a": 4, "b": 4, "c": 0, "d": 0}
    assert images["difficulty"].fillna("n/a").tolist() == ["trivial", "trivial", "n/a", "impossible"]
    assert images["stability"].isna().tolist() == [False, False, True, False]
    assert table.manifest.n_images == 3
    assert table.manifest.n_not_labelled == 1
    assert sum(n for n, _ in summary(table).values()) == 3
    assert sum(share for _, share in summary(table).values()) == pytest.approx(1)
    rewrite(decisions, "x", pd.read_parquet(decisions / "x.parquet").iloc[:0])
    with pytest.raises(InputError, match=r"no image was seen by 5 of 5 models; lower `min_models_share`"):
        label_decisions(decisions, decisions.parent / "other", LabelSettings(min_models_share=1))


def test_rows_of_unknown_images_and_rows_twice_are_refused(decisions: Path) -> None:
    rows = pd.read_parquet(decisions / "w.parquet")
    for wrong in (pd.concat([rows, rows.iloc[:1]]), rows.assign(image_id=list("abce"))):
        rewrite(decisions, "w", wrong)
        with pytest.raises(InputError, match=r"w\.parquet: its images are not those"):
            read_decisions(decisions)


def test_a_model_that_failed_is_left_out_only_if_it_is_named(decisions: Path) -> None:
    change(decisions, "w", failure="its answer isn't finite")
    folder = decisions.parent / "difficulty"
    with pytest.raises(InputError, match=r"w failed \(its answer isn't finite\).*add \"w\" to `leave_out`"):
        label_decisions(decisions, folder, LabelSettings())
    table = label_decisions(decisions, folder, LabelSettings(leave_out=("w",)))
    assert table.manifest.models == ("v", "x", "y", "z")
    assert set(table.images["n_models"]) == {4}
    with pytest.raises(
        InputError, match=r"leave_out: no model of the pool is called 'u'; there are 'v', 'x'"
    ):
        label_decisions(decisions, folder, LabelSettings(leave_out=("u",)))
    with pytest.raises(InputError, match="no model is left"):
        label_decisions(decisions, folder, LabelSettings(leave_out=tuple("vwxyz")))


def test_label_errors_are_flagged_and_the_shares_given_with_and_without_them(decisions: Path) -> None:
    (decisions.parent / "errors.txt").write_text("c\nelsewhere\n")
    settings = LabelSettings(label_errors=Path("errors.txt"))
    table = label_decisions(decisions, decisions.parent / "difficulty", settings)
    assert table.images.set_index("image_id")["label_error"].to_dict() == {"a": 0, "b": 0, "c": 1, "d": 0}
    assert table.manifest.counts.by_name() == {"trivial": 2, "in-between": 0, "impossible": 2}
    sound = table.manifest.without_label_errors
    assert sound is not None
    assert sound.counts.by_name() == {"trivial": 2, "in-between": 0, "impossible": 1}
    assert sound.n_images == 3
    assert table.manifest.impossible == {"wrong label": 1, "not reassessed": 1}
    assert set(table.manifest.made_from) == {"decisions/pool.json", "errors.txt"}
    matched = table.manifest.matched["label_errors"]
    assert (matched.n_entries, matched.n_matched) == (2, 1)
    (decisions.parent / "errors.txt").write_text("C\n")
    with pytest.raises(
        InputError, match=r"errors\.txt \(\[label\] label_errors\), line 1: .* write 'c': capital"
    ):
        label_decisions(decisions, decisions.parent / "difficulty", settings)


def test_impossible_images_are_split_by_what_annotators_found(decisions: Path) -> None:
    (decisions.parent / "right.csv").write_text("image_id,class_name\nc,class 0\nd,class 1\nd,class 2\n")
    settings = LabelSettings(reassessed=Path("right.csv"))
    table = label_decisions(decisions, decisions.parent / "difficulty", settings)
    assert table.images["reason"].fillna("").tolist() == ["", "", "wrong label", "ambiguous"]
    assert table.manifest.impossible == {"wrong label": 1, "ambiguous": 1}
    assert not table.images["label_error"].any()


def test_published_evidence_gives_label_errors_and_reasons(decisions: Path) -> None:
    """Of Mechanical Turk's answers about images that are numbered, as the file of CIFAR-10 has them."""
    counts = decisions.parent / "counts.csv"
    counts.write_text("image_id,n_correct,label,class_name\n0,11,0,a\n1,0,1,b\n2,0,2,c\n3,0,3,d\n4,0,4,e\n")
    answers = ({"given": 5}, {"given": 1, "guessed": 4}, {"given": 2, "both": 3}, {"given": 4, "neither": 1})
    entries = [
        {
            "id": place,
            "url": f"https://labelerrors.com/static/cifar10/{place}.png",
            "given_original_label": place,
            "mturk": given,
        }
        for place, given in enumerate([*answers, {"given": 5}, {"given": 5}])
        if place != 4  # which nobody suspected
    ]
    (decisions.parent / "mturk.json").write_text(json.dumps(entries))
    folder = decisions.parent / "difficulty"
    both = {"label_errors": Path("mturk.json"), "reassessed": Path("mturk.json")}
    finer = label_counts(counts, folder, LabelSettings.model_validate(both | {"label_errors": None}), 11)
    assert finer.manifest.impossible == {
        "wrong label": 1,
        "ambiguous": 1,
        "truly hard": 1,
        "not reassessed": 1,
    }
    table = label_counts(counts, folder, LabelSettings.model_validate(both), 11)
    assert table.images["label_error"].tolist() == [False, True, True, False, False]
    assert table.manifest.impossible == {"wrong label": 2, "truly hard": 1, "not reassessed": 1}
    matched = {name: each.model_dump() for name, each in table.manifest.matched.items()}
    assert matched == {key: {"n_entries": 5, "n_matched": 4} for key in ("label_errors", "reassessed")}


def test_tables_show_how_labels_depend_on_parts_of_the_pool(decisions: Path) -> None:
    folder = decisions.parent / "difficulty"
    label_decisions(decisions, folder, LabelSettings())
    tables = read_label_tables(folder)
    assert tables["pool_size.csv"]["n_models"].unique().tolist() == [3, 4, 5]
    left_out = tables["leave_one_out.csv"]
    assert left_out.query("what == 'model'")["left_out"].tolist() == list("vwxyz")
    assert left_out.query("what == 'family'")["left_out"].tolist() == ["first", "x", "y", "z"]
    counts = published_counts(decisions.parent / "counts.csv")
    label_counts(counts, folder, LabelSettings(), 11)
    assert read_label_tables(folder) == {}
    assert sorted(path.name for path in folder.iterdir()) == ["difficulty.json", "difficulty.parquet"]


def test_counts_cannot_leave_out_a_model(tmp_path: Path) -> None:
    counts = published_counts(tmp_path / "counts.csv")
    with pytest.raises(InputError, match="counts do not say which models were right"):
        label_counts(counts, tmp_path / "difficulty", LabelSettings(leave_out=("v",)), 11)
