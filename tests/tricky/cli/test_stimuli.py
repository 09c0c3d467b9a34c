"""Stimulus sets from the command line: mnist-5k and photographs, an old pool and a new one."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up import change
from PIL import Image
from sklearn.datasets import load_sample_image

from model_eval.label.label import label_counts
from model_eval.settings import LabelSettings
from stimuli.manifest import SetManifest, set_id_of
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.study import open_study

N_MODELS = 11


def label(study: Path, image_ids: list[str], seed: int) -> None:
    """Label images by the counts of a made-up pool; a second one agrees with the first about most."""
    first = np.random.default_rng(1).beta(0.5, 0.3, len(image_ids))
    noise = np.random.default_rng(seed).normal(0, 0.06, len(image_ids))
    n_correct = np.clip(np.round(N_MODELS * (first + noise)), 0, N_MODELS).astype(int)
    classes = [image_id.split("/")[0] for image_id in image_ids]
    table = pd.DataFrame({"image_id": image_ids, "n_correct": n_correct, "class_name": classes, "label": 0})
    table["label"] = table["class_name"].astype("category").cat.codes
    table.to_csv(study / "counts.csv", index=False)
    label_counts(study / "counts.csv", study / "difficulty", LabelSettings(), N_MODELS)


def write_study(folder: Path, images: str, stimuli: str) -> Path:
    folder.mkdir()
    (folder / "study.toml").write_text(f"[images]\n{images}\n{stimuli}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def photographs(tmp_path_factory) -> Path:
    """Two photographs cut into 120 pictures of different places and sizes, in two class folders."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(0)
    for class_name, file in (("temple", "china.jpg"), ("flower", "flower.jpg")):
        photograph = Image.fromarray(load_sample_image(file))
        (folder / class_name).mkdir()
        for number in range(60):
            width, height = (int(each) for each in rng.integers(60, 200, 2))
            left = int(rng.integers(0, photograph.width - width))
            top = int(rng.integers(0, photograph.height - height))
            part = photograph.crop((left, top, left + width, top + height))
            part.save(folder / class_name / f"{number:03d}.jpg", quality=90)
    return folder


