from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

import model_eval.evaluate.evaluate
import model_eval.evaluate.memory_plan
import model_eval.evaluate.model_run
import model_eval.evaluate.run_models
from model_eval.columns import DECISION_DTYPES, IMAGE_COLUMNS
from model_eval.decisions import read_decisions, read_rows
from model_eval.evaluate.evaluate import evaluate_pool
from model_eval.evaluate.memory_plan import SHARE_ON_THE_CPU, size_bytes
from model_eval.evaluate.run_model import RunningModel
from model_eval.settings import EvaluateSettings, ModelEntry
from tricky.core.cache import write_memory
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.progress import Reporter

Entries = Sequence[ModelEntry]
N_LEFT = 36  # of 60 images 24 are trained on


@pytest.fixture(autouse=True)
def small_shards_on_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run have several shards, and the same arithmetic on every machine."""
    monkeypatch.setattr(model_eval.evaluate.model_run, "PART_IMAGES", 10)
    monkeypatch.setattr(model_eval.evaluate.model_run, "PART_S", 0)
    monkeypatch.setattr(model_eval.evaluate.run_models, "n_cores", lambda: 1)


@pytest.fixture
def study(trained_folder: Path, tmp_path: Path) -> Path:
    """A study whose two models are trained."""
    shutil.copytree(trained_folder, tmp_path / "training")
    return tmp_path


def evaluate(
    source,
    entries: Entries,
    root: Path,
    batch_size: int = 32,
    progress: Any = lambda *_: None,
    tell: Any = lambda _: None,
    **numerics: Any,
) -> Path:
    folder = root / "decisions"
    evaluate_pool(
        source,
        entries,
        EvaluateSettings(device="cpu", batch_size=batch_size, **numerics),
        root=root,
        training=root / "training",
        folder=folder,
        reporter=Reporter(progress, tell),
    )
    return folder


def tables_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def rows_of(folder: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}


def checkpoint(path: Path, n_outputs: int = 3, name: str = "test_resnet") -> ModelEntry:
    """Save untrained weights, and return the entry that takes them from there."""
    torch.manual_seed(4)
    torch.save(timm.create_model(name, num_classes=n_outputs).state_dict(), path)
    head = "images" if n_outputs == 3 else ""
    return ModelEntry(name=path.stem, source=f"timm:{name}", weights=path.name, head=head)


def change_bias(path: Path, change: torch.Tensor) -> None:
    """Add to the biases of a checkpoint's head."""
    state = torch.load(path, weights_only=True)
    state["fc.bias"] += change
    torch.save(state, path)


def test_decisions_are_written_as_the_formats_say(drawn, two_entries: Entries, study: Path) -> None:
    folder = evaluate(drawn, two_entries, study)
    assert sorted(path.name for path in folder.iterdir()) == [
        *("images.parquet", "mambaout.parquet", "pool.json", "resnet.parquet")
    ]
    images = pd.read_parquet(folder / "images.parquet")
    assert tuple(images.columns) == IMAGE_COLUMNS
    assert len(images) == N_LEFT
    for entry in two_entries:
        rows = pd.read_parquet(folder / f"{entry.name}.parquet")
        assert {name: str(dtype) for name, dtype in rows.dtypes.items()} == DECISION_DTYPES
        assert rows["image_id"].equals(images["image_id"])
        assert rows["label"].equals(images["label"])
        assert ((rows["label_rank"] == 1) == (rows["prediction"] == rows["label"])).all()

    manifest = json.loads((folder / "pool.json").read_text())
    assert manifest["images"] == {
        "sha256": sha256_of(folder / "images.parquet"),
        "n": N_LEFT,
        "source": drawn.name,
        "skipped": {},
        "converted": {},
        "not_counted": {},
    }
    assert manifest["made_from"] == {
        name: sha256_of(study / name) for name in ("training/training.json", "training/images.parquet")
    }
    decisions = read_decisions(folder)
    for model, entry, accuracy in zip(manifest["models"], two_entries, decisions.accuracy, strict=True):
        assert model["name"] == entry.name
        assert model["family"] == entry.family
        assert model["accuracy"] == pytest.approx(accuracy)
        assert model["weights_sha256"] == sha256_of(study / "training" / f"{entry.name}.safetensors")
        assert model["arithmetic"] == "fast"
        # The file says the same of itself.
        assert model["weights_sha256"] in str(pq.read_schema(folder / f"{entry.name}.parquet").metadata)


