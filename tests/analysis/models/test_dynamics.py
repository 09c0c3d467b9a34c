"""From made-up decisions of conditions, and of a pool, to the page."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up import HASH, origins, write_difficulty, write_pool

from analysis.columns import REPORT_COLUMNS
from analysis.models.comparison import compare, gather_models, read_superclasses, shares_by_group
from analysis.models.dynamics import write_dynamics
from benchmarks.interval_list import intervals_in, unlisted
from model_eval.train.epoch_decisions import ConditionModel, write_conditions, write_epochs
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.parquet import write_parquet

N_IMAGES, N_EPOCHS = 240, 4
NUMBERS: dict[str, Any] = {"tolerance": 0, "level": 0.9, "seed": 3}
SETTINGS: dict[str, Any] = {"title": "Digits & more"} | NUMBERS


def images_table(class_names: Sequence[str] = ("disc", "noise", "stripes")) -> pd.DataFrame:
    labels = np.arange(N_IMAGES) % 3
    return pd.DataFrame(
        {
            "image_id": [f"{i:04d}" for i in range(N_IMAGES)],
            "path": "",
            "label": labels.astype("int32"),
            "class_name": [class_names[int(label)] for label in labels],
            "sha256": "0" * 64,
        }
    )


def right(seed: int, last_epoch: int) -> np.ndarray:
    """Whether a network is right, (1 + last_epoch) × images: what images demand, and chance of its own."""
    demand = np.random.default_rng(0).normal(0, 2, N_IMAGES)
    own = np.random.default_rng(seed).normal(0, 0.7, (1 + last_epoch, N_IMAGES))
    return demand + own + np.arange(1 + last_epoch)[:, np.newaxis] > 1


def rows_of(images: pd.DataFrame, correct: np.ndarray) -> pd.DataFrame:
    prediction = np.where(correct, images["label"], (images["label"] + 1) % 3).astype("int32")
    return images[["image_id", "label"]].assign(
        prediction=prediction, label_rank=1, p_label=0.5, p_prediction=0.5, margin=1.0, entropy=0.7
    )


def make_conditions(
    folder: Path,
    models: Sequence[tuple[str, int, int]],
    source: str = "drawn",
    class_names: Sequence[str] = ("disc", "noise", "stripes"),
) -> None:
    """Write ``conditions/`` of models (condition, replicate, last epoch)."""
    folder.mkdir(parents=True)
    images = images_table(class_names)
    write_parquet(folder / "images.parquet", images)
    records = []
    for seed, (condition, replicate, last) in enumerate(models, start=1):
        name = f"{condition}-{replicate}"
        write_epochs(folder / f"{name}.parquet", [rows_of(images, each) for each in right(seed, last)])
        accuracies = tuple(right(seed, last).mean(axis=1).tolist())
        records.append(
            ConditionModel(name, condition, replicate, "timm:test_resnet", (1.0,) * last, accuracies)
        )
    conditions = {name: {} if name == "base" else {"epochs": 5} for name, *_ in models}
    images_are = {"n": 1, "source": source}
    write_conditions(
        folder,
        conditions=conditions,
        models=records,
        about={
            **origins(train={"training_set": None}, recipe={}),
            "images": images_are,
            "training_images": images_are | {"sha256": HASH},
            "classes": [],
            "device": "cpu",
        },
    )


@pytest.fixture
def study(tmp_path: Path) -> Path:
    models = [
        ("base", 1, N_EPOCHS),
        ("order", 1, N_EPOCHS),
        ("order", 2, N_EPOCHS),
        ("longer", 1, N_EPOCHS + 2),
    ]
    make_conditions(tmp_path / "conditions", models)
    return tmp_path


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    folder = tmp_path / "decisions"
    folder.mkdir()
    images = images_table()
    write_parquet(folder / "images.parquet", images)
    entries = []
    for seed, name in enumerate(("one", "two", "three"), start=1):
        rows = rows_of(images, right(seed, 2)[2]).assign(epoch=pd.array([pd.NA] * N_IMAGES, dtype="Int16"))
        if name == "three":
            rows = rows.iloc[10:]  # it failed to see ten images
        write_parquet(folder / f"{name}.parquet", rows)
        entries.append({"name": name})
    write_pool(folder, entries, {"n": N_IMAGES})
    return tmp_path


def test_conditions_give_a_page_with_every_number_in_its_json(study):
    results = write_dynamics(study, **SETTINGS)
    content = json.loads((study / "report" / "dynamics.json").read_text())
    page = results.page.read_text()
    assert {"dichotomy", "subsets", "conditions.kappa"} <= set(intervals_in(content))
    assert unlisted(content) == set()

    assert [row["condition"] for row in content["conditions"]] == ["order", "longer"]
    order = content["conditions"][0]
    assert order["models"] == ["order-1", "order-2"]
    assert f"{order['kappa']:.2f}" in page
    base, first, second = (right(seed, N_EPOCHS)[-1] for seed in (1, 2, 3))
    assert order["trivial"] == pytest.approx(((base & first).mean() + (base & second).mean()) / 2)

    # Every model's own last epoch decides, also where it was trained for longer.
    n_right = base.astype(int) + first + second + right(4, N_EPOCHS + 2)[-1]
    assert content["difficulty"]["counts"]["trivial"] == (n_right == 4).sum()
    assert [row["n_images"] for row in content["difficulty"]["histogram"]] == np.bincount(
        n_right, minlength=5
    ).tolist()
    assert content["last_common_epoch"] == N_EPOCHS
    assert len(content["epochs"]) == N_EPOCHS + 1
    assert content["epochs"][2]["accuracy_base"] == pytest.approx(right(1, N_EPOCHS)[2].mean())
    flips = (right(1, N_EPOCHS)[2] != right(1, N_EPOCHS)[1]).mean()
    assert content["epochs"][2]["flips_base"] == pytest.approx(flips)
    assert content["epochs"][0]["flips_mean"] is None
    assert content["made_from"] == {
        "conditions/conditions.json": sha256_of(study / "conditions/conditions.json")
    }
    assert content["dichotomy"]["holds_for"] == "images"


def test_the_page_needs_nothing_but_itself_and_escapes_names(study):
    page = write_dynamics(study, **SETTINGS).page.read_text()
    assert "Digits &amp; more" in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    figures = {path.stem for path in (study / "report" / "figures").iterdir()}
    names = ("histogram", "conditions", "consistency", "decisions", "epochs", "learning", "classes")
    assert figures == {f"dynamics_{name}" for name in names}
    assert page.count("data:image/svg+xml") == len(names)


def test_one_study_gives_the_same_files_and_leaves_the_report_alone(study):
    beside = study / "report" / "figures" / "histogram.svg"
    beside.parent.mkdir(parents=True)
    beside.write_text("of the report")
    write_dynamics(study, **SETTINGS, representations={"penultimate": np.eye(4)})
    with_layer = {path.name for path in beside.parent.iterdir()}
    contents = []
    for _ in range(2):
        write_dynamics(study, **SETTINGS)
        contents.append({path: path.read_bytes() for path in sorted((study / "report").rglob("*.*"))})
    assert contents[0] == contents[1]
    assert beside.read_text() == "of the report"
    gone = with_layer - {path.name for path in beside.parent.iterdir()}
    assert gone == {"dynamics_representations_1.svg", "dynamics_representations_1.png"}


def test_every_column_of_its_tables_is_declared(study, tmp_path):
    superclasses = tmp_path / "superclasses.csv"
    superclasses.write_text("class_name,superclass\ndisc,thing\nnoise,pattern\nstripes,pattern\n")
    write_dynamics(study, **SETTINGS, superclasses=superclasses, representations={"penultimate": np.eye(4)})
    noise = tmp_path / "noise"
    make_conditions(
        noise / "conditions",
        [("base", 1, 2), ("order", 1, 2)],
        source="gaussian:3x80@32px",
        class_names=("010", "020", "040"),
    )
    write_dynamics(noise, **SETTINGS)
    models = {f"{condition}-{n}" for condition in ("base", "order", "longer") for n in (1, 2)}
    tables = [*study.rglob("report/tables/*.csv")]
    assert {"dynamics_superclasses.csv", "dynamics_noise.csv"} <= {path.name for path in tables}
    found = {column for path in tables for column in pd.read_csv(path).columns}
    assert found - models <= set(REPORT_COLUMNS), "declare these in analysis/columns.py"


def test_a_pool_is_compared_without_epochs_on_the_images_that_all_saw(pool):
    content = write_dynamics(pool, **SETTINGS).content
    page = (pool / "report" / "dynamics.html").read_text()
    assert content["n_images"] == N_IMAGES - 10
    assert content["conditions"] is None
    assert content["epochs"] is None
    assert "While training" not in page
    assert content["dichotomy"]["holds_for"] == "images and models"
    correct = np.stack([right(seed, 2)[2][10:] for seed in (1, 2, 3)])
    assert content["difficulty"]["counts"]["impossible"] == (correct.sum(axis=0) == 0).sum()


def test_models_of_a_pool_can_be_left_out(pool):
    compared = gather_models(pool, leave_out=["three"])
    assert compared.models == ("one", "two")
    assert compared.correct.shape == (2, N_IMAGES)


def test_label_errors_count_where_labels_are_of_the_same_images(study):
    table = images_table()[["image_id"]].assign(label_error=[True] * 6 + [False] * (N_IMAGES - 6))
    labels = study / "difficulty"
    for source, n_marked in (("drawn", 6), ("others", 0)):
        write_difficulty(labels, table, images=source)
        compared = gather_models(study)
        assert compared.label_error.sum() == n_marked
        assert ("difficulty/difficulty.json" in compared.made_from) == bool(n_marked)


def test_images_are_right_for_good_in_the_end_as_often_as_they_are_right(study):
    compared = gather_models(study)
    found = compare(compared, **NUMBERS)
    assert compared.by_epoch is not None
    assert found.right_for_good is not None
    assert found.forgetting is not None
    for kind, curve in found.right_for_good.items():
        of_kind = found.difficulty == kind
        assert curve.iloc[-1] == pytest.approx(compared.by_epoch[:, -1, of_kind].mean())
        assert (curve.diff().dropna() >= 0).all()
    np.testing.assert_allclose(found.forgetting.sum(), 1)


def test_classes_of_noise_stand_beside_their_divergence(tmp_path):
    models = [("base", 1, 2), ("order", 1, 2), ("order", 2, 2)]
    make_conditions(tmp_path / "conditions", models, "gaussian:3x80@32px", ["010", "020", "040"])
    compared = gather_models(tmp_path)
    noise = compare(compared, **NUMBERS).noise
    assert noise is not None
    rows = noise.to_dict("records")
    assert [row["sd"] for row in rows] == [10, 20, 40]
    # ln 2 + 1/8 − 1/2 to the class of twice the SD; the last one's neighbour has half: −ln 2 + 2 − 1/2.
    assert rows[0]["divergence"] == pytest.approx(np.log(2) + 1 / 8 - 1 / 2)
    assert rows[2]["divergence"] == pytest.approx(-np.log(2) + 2 - 1 / 2)
    of_class = compared.images["class_name"] == "020"
    assert rows[1]["accuracy"] == pytest.approx(compared.correct[:, of_class].mean())


def test_superclasses_split_images_like_classes(study, tmp_path):
    path = tmp_path / "super.csv"
    path.write_text("class_name,superclass\ndisc,shape\nnoise,texture\nstripes,texture\nzebra,animal\n")
    compared = gather_models(study)
    superclass_of, counts = read_superclasses(path, compared.images["class_name"])
    assert counts == {"n_entries": 4, "n_matched": 3}
    table = compare(compared, **NUMBERS, superclass_of=superclass_of).superclasses
    assert table is not None
    assert table["n_images"].to_dict() == {"shape": 80, "texture": 160}
    np.testing.assert_allclose(table[["trivial", "in-between", "impossible"]].sum(axis=1), 1)


def test_shares_of_a_class_come_with_wilsons_intervals():
    table = shares_by_group(
        np.array(["trivial"] * 8 + ["impossible"] * 2 + ["in-between"]), np.array(["a"] * 10 + ["b"]), 0.95
    )
    a = table.loc["a"]
    assert (a["n_images"], a["trivial"], a["impossible"], a["in-between"]) == (10, 0.8, 0.2, 0)
    # Wilson's for 8 of 10: (8 + z²/2 ± z √(8·2/10 + z²/4)) / (10 + z²), z = 1.96.
    assert (a["trivial_low"], a["trivial_high"]) == pytest.approx((0.4902, 0.9433), abs=1e-4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class,superclass\na,b\n", "no column `class_name`; rename 'class'"),
        ("class_name,superclass\nb,c\nA,c\n", r"\(--superclasses\), line 2: 2 of 2 entries match no class"),
        ("class_name,superclass\na,n/a\n", "column superclass: 'n/a', expected a value"),
        ("class_name,superclass\na,b\na,c\n", "line 3, column class_name: 'a' is in line 2, too"),
    ],
)
def test_faulty_superclasses_are_refused_in_one_line(text, message, tmp_path):
    (tmp_path / "super.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_superclasses(tmp_path / "super.csv", pd.Series(["a"]))


def test_a_class_without_superclass_is_named(study):
    path = study / "super.csv"
    path.write_text("class_name,superclass\ndisc,shape\n")
    with pytest.raises(InputError, match=r"no superclass for class 'noise' \(and 1 more\)"):
        write_dynamics(study, **SETTINGS, superclasses=path)
    assert not (study / "report").exists()


def test_says_what_to_run_where_there_is_nothing_to_compare(tmp_path):
    with pytest.raises(InputError, match=r"no models to compare; run `tricky train` with a recipe"):
        write_dynamics(tmp_path, **SETTINGS)


def test_conditions_without_their_base_wait_for_it(tmp_path):
    make_conditions(tmp_path / "conditions", [("order", 1, 2), ("order", 2, 2)])
    with pytest.raises(InputError, match="the base network is not trained yet"):
        write_dynamics(tmp_path, **SETTINGS)


def test_one_model_has_nothing_to_be_compared_with(tmp_path):
    make_conditions(tmp_path / "conditions", [("base", 1, 2)])
    with pytest.raises(InputError, match=r"conditions/ holds 1 model\(s\) so far; it takes two"):
        write_dynamics(tmp_path, **SETTINGS)
