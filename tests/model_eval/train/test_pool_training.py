from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from model_eval.columns import IMAGE_COLUMNS
from model_eval.networks.device import Hardware
from model_eval.settings import ModelEntry, TrainSettings
from model_eval.train.pool_training import train_pool
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.progress import Reporter

Entries = tuple[ModelEntry, ...]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_manifest_records_which_models_were_trained_on_which_images(
    trained_folder: Path, two_entries: Entries, quick_training: TrainSettings
) -> None:
    manifest = json.loads((trained_folder / "training.json").read_text())
    assert manifest["classes"] == ["disc", "noise", "stripes"]
    assert manifest["seed"] == 7
    assert manifest["settings"]["train"] == quick_training.model_dump(
        exclude={"recipe", "training_set", "base", "conditions"}
    )
    assert [(model["name"], model["source"]) for model in manifest["models"]] == [
        (entry.name, entry.source) for entry in two_entries
    ]
    for model in manifest["models"]:
        assert model["sha256"] == sha256_of(trained_folder / f"{model['name']}.safetensors")
        assert 0 < model["final_loss"] < 3
    images = pd.read_parquet(trained_folder / "images.parquet")
    assert manifest["images"]["sha256"] == sha256_of(trained_folder / "images.parquet")
    assert tuple(images.columns) == IMAGE_COLUMNS
    assert images["class_name"].value_counts().to_dict() == {"disc": 8, "noise": 8, "stripes": 8}


def test_several_processes_give_the_same_bytes_as_one(
    trained_folder: Path, drawn, two_entries: Entries, quick_training: TrainSettings, tmp_path: Path
) -> None:
    reports: list[tuple[int, int]] = []
    train_pool(
        drawn,
        two_entries,
        quick_training,
        folder=tmp_path,
        seed=7,
        hardware=Hardware(n_workers=2),
        reporter=Reporter(
            lambda what, done, total: reports.append((done, total)) if what == "Training models" else None
        ),
    )
    assert files_of(tmp_path) == files_of(trained_folder)
    assert reports[-1] == (4, 4)


def test_what_is_trained_already_is_kept_and_a_further_model_changes_no_other(
    drawn, two_entries: Entries, quick_training: TrainSettings, tmp_path: Path
) -> None:
    epochs: list[str] = []

    def train(entries: Entries, settings: TrainSettings = quick_training, seed: int = 7) -> int:
        """Return the number of epochs that were trained."""
        epochs.clear()
        train_pool(
            drawn,
            entries,
            settings,
            folder=tmp_path,
            seed=seed,
            hardware=Hardware(n_workers=1),
            reporter=Reporter(lambda what, *_: epochs.append(what)),
        )
        return epochs.count("Training models")

    assert train(two_entries[:1]) == 2
    first = (tmp_path / "resnet.safetensors").read_bytes()
    assert train(two_entries) == 2
    assert (tmp_path / "resnet.safetensors").read_bytes() == first
    before = files_of(tmp_path)
    drawn.reads.clear()
    assert train(two_entries) == 0
    assert files_of(tmp_path) == before
    assert drawn.reads.total() == 0

    assert train(two_entries, quick_training.model_copy(update={"epochs": 1})) == 2
    assert train(two_entries, seed=8) == 4
    (tmp_path / "resnet.safetensors").write_bytes(b"torn")
    assert train(two_entries, seed=8) == 2


def test_a_pool_without_untrained_models_leaves_nothing(
    drawn, quick_training: TrainSettings, tmp_path: Path
) -> None:
    entry = ModelEntry(name="a", source="timm:test_resnet", weights="pretrained")
    assert train_pool(drawn, (entry,), quick_training, folder=tmp_path / "training", seed=1) == 0
    assert not (tmp_path / "training").exists()


def test_models_that_diverge_are_named_and_there_is_no_manifest(
    drawn, two_entries: Entries, tmp_path: Path
) -> None:
    settings = TrainSettings(images=24, epochs=3, batch_size=8, learning_rate=1e30)
    names = r"training diverged: mambaout in epoch \d, resnet in epoch \d; lower `learning_rate`"
    with pytest.raises(InputError, match=names):
        train_pool(drawn, two_entries, settings, folder=tmp_path, seed=7, hardware=Hardware(n_workers=2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images.parquet"]


KILLED = """
import os, signal, sys
from pathlib import Path
from model_eval.images.open import open_images
from model_eval.settings import ImageSettings, ModelEntry, TrainSettings
from model_eval.networks.device import Hardware
from model_eval.train.pool_training import train_pool
from tricky.core.progress import Reporter

def kill_in_mid_run(what, done, total):
    if "Train" in what and (folder / "mambaout.safetensors").exists():
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    images, folder = Path(sys.argv[1]), Path(sys.argv[2])
    names = {"mambaout": "test_mambaout", "resnet": "test_resnet", "resnet2": "test_resnet"}
    entries = [ModelEntry(name=name, source=f"timm:{source}") for name, source in names.items()]
    train_pool(
        open_images(ImageSettings(source="folder", path=images), folder.parent), entries,
        TrainSettings(images=24, epochs=25, batch_size=8), folder=folder, seed=7,
        hardware=Hardware(n_workers=2), reporter=Reporter(kill_in_mid_run),
    )
"""


def test_a_killed_run_leaves_no_process_behind_and_its_finished_models_are_kept(
    drawn_folder: Path, drawn, tmp_path: Path
) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    folder = tmp_path / "training"
    # All processes of the run share its output, which ends with the last of them.
    run = subprocess.Popen([sys.executable, script, drawn_folder, folder], stdout=subprocess.PIPE)
    run.communicate(timeout=120)
    assert run.returncode == -signal.SIGKILL
    finished = folder / "mambaout.safetensors"
    assert finished.exists()
    assert not (folder / "training.json").exists()

    inode = finished.stat().st_ino
    entries = [
        ModelEntry(name="mambaout", source="timm:test_mambaout"),
        ModelEntry(name="resnet", source="timm:test_resnet"),
        ModelEntry(name="resnet2", source="timm:test_resnet"),
    ]
    settings = TrainSettings(images=24, epochs=25, batch_size=8)
    train_pool(drawn, entries, settings, folder=folder, seed=7, hardware=Hardware(n_workers=1))
    assert finished.stat().st_ino == inode
    assert len(json.loads((folder / "training.json").read_text())["models"]) == 3
    # What the kill left half written is no weight file and in nobody's way.
    assert {path.name for path in folder.iterdir() if not path.name.startswith(".")} == {
        *("images.parquet", "training.json"),
        *(f"{entry.name}.safetensors" for entry in entries),
    }
