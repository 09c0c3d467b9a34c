"""What only a GPU can show: run with `make gpu-check` on a machine that has one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from sklearn.datasets import load_sample_images

from model_eval.decisions import read_pool
from model_eval.evaluate.batches import BatchMaker
from model_eval.evaluate.evaluate import evaluate_pool
from model_eval.evaluate.run_model import RunningModel
from model_eval.images.arrays import ArrayImages, mnist_5k
from model_eval.images.folder import ImageFolder
from model_eval.networks.build import Classifier
from model_eval.networks.device import Hardware, arithmetic, exact_arithmetic
from model_eval.networks.pool import read_pool as read_models
from model_eval.networks.preprocessing import fit_square, published
from model_eval.settings import EvaluateSettings, ImageSettings, ModelEntry, PoolSettings, TrainSettings
from model_eval.train.pool_training import train_pool

pytestmark = pytest.mark.cuda

CUDA, CPU = torch.device("cuda"), torch.device("cpu")
NAMES = ("test_convnext", "test_efficientnet", "test_resnet", "test_vit")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hundred parts of photographs in three class folders."""
    from PIL import Image

    folder, rng = tmp_path_factory.mktemp("photographs"), np.random.default_rng(3)
    originals = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    for index in range(300):
        image, width = originals[index % 2], int(rng.integers(180, 400))
        left, top = int(rng.integers(image.width - width)), int(rng.integers(image.height - width))
        path = folder / f"class-{index % 3}" / f"{index:03d}.jpg"
        path.parent.mkdir(exist_ok=True)
        image.crop((left, top, left + width, top + width)).save(path)
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with untrained networks whose predictions differ from image to image."""
    root = tmp_path_factory.mktemp("study")
    for name in NAMES:
        torch.manual_seed(5)
        network: Any = timm.create_model(name, num_classes=3)
        network.get_classifier().weight.data *= 30
        torch.save(network.state_dict(), root / f"{name}.pt")
    return root


def entries() -> list[ModelEntry]:
    return [
        ModelEntry(name=name, source=f"timm:{name}", weights=f"{name}.pt", head="images") for name in NAMES
    ]


def evaluate(photographs: Path, root: Path, folder: Path, **settings: Any) -> Path:
    evaluate_pool(
        ImageFolder(ImageSettings(source="folder", path=photographs), photographs),
        entries(),
        EvaluateSettings(**{"device": "cuda", "batch_size": 40, "workers": 4} | settings),
        root=root,
        training=root,
        folder=folder,
    )
    return folder


def differences(folder: Path, reference: Path) -> tuple[int, int, int]:
    """Return how many decisions there are, how many differ, and how many of these are no near ties."""
    n, differ, clearly = 0, 0, 0
    noise = {model.name: model.noise for model in read_pool(folder).answered}
    for name in noise:
        rows, expected = (pd.read_parquet(each / f"{name}.parquet") for each in (folder, reference))
        assert rows["image_id"].equals(expected["image_id"])
        changed = rows["prediction"] != expected["prediction"]
        n, differ = n + len(rows), differ + int(changed.sum())
        clearly += int((changed & (rows["margin"] >= 2 * (noise[name] or 0))).sum())
    return n, differ, clearly


@pytest.fixture(scope="module")
def on_the_cpu(photographs: Path, study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cpu")
    return evaluate(photographs, study, folder, device="cpu", arithmetic="exact", workers=0)


@pytest.mark.parametrize("level", ["exact", "fast", "mixed"])
def test_decisions_are_those_of_the_cpu_except_near_ties(
    level: str, photographs: Path, study: Path, on_the_cpu: Path, tmp_path: Path
) -> None:
    n, differ, clearly = differences(evaluate(photographs, study, tmp_path, arithmetic=level), on_the_cpu)
    assert n == 300 * len(NAMES)
    assert clearly == 0
    assert differ <= {"exact": 0.01, "fast": 0.02, "mixed": 0.1}[level] * n


def test_scaling_gives_the_same_bits_as_on_the_cpu() -> None:
    pixels = torch.arange(256, dtype=torch.uint8).repeat(3 * 4).view(4, 16, 16, 3)
    config = {"input_size": (3, 16, 16), "interpolation": "bicubic", "crop_pct": 0.9, "crop_mode": "center"}
    imagenet = published(config | {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)})
    clip = published(config | {"mean": (0.481, 0.458, 0.408), "std": (0.269, 0.261, 0.276)})
    for way in (imagenet, clip, fit_square(16)):
        assert torch.equal(way.scale(pixels.cuda()).cpu(), way.scale(pixels))


def test_two_runs_give_the_same_bytes_with_processes_or_threads(
    photographs: Path, study: Path, tmp_path: Path
) -> None:
    folders = [
        evaluate(photographs, study, tmp_path / str(workers), workers=workers) for workers in (0, 3, 7)
    ]
    for name in (*NAMES, "images"):
        assert len({(folder / f"{name}.parquet").read_bytes() for folder in folders}) == 1


KILLED = """
import sys
from pathlib import Path
import model_eval.evaluate.model_run
from model_eval.evaluate.evaluate import evaluate_pool
from model_eval.images.folder import ImageFolder
from model_eval.settings import EvaluateSettings, ImageSettings, ModelEntry
model_eval.evaluate.model_run.PART_IMAGES, model_eval.evaluate.model_run.PART_S = 40, 0
images, root, folder = map(Path, sys.argv[1:])
evaluate_pool(
    ImageFolder(ImageSettings(source="folder", path=images), images),
    [ModelEntry(name=name, source=f"timm:{name}", weights=f"{name}.pt", head="images") for name in NAMES],
    EvaluateSettings(device="cuda", batch_size=40, workers=4), root=root, training=root, folder=folder,
)
"""


def test_a_run_that_is_killed_continues_and_ends_with_the_same_bytes(
    photographs: Path, study: Path, tmp_path: Path
) -> None:
    expected = evaluate(photographs, study, tmp_path / "undisturbed")
    script, folder = tmp_path / "run.py", tmp_path / "killed"
    script.write_text(KILLED.replace("NAMES", repr(NAMES)))
    command = [sys.executable, script, photographs, study, folder]
    rng = random.Random(7)
    for _ in range(3):
        run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(600):  # until it has written something, and a moment more
            if run.poll() is not None or list(folder.glob(".parts/*/*.parquet")):
                break
            time.sleep(0.1)
        time.sleep(rng.uniform(0, 0.3))
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    subprocess.run(command, check=True)
    for path in expected.iterdir():
        assert (folder / path.name).read_bytes() == path.read_bytes(), path.name


def test_batches_are_halved_when_memory_really_runs_out(
    photographs: Path,
) -> None:
    total = torch.cuda.get_device_properties(CUDA).total_memory
    torch.cuda.empty_cache()
    source = ImageFolder(ImageSettings(source="folder", path=photographs), photographs)
    network = timm.create_model("test_convnext", num_classes=3).eval()
    classifier = Classifier(entries()[0], network, fit_square(160), (0, 1, 2), "", {})
    settings = EvaluateSettings(device="cuda", batch_size=300, arithmetic="exact")
    messages: list[str] = []
    images = source.catalogue()
    batch = next(BatchMaker(source, CUDA, 300).batches(images, [classifier.preprocessing]))
    inputs = batch.inputs[classifier.preprocessing.key]
    with arithmetic("exact", CUDA):
        whole = RunningModel(classifier, CUDA, settings, messages.append).logits(inputs, 300).cpu()
        assert messages == []
        torch.cuda.empty_cache()
        limit = torch.cuda.memory_reserved() + 120 * 2**20
        torch.cuda.set_per_process_memory_fraction(limit / total)
        try:
            model = RunningModel(classifier, CUDA, settings, messages.append)
            halved = model.logits(inputs, 300).cpu()
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
    assert messages
    assert model.batch_size < 300
    torch.testing.assert_close(halved, whole, rtol=1e-4, atol=1e-4)


def test_deterministic_training_gives_the_same_bits_twice(tmp_path: Path) -> None:
    weights = []
    for attempt in ("one", "two"):
        folder = tmp_path / attempt
        train_pool(
            mnist_5k(ImageSettings()),
            [ModelEntry(name="net", source="timm:test_resnet")],
            TrainSettings(images=100, epochs=2),
            folder=folder,
            seed=3,
            hardware=Hardware("cuda"),
        )
        weights.append((folder / "net.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_the_pool_of_eleven_is_trained_and_evaluated_as_on_the_cpu_except_near_ties(tmp_path: Path) -> None:
    models = read_models(PoolSettings(), tmp_path)
    digits = mnist_5k(ImageSettings())
    pixels = np.stack([np.asarray(digits.read(f"{10 * index:04d}")) for index in range(500)])
    source = ArrayImages(ImageSettings(), "digits", pixels, [str(index // 50) for index in range(500)])
    train_pool(
        source,
        models,
        TrainSettings(images=100, epochs=2),
        folder=tmp_path / "training",
        seed=3,
        hardware=Hardware("cuda"),
    )
    folders = []
    for device in ("cpu", "cuda"):
        folders.append(tmp_path / device)
        evaluate_pool(
            source,
            models,
            EvaluateSettings(device=device),
            root=tmp_path,
            training=tmp_path / "training",
            folder=folders[-1],
        )
    n, differ, clearly = differences(folders[1], folders[0])
    assert n == 11 * 400
    assert clearly == 0
    assert differ < 0.01 * n


def test_zero_shot_logits_are_those_of_the_cpu() -> None:
    import open_clip

    from model_eval.networks.openclip import ZeroShot

    torch.manual_seed(2)
    model: Any = open_clip.create_model("RN50", load_weights=False).eval()
    directions = torch.nn.functional.normalize(torch.randn(model.visual.output_dim, 10), dim=0)
    images = torch.randn(4, 3, 224, 224)
    network = ZeroShot(model, directions)
    with torch.inference_mode(), exact_arithmetic():
        expected = network(images)
        found = network.cuda()(images.cuda()).cpu()
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_nothing_of_a_model_stays_on_the_device_after_an_evaluation(
    photographs: Path, study: Path, tmp_path: Path
) -> None:
    evaluate(photographs, study, tmp_path / "one")
    before = torch.cuda.memory_allocated()
    for number in range(3):
        shutil.rmtree(tmp_path / "one", ignore_errors=True)
        evaluate(photographs, study, tmp_path / f"more-{number}")
    assert torch.cuda.memory_allocated() <= before + 2**20