def test_an_imagenet_model_is_asked_about_the_classes_of_the_folders_alone(
    drawn_folder: Path, open_folder: Callable, tmp_path: Path
) -> None:
    folders = {"disc": "n01440764", "noise": "n02123045", "stripes": "n15075141"}
    for name, synset in folders.items():
        shutil.copytree(drawn_folder / name, tmp_path / "images" / synset)
    entry = checkpoint(tmp_path / "net.pt", 1000)
    # Of this head only the outputs of the three folders matter: the others are always the largest.
    change = torch.full((1000,), 50.0)
    change[[0, 281, 999]] = torch.tensor([0.0, 10.0, 0.0])
    change_bias(tmp_path / "net.pt", change)
    rows = pd.read_parquet(evaluate(open_folder(tmp_path / "images"), [entry], tmp_path) / "net.parquet")
    assert rows["prediction"].tolist() == [1] * 60


def test_no_image_that_a_model_was_trained_on_is_evaluated_nor_a_copy_of_one(
    drawn_folder: Path, open_folder: Callable, two_entries: Entries, study: Path
) -> None:
    images = shutil.copytree(drawn_folder, study / "images")
    seen = pd.read_parquet(study / "training" / "images.parquet")
    shutil.copy(images / seen["path"][0], images / "noise" / "copy.png")
    folder = evaluate(open_folder(images), two_entries, study)
    evaluated = pd.read_parquet(folder / "images.parquet")
    assert len(evaluated) == N_LEFT
    assert not evaluated["image_id"].isin(seen["image_id"]).any()
    assert not evaluated["sha256"].isin(seen["sha256"]).any()


def test_each_image_is_decoded_once_for_all_models_and_ways_of_seeing(
    drawn, two_entries: Entries, study: Path
) -> None:
    entries = [*two_entries, checkpoint(study / "large.pt"), checkpoint(study / "vit.pt", name="test_vit")]
    folder = evaluate(drawn, entries, study)
    evaluated = pd.read_parquet(folder / "images.parquet")["image_id"]
    assert drawn.reads == dict.fromkeys(evaluated, 1)


@pytest.mark.parametrize("batch_size", [48, 64])
def test_the_batch_size_changes_no_bit_of_a_row(
    batch_size: int, drawn, two_entries: Entries, study: Path
) -> None:
    before = rows_of(evaluate(drawn, two_entries, study))
    shutil.rmtree(study / "decisions")
    after = rows_of(evaluate(drawn, two_entries, study, batch_size))
    for name, rows in before.items():
        pd.testing.assert_frame_equal(after[name], rows, check_exact=True)


def test_a_decision_does_not_depend_on_the_other_images(
    drawn, drawn_folder: Path, open_folder: Callable, two_entries: Entries, study: Path
) -> None:
    everything = pd.read_parquet(evaluate(drawn, two_entries, study) / "resnet.parquet")
    images = shutil.copytree(drawn_folder, study / "images")
    for image_id in everything["image_id"][::2]:
        (images / image_id).unlink()
    (study / "decisions" / "resnet.parquet").unlink()
    half = pd.read_parquet(evaluate(open_folder(images), two_entries, study) / "resnet.parquet")
    pd.testing.assert_frame_equal(half, everything[1::2].reset_index(drop=True), check_exact=True)


