"""``tricky dynamics`` as a process: refused where there is nothing, a page where a pool was asked."""

import re
from pathlib import Path

import made_up
import numpy as np
import pandas as pd

from tricky.core.parquet import write_parquet


def write_pool(folder: Path) -> None:
    folder.mkdir()
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80).astype("int32")
    images = pd.DataFrame({"image_id": [f"{i:02d}" for i in range(80)], "path": "", "label": labels})
    images = images.assign(class_name=np.array(["cat", "dog"])[labels], sha256="0" * 64)
    write_parquet(folder / "images.parquet", images)
    demand, models = rng.normal(size=80), []
    for name in ("one", "two", "three"):
        prediction = np.where(demand + rng.normal(size=80) > -0.7, labels, 1 - labels).astype("int32")
        rank = np.where(prediction == labels, 1, 2).astype("int32")
        rows = images[["image_id", "label"]].assign(
            prediction=prediction, label_rank=rank, margin=np.float32(1)
        )
        write_parquet(folder / f"{name}.parquet", rows)
        models.append({"name": name, "accuracy": 0.7})
    made_up.write_pool(folder, models, {"n": 80})


def test_dynamics_writes_the_page_of_a_pool_and_says_what_to_run_without(tmp_path, tricky, succeed):
    tricky("init", ".", cwd=tmp_path)
    refused = tricky("dynamics", cwd=tmp_path)
    assert refused.returncode == 2
    assert "run `tricky train` with a recipe, or `tricky evaluate`" in refused.stderr
    assert "Traceback" not in refused.stderr

    write_pool(tmp_path / "decisions")
    done = tricky("dynamics", "--tolerance", "0", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Dichotomy 0." in done.stdout
    assert (tmp_path / "report" / "dynamics.html").is_file()
    assert re.search(
        r"report/dynamics .*3 models of decisions, dichotomy 0\.", succeed("status", cwd=tmp_path)
    )

    wrong = tricky("dynamics", "--tolerance", "2", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "tolerance" in wrong.stderr

    layer = tricky("dynamics", "--layer", "penultimate", cwd=tmp_path)
    assert layer.returncode == 2
    assert "conditions.json: not there yet; run `tricky train` first" in layer.stderr
