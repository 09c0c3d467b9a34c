"""The paper as one script, on stand-ins in the layout of its published files."""

from __future__ import annotations

import csv
import importlib
import json
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model_eval.images.imagenet_classes import wordnet_ids
from tricky.core.errors import InputError

ROOT = Path(__file__).parents[2]
N_IMAGES, N_ITEMS, N_OBSERVERS = 2000, 300, 3


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write stand-ins: 2,000 images, of which 300 were rated by three observers."""
    folder = tmp_path / "data"
    folder.mkdir()
    rng = np.random.default_rng(1)
    n_correct = rng.binomial(11, rng.beta(0.7, 0.4, N_IMAGES))
    np.save(folder / "Rebuttal_mean_decisions_correct.npy", (n_correct / 11)[:, np.newaxis])
    errors = (rng.random(N_IMAGES) < np.where(n_correct == 0, 0.4, 0.02)).astype(float)
    np.save(folder / "label_errors.npy", errors)
    order = rng.permutation(np.repeat([0.0, 1.0, 2.0], N_ITEMS // 3))
    np.save(folder / "order.npy", order)
    of_kind = [n_correct == 0, (n_correct > 0) & (n_correct < 11), n_correct == 11]
    places = [iter(rng.permutation(np.flatnonzero(each))) for each in of_kind]
    indices = [rng.integers(N_IMAGES) for _ in range(6)] + [next(places[int(kind)]) for kind in order]
    np.save(folder / "indices.npy", np.array(indices, dtype=object), allow_pickle=True)
    with pd.ExcelWriter(folder / "experiment_two_results.ods", engine="odf") as writer:
        for observer in range(N_OBSERVERS):
            n_categories = 1 + rng.poisson(2 - 0.7 * order)
            answers = np.stack([n_categories, *rng.integers(0, 3, (2, N_ITEMS))], axis=1)
            pd.DataFrame(answers).to_excel(writer, sheet_name=f"subj{observer}", header=False, index=False)
    return folder


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "examples" / "paper"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_what_the_published_files_allow_is_computed_and_drawn(data: Path, tmp_path: Path) -> None:
    ids = wordnet_ids()
    (tmp_path / "super.csv").write_text(
        "class_name,superclass\n"
        + "".join(f"{name},{'bird' if n < 500 else 'thing'}\n" for n, name in enumerate(ids))
    )
    out = tmp_path / "out"
    done = run(data, "--out", out, "--superclasses", tmp_path / "super.csv")
    assert done.returncode == 0, done.stderr
    assert f"Published files: {data}" in done.stdout
    n_errors = np.load(data / "label_errors.npy").sum()
    assert f"2,000 images, {n_errors:.0f} label errors, 3 observers" in done.stdout
    names = {path.name for path in (out / "figures").iterdir()}
    stems = ["02b_strict", "02b_tolerance_1", "06", "10", "11", "12", "25", "26"]
    assert names == {f"figure_{stem}{suffix}" for stem in stems for suffix in (".svg", ".png")}
    with (out / "numbers.csv").open(encoding="utf-8") as file:
        numbers = {row["what"]: row for row in csv.DictReader(file)}
    share_right = np.load(data / "Rebuttal_mean_decisions_correct.npy").ravel()
    sound = np.load(data / "label_errors.npy") == 0
    for name, kept in (("with", np.ones(N_IMAGES, bool)), ("without", sound)):
        found = float(numbers[f"trivial, tolerance 0, {name} label errors"]["value"])
        assert found == pytest.approx((share_right[kept] == 1).mean())
        found = float(numbers[f"impossible, tolerance 1, {name} label errors"]["value"])
        assert found == pytest.approx((share_right[kept] < 1.5 / 11).mean())
    assert numbers["experiment 1, accuracy"]["value"] == "n/a"
    row = numbers["trivial, tolerance 1, with label errors"]
    assert float(row["difference"]) == pytest.approx(float(row["value"]) - 0.46)
    content = json.loads((out / "numbers.json").read_text())
    assert [each["what"] for each in content["numbers"]] == list(numbers)
    page = (out / "README.md").read_text(encoding="utf-8")
    assert all(f"(figures/figure_{stem}.png)" in page for stem in stems)
    composition = pd.read_csv(out / "tables" / "composition_main_without_label_errors.csv")
    assert composition.groupby("rating")["equalised"].sum().to_numpy() == pytest.approx([1, 1, 1])


class Trap:
    """An object whose pickle creates a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (str(self.path),)


def _without(name: str) -> Callable[[Path], None]:
    return lambda data: (data / name).unlink()


def _array(name: str, array: np.ndarray) -> Callable[[Path], None]:
    return lambda data: np.save(data / name, array, allow_pickle=True)


def _bytes(name: str, content: bytes) -> Callable[[Path], None]:
    def change(data: Path) -> None:
        (data / name).write_bytes(content)

    return change


@pytest.fixture
def read_published(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Any]:
    """Return the script's reader."""
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "paper"))
    return importlib.import_module("published").read_published


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without("label_errors.npy"), "label_errors.npy: can't be read (No such file"),
        (_without("experiment_two_results.ods"), "experiment_two_results.ods: no such file"),
        (_array("Rebuttal_mean_decisions_correct.npy", np.full((2000, 1), 0.3)), "expected the shares of"),
        (
            _array("label_errors.npy", np.zeros(3)),
            "label_errors.npy: expected 0 or 1 for each of",
        ),
        (_array("order.npy", np.full(300, 3.0)), "order.npy: expected 0, 1 or 2 for each image"),
        (
            _array("order.npy", np.zeros(300)),
            "indices.npy, order.npy and the shares of correct models",
        ),
        (_array("indices.npy", np.array([1, 2], dtype=object)), "indices.npy: 0 places after 6"),
        (_array("indices.npy", np.array(["a"] * 306, dtype=object)), "expected whole numbers"),
        (_bytes("indices.npy", b"\x93NUMPY"), "indices.npy: not readable as whole numbers"),
        (_bytes("experiment_two_results.ods", b"PK\x03\x04"), "ods: not readable as a workbook"),
    ],
)
def test_files_that_are_not_as_published_are_refused_in_one_line(
    change: Callable[[Path], None], said: str, data: Path, read_published: Callable[[Path], Any]
) -> None:
    change(data)
    with pytest.raises(InputError, match=re.escape(said)) as raised:
        read_published(data)
    assert len(str(raised.value).splitlines()) == 1


def test_a_pickle_with_code_in_it_is_refused_and_never_run(data: Path, tmp_path: Path) -> None:
    header = (data / "indices.npy").read_bytes()[:128]
    (data / "indices.npy").write_bytes(header + pickle.dumps([Trap(tmp_path / "sprung")]))
    done = run(data, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "not readable as whole numbers (contains pathlib" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("arguments", [(), ("nowhere",)])
def test_a_missing_folder_ends_in_one_line_that_says_where_the_data_are(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "github.com/wichmann-lab/trivial-or-impossible" in done.stderr
    assert len(done.stderr.splitlines()) == 1