KILLED = """
import os, signal, sys
from pathlib import Path
import model_eval.evaluate.evaluate, model_eval.evaluate.model_run, model_eval.evaluate.run_models
from model_eval.images.folder import ImageFolder
from model_eval.settings import EvaluateSettings, ImageSettings, ModelEntry
from tricky.core.progress import Reporter

def kill_in_mid_run(what, done, total):
    if "Evaluating" in what and done >= 40:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    images, root = Path(sys.argv[1]), Path(sys.argv[2])
    model_eval.evaluate.model_run.PART_IMAGES = 10
    model_eval.evaluate.model_run.PART_S = 0
    model_eval.evaluate.run_models.n_cores = lambda: 1
    model_eval.evaluate.evaluate.evaluate_pool(
        ImageFolder(ImageSettings(source="folder", path=images), images),
        [
            ModelEntry(name="resnet", source="timm:test_resnet", family="residual"),
            ModelEntry(name="mambaout", source="timm:test_mambaout", family="gated"),
        ],
        EvaluateSettings(device="cpu", batch_size=10), root=root, training=root / "training",
        folder=root / "decisions", reporter=Reporter(kill_in_mid_run),
    )
"""


def test_a_killed_run_goes_on_where_it_was_and_ends_as_an_undisturbed_one(
    drawn, drawn_folder: Path, two_entries: Entries, study: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    undisturbed = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(study / "training", undisturbed / "training")
    expected = evaluate(drawn, two_entries, undisturbed, batch_size=10)

    (study / "killed.py").write_text(KILLED)
    run = subprocess.run([sys.executable, study / "killed.py", drawn_folder, study], check=False)
    assert run.returncode == -signal.SIGKILL
    assert not (study / "decisions" / "pool.json").exists()

    drawn.reads.clear()
    folder = evaluate(drawn, two_entries, study, batch_size=10)
    # Two of four parts were finished, 20 of 36 images: they are not looked at again.
    assert drawn.reads.total() == N_LEFT - 20
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        path.name: path.read_bytes() for path in expected.iterdir()
    }


def test_a_further_model_costs_only_that_model_and_one_fewer_costs_nothing(
    drawn, two_entries: Entries, study: Path
) -> None:
    asked: list[int] = []

    def total_of(*report: Any) -> None:
        what, _, total = report
        if "Evaluating" in what:
            asked.append(total)

    folder = evaluate(drawn, two_entries, study)
    before = tables_of(folder)
    inodes = {name: (folder / name).stat().st_ino for name in ("resnet.parquet", "mambaout.parquet")}
    three = [*two_entries, checkpoint(study / "more.pt", name="test_vit")]
    evaluate(drawn, three, study, progress=total_of)
    assert set(asked) == {N_LEFT}
    assert {name: tables_of(folder)[name] for name in before} == before
    assert {name: (folder / name).stat().st_ino for name in inodes} == inodes

    asked.clear()
    drawn.reads.clear()
    evaluate(drawn, two_entries[::-1], study, progress=total_of)
    assert asked == []
    assert drawn.reads.total() == 0
    assert read_decisions(folder).models == ("mambaout", "resnet")


def test_other_weights_are_noticed(drawn, two_entries: Entries, study: Path) -> None:
    entry = checkpoint(study / "net.pt")
    evaluate(drawn, [entry], study)
    for favoured in range(3):
        change_bias(study / "net.pt", 10.0 ** (favoured + 2) * torch.eye(3)[favoured])
        assert (read_decisions(evaluate(drawn, [entry], study)).predictions == favoured).all()

    path = study / "training" / "resnet.safetensors"
    save_file(load_file(path), path)
    with pytest.raises(InputError, match=r"resnet\.safetensors: changed since training\.json was written"):
        evaluate(drawn, two_entries, study)


