"""From made-up decisions of conditions, and of a pool, to the page."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from made_up_models import N_EPOCHS, N_IMAGES, dynamics, make_conditions, right

from analysis.columns import REPORT_COLUMNS
from benchmarks.interval_list import intervals_in, unlisted
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


def test_conditions_give_a_page_with_every_number_in_its_json(conditions):
    results = dynamics(conditions)
    content = json.loads((conditions / "report" / "dynamics.json").read_text())
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
        "conditions/conditions.json": sha256_of(conditions / "conditions/conditions.json")
    }
    assert content["dichotomy"]["holds_for"] == "images"


def test_the_page_needs_nothing_but_itself_and_escapes_names(conditions):
    page = dynamics(conditions).page.read_text()
    assert "Digits &amp; more" in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    figures = {path.stem for path in (conditions / "report" / "figures").iterdir()}
    names = ("histogram", "conditions", "consistency", "decisions", "epochs", "learning", "classes")
    assert figures == {f"dynamics_{name}" for name in names}
    assert page.count("data:image/svg+xml") == len(names)


def test_one_study_gives_the_same_files_and_leaves_the_report_alone(conditions):
    beside = conditions / "report" / "figures" / "histogram.svg"
    beside.parent.mkdir(parents=True)
    beside.write_text("of the report")
    dynamics(conditions, representations={"penultimate": np.eye(4)})
    with_layer = {path.name for path in beside.parent.iterdir()}
    contents = []
    for _ in range(2):
        dynamics(conditions)
        contents.append({path: path.read_bytes() for path in sorted((conditions / "report").rglob("*.*"))})
    assert contents[0] == contents[1]
    assert beside.read_text() == "of the report"
    gone = with_layer - {path.name for path in beside.parent.iterdir()}
    assert gone == {"dynamics_representations_1.svg", "dynamics_representations_1.png"}


def test_every_column_of_its_tables_is_declared(conditions, tmp_path):
    superclasses = tmp_path / "superclasses.csv"
    superclasses.write_text("class_name,superclass\ndisc,thing\nnoise,pattern\nstripes,pattern\n")
    dynamics(conditions, superclasses=superclasses, representations={"penultimate": np.eye(4)})
    noise = tmp_path / "noise"
    make_conditions(
        noise / "conditions",
        [("base", 1, 2), ("order", 1, 2)],
        source="gaussian:3x80@32px",
        class_names=("010", "020", "040"),
    )
    dynamics(noise)
    models = {f"{condition}-{n}" for condition in ("base", "order", "longer") for n in (1, 2)}
    tables = [*conditions.rglob("report/tables/*.csv")]
    assert {"dynamics_superclasses.csv", "dynamics_noise.csv"} <= {path.name for path in tables}
    found = {column for path in tables for column in pd.read_csv(path).columns}
    assert found - models <= set(REPORT_COLUMNS), "declare these in analysis/columns.py"


def test_a_pool_is_compared_without_epochs_on_the_images_that_all_saw(pool):
    content = dynamics(pool).content
    page = (pool / "report" / "dynamics.html").read_text()
    assert content["n_images"] == N_IMAGES - 10
    assert content["conditions"] is None
    assert content["epochs"] is None
    assert "While training" not in page
    assert content["dichotomy"]["holds_for"] == "images and models"
    correct = np.stack([right(seed, 2)[2][10:] for seed in (1, 2, 3)])
    assert content["difficulty"]["counts"]["impossible"] == (correct.sum(axis=0) == 0).sum()


def test_a_class_without_superclass_is_named(conditions):
    path = conditions / "super.csv"
    path.write_text("class_name,superclass\ndisc,shape\n")
    with pytest.raises(InputError, match=r"no superclass for class 'noise' \(and 1 more\)"):
        dynamics(conditions, superclasses=path)
    assert not (conditions / "report").exists()