def image_ids(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg"))


PHOTOGRAPHS = """
[stimuli.main]
trials = 8
practice_trials = 2
[stimuli.main.eligible]
min_hash_distance = 6
max_aspect_ratio = 3.0
[stimuli.main.match]
covariates = ["mean_luminance", "colourfulness", "file_size_bytes"]
exact = ["class_name"]
[stimuli.main.export]
view = "centre"
size_px = 96
"""


def test_photographs_from_labels_to_a_successor(tmp_path, photographs, succeed):
    study = write_study(
        tmp_path / "study", f'source = "folder"\npath = "{photographs.as_posix()}"', PHOTOGRAPHS
    )
    label(study, image_ids(photographs), seed=2)
    assert "AUC" in succeed("stimuli", "build", cwd=study)
    assert "broken" not in succeed("stimuli", "check", cwd=study)
    assert "all orders and places are balanced" in succeed("stimuli", "orders", "--observers", "5", cwd=study)
    items = pd.read_csv(study / "stimuli/main/items.tsv", sep="\t", dtype={"phash": str})
    assert (items["file_size_bytes"] == [(photographs / i).stat().st_size for i in items["image_id"]]).all()
    for file in items["file"]:
        with Image.open(study / "stimuli/main" / file) as image:
            assert (image.size, image.mode) == ((96, 96), "RGB")

    label(study, image_ids(photographs), seed=3)
    said = succeed("stimuli", "refresh", cwd=study)
    assert "trials kept" in said
    assert "broken" not in succeed("stimuli", "check", "main-2", cwd=study)
    succeed("stimuli", "show", "main-2", cwd=study)
    page = (study / "stimuli/main-2/sheet/contact-sheet.html").read_text(encoding="utf-8")
    assert "What changed since main" in page
    manifest = json.loads((study / "stimuli/main-2/stimulus_set.json").read_text())
    told = manifest["refresh"]
    assert sum(told["kept"].values()) + sum(told["dropped"].values()) == 20
    assert sum(told["kept"].values()) > 5
    assert sum(told["dropped"].values()) > 0
    changes = pd.read_csv(study / "stimuli/main-2/changes.tsv", sep="\t")
    assert (changes["change"] == "kept").sum() == sum(told["kept"].values())


def test_photographs_that_may_not_be_copied_are_referred_to(tmp_path, photographs, succeed):
    study = write_study(
        tmp_path / "study",
        f'source = "folder"\npath = "{photographs.as_posix()}"',
        "[stimuli.main]\ntrials = 5\npractice_trials = 1",
    )
    label(study, image_ids(photographs), seed=2)
    succeed("stimuli", "build", "--reference", cwd=study)
    assert "broken" not in succeed("stimuli", "check", cwd=study)
    assert sorted(path.name for path in (study / "stimuli/main").iterdir()) == [
        "items.tsv",
        "stimulus_set.json",
        "trials.tsv",
    ]


def test_an_image_that_changed_since_it_was_evaluated_is_refused_at_check(
    tmp_path, photographs, tricky, succeed
):
    study = write_study(
        tmp_path / "study",
        f'source = "folder"\npath = "{photographs.as_posix()}"',
        "[stimuli.main]\ntrials = 5\npractice_trials = 1",
    )
    label(study, image_ids(photographs), seed=2)
    succeed("stimuli", "build", cwd=study)
    image = next((study / "stimuli/main/images").iterdir())
    file = io.BytesIO()
    Image.new("RGB", (9, 9)).save(file, format="PNG")
    image.chmod(0o644)
    image.write_bytes(file.getvalue())
    done = tricky("stimuli", "check", cwd=study)
    assert done.returncode == 1
    assert f"images/{image.name} has changed" in done.stdout


def test_digits_from_labels_to_a_successor(tmp_path, succeed):
    settings = (
        "[stimuli.main]\ntrials = 20\npractice_trials = 2\n[stimuli.main.match]\nexact = ['class_name']"
    )
    study = write_study(tmp_path / "study", 'source = "mnist-5k"', settings)
    ids = [f"{number:04d}" for number in range(0, 5000, 5)]
    label(study, ids, seed=2)
    counts = pd.read_csv(study / "counts.csv", dtype={"image_id": str})
    counts["class_name"] = [str(int(image_id) // 500) for image_id in counts["image_id"]]
    counts.to_csv(study / "counts.csv", index=False)
    label_counts(study / "counts.csv", study / "difficulty", LabelSettings(), N_MODELS)
    succeed("stimuli", "build", cwd=study)
    assert "broken" not in succeed("stimuli", "check", cwd=study)
    said = succeed("stimuli", "refresh", "--as", "next", cwd=study)
    assert "22 trials kept" in said
    ids = [
        json.loads((study / f"stimuli/{name}/stimulus_set.json").read_text())["set_id"]
        for name in ("main", "next")
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            "[stimuli.main.match]\ncovariates = ['luminance']",
            "no column is called 'luminance'; did you mean 'mean_luminance'?",
        ),
        ("[stimuli.main.match]\ncovariates = ['file_size_bytes']", "file_size_bytes: has no value for any"),
        ("[stimuli.main.match]\ncovariates = ['class_name']", "class_name: not a column of numbers"),
        ("[stimuli.main.eligible]\ndeny_images = 'none.txt'", "none.txt: no such file"),
        ("table = 'none.csv'", "none.csv: no such file"),
    ],
)
def test_what_cannot_be_built_is_said_in_one_line_and_leaves_nothing(tmp_path, settings, said):
    study = write_study(tmp_path / "study", 'source = "mnist-5k"', f"[stimuli.main]\n{settings}")
    label(study, [f"{number:04d}" for number in range(0, 5000, 5)], seed=2)
    with pytest.raises(InputError, match=re.escape(said)) as raised:
        open_study(study).build_stimuli("main")
    assert "\n" not in str(raised.value)
    assert not list(study.rglob("stimulus_set.json"))


def test_a_missing_set_takes_one_line_and_ends_with_2(tmp_path, tricky):
    study = write_study(tmp_path / "study", 'source = "mnist-5k"', "")
    for command in (["check"], ["show"], ["orders"], ["refresh"]):
        done = tricky("stimuli", *command, cwd=study)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "not there yet" in done.stderr


def test_a_session_refuses_a_set_that_breaks_a_promise_though_its_hashes_fit(tmp_path, tricky, succeed):
    study = write_study(
        tmp_path / "study", 'source = "mnist-5k"', "[stimuli.main]\ntrials = 6\npractice_trials = 2"
    )
    label(study, [f"{number:04d}" for number in range(0, 5000, 20)], 1)
    succeed("stimuli", "build", cwd=study)
    folder = study / "stimuli" / "main"
    trials = folder / "trials.tsv"
    trials.chmod(0o644)
    trials.write_text("".join(trials.read_text().splitlines(keepends=True)[:-1]))  # one trial fewer
    manifest = folder / "stimulus_set.json"
    tables = json.loads(manifest.read_text())["tables"] | {"trials.tsv": sha256_of(trials)}
    manifest.chmod(0o644)
    change(manifest, SetManifest, tables=tables, set_id=set_id_of(tables))
    done = tricky("run", "--participant", "07", cwd=study)
    assert done.returncode == 2
    assert done.stderr.startswith(f"tricky: stimulus set: {folder}: ")
    assert "build the set again" in done.stderr
    assert not (study / "data").exists()