def test_another_image_is_noticed_and_only_it_is_asked_about_again(
    drawn_folder: Path, open_folder: Callable, two_entries: Entries, study: Path
) -> None:
    images = shutil.copytree(drawn_folder, study / "images")
    folder = evaluate(open_folder(images), two_entries, study)
    evaluated = pd.read_parquet(folder / "images.parquet")
    changed, gone = evaluated["path"].iloc[[0, 5]]
    Image.new("RGB", (30, 30), (200, 10, 10)).save(images / changed)
    (images / gone).unlink()
    Image.new("RGB", (30, 30), (20, 200, 10)).save(images / "noise" / "new.png")
    source = open_folder(images)
    evaluate(source, two_entries, study)
    assert source.reads == {changed: 1, "noise/new.png": 1}

    anew = study / "anew"
    shutil.copytree(study / "training", anew / "training")
    expected = rows_of(evaluate(open_folder(images), two_entries, anew))
    assert len(expected["images"]) == N_LEFT
    for name, rows in rows_of(folder).items():
        pd.testing.assert_frame_equal(rows, expected[name], check_exact=True)
    read_decisions(folder)

    seen = pd.read_parquet(study / "training" / "images.parquet")["path"]
    Image.new("RGB", (30, 30)).save(images / seen[3])
    with pytest.raises(InputError, match=rf"1 training images, the first {seen[3]}, .*run `tricky train`"):
        evaluate(open_folder(images), two_entries, study)


def test_a_run_that_is_stopped_after_images_changed_loses_nothing_of_the_others(
    drawn_folder: Path, open_folder: Callable, two_entries: Entries, study: Path
) -> None:
    images = shutil.copytree(drawn_folder, study / "images")
    folder = evaluate(open_folder(images), two_entries, study)
    changed = pd.read_parquet(folder / "images.parquet")["path"].iloc[7]
    Image.new("RGB", (30, 30), (200, 10, 10)).save(images / changed)

    def stop(what: str, *_: int) -> None:
        if "Evaluating" in what:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(open_folder(images), two_entries, study, progress=stop)
    with pytest.raises(InputError, match=r"images\.parquet: changed since pool\.json was written"):
        read_decisions(folder)
    source = open_folder(images)
    evaluate(source, two_entries, study)
    assert source.reads.total() <= 1
    assert read_decisions(folder).models == ("resnet", "mambaout")


def test_an_image_that_breaks_during_the_run_is_named_and_what_was_done_is_kept(
    drawn_folder: Path, open_folder: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = shutil.copytree(drawn_folder, tmp_path / "images")
    entry = checkpoint(tmp_path / "net.pt")
    source = open_folder(images)
    inspection = source.inspect()
    late = inspection.images["path"].iloc[55]
    content = (images / late).read_bytes()

    def inspect_and_break(*_: Any) -> Any:
        (images / late).write_bytes(b"broken")
        return inspection

    monkeypatch.setattr(source, "inspect", inspect_and_break)
    with pytest.raises(InputError, match=f"{late}: changed since the images were listed"):
        evaluate(source, [entry], tmp_path, batch_size=10)
    monkeypatch.setattr(source, "inspect", lambda *_: inspection)
    assert not (tmp_path / "decisions" / "net.parquet").exists()

    (images / late).write_bytes(content)
    source.reads.clear()
    evaluate(source, [entry], tmp_path, batch_size=10)
    assert source.reads.total() == 10


def test_a_broken_image_stops_the_evaluation_before_any_model_runs(
    drawn_folder: Path, open_folder: Callable, tmp_path: Path
) -> None:
    images = shutil.copytree(drawn_folder, tmp_path / "images")
    (images / "noise" / "19.png").write_bytes(b"broken")
    (images / "disc" / "00.png").write_bytes(b"")
    source = open_folder(images)
    with pytest.raises(InputError, match=r"2 of 60 images can't be read: disc/00\.png .*noise/19\.png"):
        evaluate(source, [checkpoint(tmp_path / "net.pt")], tmp_path)
    assert source.reads.total() == 0
    assert not (tmp_path / "decisions").exists()


def test_a_bad_image_is_left_out_for_all_models_alike_where_the_study_says_so(
    drawn_folder: Path, open_folder: Callable, tmp_path: Path
) -> None:
    images = shutil.copytree(drawn_folder, tmp_path / "images")
    (images / "noise" / "19.png").write_bytes(b"broken")
    Image.new("CMYK", (30, 30), (200, 10, 10, 0)).save(images / "disc" / "00.png", format="TIFF")
    source = open_folder(images)
    source.settings = source.settings.model_copy(update={"on_bad_image": "skip"})
    entries = [checkpoint(tmp_path / "net.pt"), checkpoint(tmp_path / "vit.pt", name="test_vit")]
    folder = evaluate(source, entries, tmp_path)
    for name in ("images", "net", "vit"):
        image_ids = pd.read_parquet(folder / f"{name}.parquet")["image_id"].tolist()
        assert len(image_ids) == 59
        assert "noise/19.png" not in image_ids
    about = json.loads((folder / "pool.json").read_text())["images"]
    assert about["n"] == 59
    assert about["skipped"] == {"noise/19.png": "no image of a known kind"}
    assert about["converted"] == {"disc/00.png": "in truth TIFF; CMYK to RGB"}


def test_without_trained_weights_the_command_that_makes_them_is_named(
    drawn, two_entries: Entries, study: Path
) -> None:
    new = ModelEntry(name="new", source="timm:test_resnet")
    with pytest.raises(InputError, match=r"new: .*names no weights of timm:test_resnet.*`tricky train`"):
        evaluate(drawn, [*two_entries, new], study)
    (study / "training" / "resnet.safetensors").unlink()
    with pytest.raises(InputError, match=r"resnet\.safetensors: missing.*`tricky train`"):
        evaluate(drawn, two_entries, study)
    shutil.rmtree(study / "training")
    with pytest.raises(InputError, match=r"training\.json: not there yet; run `tricky train` first"):
        evaluate(drawn, two_entries, study)


def test_a_model_that_fails_is_kept_as_a_failure_and_the_others_answer(drawn, tmp_path: Path) -> None:
    entries = [checkpoint(tmp_path / f"{name}.pt") for name in ("good", "nan")]
    change_bias(tmp_path / "nan.pt", torch.tensor([0.0, float("nan"), 0.0]))
    told: list[str] = []
    folder = evaluate(drawn, entries, tmp_path, tell=told.append)
    good, failed = json.loads((folder / "pool.json").read_text())["models"]
    assert good["accuracy"] > 0
    assert "failure" not in good
    assert failed["name"] == "nan"
    assert failed["failure"] == "its output for image disc/00.png isn't finite"
    assert not failed.keys() & {"accuracy", "sha256"}
    assert told == [
        "nan: failed, and is left out from here on: its output for image disc/00.png isn't finite"
    ]
    assert not (folder / "nan.parquet").exists()

    # Once its weights are repaired, it alone is asked.
    checkpoint(tmp_path / "nan.pt")
    before = (folder / "good.parquet").stat().st_ino
    evaluate(drawn, entries, tmp_path)
    assert read_decisions(folder).models == ("good", "nan")
    assert (folder / "good.parquet").stat().st_ino == before
    assert not (folder / ".parts").exists()


def test_where_no_model_answers_there_are_no_decisions(drawn, tmp_path: Path) -> None:
    entry = checkpoint(tmp_path / "net.pt")
    change_bias(tmp_path / "net.pt", torch.tensor([0.0, float("nan"), 0.0]))
    with pytest.raises(InputError, match=r"no model .*first, net: its output for image disc/00\.png isn't"):
        evaluate(drawn, [entry], tmp_path)
    assert not (tmp_path / "decisions" / "pool.json").exists()


def test_models_that_do_not_fit_in_memory_together_run_in_rounds_with_the_same_decisions(
    drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("test_resnet", "test_vit", "test_mambaout")
    entries = [checkpoint(tmp_path / f"{name}.pt", name=name) for name in names]
    together = rows_of(evaluate(drawn, entries, tmp_path))
    shutil.rmtree(tmp_path / "decisions")
    drawn.reads.clear()

    built = [size_bytes(timm.create_model(name, num_classes=3)) for name in names]
    free = (built[0] + built[1] + 1) / SHARE_ON_THE_CPU
    monkeypatch.setattr(model_eval.evaluate.memory_plan, "free_bytes", lambda _: free)
    messages: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(RunningModel, "activation_bytes", lambda *_: 0)
        apart = rows_of(evaluate(drawn, entries, tmp_path, tell=messages.append))
    assert messages[0].startswith("2 models were run together")
    assert messages[0].endswith("that are free on cpu; 1 are left for further rounds")
    assert set(drawn.reads.values()) <= {2, 3}  # once per round, and what was prepared ahead when it was full
    for name, rows in together.items():
        pd.testing.assert_frame_equal(apart[name], rows, check_exact=True)

    shutil.rmtree(tmp_path / "decisions")
    evaluate(drawn, entries, tmp_path, tell=messages.append)
    assert messages[1].startswith("1 model was run alone")  # with their activations two don't fit


def test_other_arithmetic_is_another_decision_and_is_recorded(drawn, tmp_path: Path) -> None:
    entry = checkpoint(tmp_path / "net.pt")
    reference = rows_of(evaluate(drawn, [entry], tmp_path))["net"]
    for arithmetic in ("exact", "mixed"):
        folder = evaluate(drawn, [entry], tmp_path, arithmetic=arithmetic)
        (model,) = json.loads((folder / "pool.json").read_text())["models"]
        assert model["arithmetic"] == arithmetic
        rows = rows_of(folder)["net"]
        assert not np.array_equal(rows["p_label"], reference["p_label"])
        np.testing.assert_allclose(rows["p_label"], reference["p_label"], atol=0.02)


def test_near_ties_are_decisions_whose_margin_arithmetic_alone_could_turn(drawn, tmp_path: Path) -> None:
    entry = checkpoint(tmp_path / "net.pt")
    evaluate(drawn, [entry], tmp_path)
    reference = rows_of(tmp_path / "decisions")["net"]
    (model,) = json.loads((tmp_path / "decisions" / "pool.json").read_text())["models"]
    assert 0 < model["noise"] < 1e-4
    assert model["near_ties"] == (reference["margin"] < 2 * model["noise"]).sum()

    exact = rows_of(evaluate(drawn, [entry], tmp_path, arithmetic="exact"))["net"]
    assert (reference["margin"][exact["prediction"] != reference["prediction"]] < 2 * model["noise"]).all()

    coarse_folder = evaluate(drawn, [entry], tmp_path, arithmetic="mixed")
    (coarse,) = json.loads((coarse_folder / "pool.json").read_text())["models"]
    assert 20 * model["noise"] < coarse["noise"] < 0.1
    # What other arithmetic turned around had been told to be a near tie under it.
    turned = rows_of(coarse_folder)["net"]["prediction"] != reference["prediction"]
    assert (rows_of(coarse_folder)["net"]["margin"][turned] < 2 * coarse["noise"]).all()


def test_decisions_of_a_version_that_kept_less_are_made_anew(drawn, tmp_path: Path) -> None:
    entry = checkpoint(tmp_path / "net.pt")
    folder = evaluate(drawn, [entry], tmp_path)
    whole = tables_of(folder)
    path = folder / "net.parquet"
    rows = pd.read_parquet(path).drop(columns="entropy")
    about = rows.attrs["tricky"]
    about.pop("sha256")
    write_memory(path, rows, about)  # whole, and of the same identity
    with pytest.raises(
        InputError, match=r"net.parquet: has no column 'entropy'; run `tricky evaluate` again"
    ):
        read_rows(path, ["image_id", "entropy"])
    evaluate(drawn, [entry], tmp_path)
    assert tables_of(folder) == whole
