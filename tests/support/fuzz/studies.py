"""Small finished studies, made by the project's own stages, whose files are then damaged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from made_up import HASH, origins, write_pool
from PIL import Image

from model_eval.evaluate.decide import decision_rows
from model_eval.train.epoch_decisions import ConditionModel, write_conditions, write_epochs
from tricky import stages
from tricky.core.parquet import write_parquet
from tricky.study import open_study

TASKS = ("2afc", "single", "rating")
CLASSES = ("bee", "cat", "dog")
MODELS = ("alpha", "beta", "gamma", "delta", "epsilon")
N_IMAGES = 90

STUDY = """\
[study]
name = "Fuzz"
authors = ["Ada Lovelace", "Hermann Helmholtz"]
seed = 7

[images]
source = "folder"
path = "images"

[pool]
file = "pool.toml"

[label]
label_errors = "errors.txt"

[stimuli.main]
task = "{task}"
trials = 12
practice_trials = 2
table = "own.csv"
carry = ["licence"]
eligible.deny_images = "deny.txt"
eligible.max_per_class = 40
match.covariates = ["weight_g"]
{questions}
[simulate]
observers = 4

[experiment]
confidence_levels = {confidence}
"""

QUESTIONS = """
[[stimuli.main.questions]]
name = "clear"
text = "How clear is it?"
answers = ["not", "somewhat", "very"]
"""


def draw(folder: Path) -> None:
    """Draw images of three classes, each unlike all others."""
    rng = np.random.default_rng(3)
    for index in range(N_IMAGES):
        path = folder / CLASSES[index % 3] / f"{index:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (12, 16), dtype=np.uint8)
        Image.fromarray(pixels).resize((32, 24), Image.Resampling.BICUBIC).save(path)


def decide(root: Path) -> None:
    """Write decisions of five models that share what is hard, about the study's own images."""
    rng = np.random.default_rng(4)
    images = stages.check_images(open_study(root)).images
    folder, labels = root / "decisions", images["label"].to_numpy()
    write_parquet(folder / "images.parquet", images)
    ease = 4 * rng.standard_normal(len(images))
    models = []
    for name in MODELS:
        right = rng.random(len(images)) < 1 / (1 + np.exp(-ease))
        logits = np.eye(3)[np.where(right, labels, (labels + 1) % 3)] * rng.uniform(1, 3, (len(images), 1))
        write_parquet(folder / f"{name}.parquet", decision_rows(images["image_id"].tolist(), labels, logits))
        models.append({"name": name, "family": name[0], "source": "timm:test_resnet", "noise": 1e-6})
        models[-1] |= {"accuracy": float(right.mean())}
    pool = [{"name": each, "source": "timm:test_resnet", "weights": "pretrained"} for each in MODELS]
    lines = [f'[[models]]\nname = "{each["name"]}"\nsource = "{each["source"]}"\n' for each in pool]
    (root / "pool.toml").write_text("\n".join(f'{line}weights = "pretrained"\n' for line in lines))
    study = open_study(root)
    settings = study.settings.model_dump(mode="json")
    from model_eval.networks.pool import read_pool

    entries = [entry.model_dump(mode="json") for entry in read_pool(study.settings.pool, root)]
    write_pool(
        folder,
        models,
        {"n": len(images), "source": stages.images_of(study).name},
        classes=list(CLASSES),
        settings={
            "images": settings["images"],
            "pool": {"models": entries},
            "evaluate": settings["evaluate"],
        },
    )


def train(root: Path) -> None:
    """Write ``conditions/`` of a base network and one condition, after each of three epochs."""
    rng = np.random.default_rng(5)
    images = stages.check_images(open_study(root)).images
    folder, labels = root / "conditions", images["label"].to_numpy()
    for name in ("images", "training_images"):
        write_parquet(folder / f"{name}.parquet", images)
    records = []
    for condition, replicate in (("base", 1), ("order", 1), ("order", 2)):
        answers = [np.where(rng.random(len(labels)) < p, labels, (labels + 1) % 3) for p in (0.3, 0.7, 0.8)]
        tables = [decision_rows(images["image_id"].tolist(), labels, np.eye(3)[each]) for each in answers]
        write_epochs(folder / f"{condition}-{replicate}.parquet", tables)
        accuracies = tuple(float((each == labels).mean()) for each in answers)
        records.append(
            ConditionModel(
                f"{condition}-{replicate}", condition, replicate, "timm:test_resnet", (1.0, 0.5), accuracies
            )
        )
    about = {"n": len(images), "source": stages.images_of(open_study(root)).name}
    write_conditions(
        folder,
        conditions={"base": {}, "order": {"new_seeds": ["order"]}},
        models=records,
        about={
            **origins(train={"training_set": None}, recipe={}),
            "images": about,
            "training_images": about | {"sha256": HASH},
            "classes": list(CLASSES),
            "device": "cpu",
        },
    )


def finish(root: Path, task: str, conditions: bool = False) -> Path:
    """Make a study of one task and run every stage that needs no network; return its folder."""
    root.mkdir(parents=True)
    draw(root / "images")
    questions = QUESTIONS if task == "rating" else ""
    text = STUDY.format(task=task, questions=questions, confidence=0 if task == "rating" else 3)
    (root / "study.toml").write_text(text)
    names = [f"{CLASSES[index % 3]}/{index:03d}.png" for index in range(N_IMAGES)]
    rows = [f"{name},{10 + index % 7}.5,CC0" for index, name in enumerate(names)]
    (root / "own.csv").write_text("\n".join(["image_id,weight_g,licence", *rows]) + "\n")
    (root / "errors.txt").write_text(f"{names[5]}\n{names[8]}\n")
    (root / "deny.txt").write_text(f"{names[2]}\n{names[4]}\n")
    (root / "pool.toml").write_text("")
    decide(root)
    study = open_study(root)
    stages.label(study)
    stages.build_stimuli(study, "main")
    stages.simulate(study)
    stages.analyse(study)
    if conditions:
        train(root)
    stages.dynamics(study)
    return root


@contextmanager
def without_drawing() -> Iterator[None]:
    """Leave figures and pictures undrawn, which take most of the time of a report."""

    def save(_figure: object, stem: Path) -> None:
        stem.parent.mkdir(parents=True, exist_ok=True)
        for suffix in (".svg", ".png"):
            stem.with_suffix(suffix).write_text("<svg/>")

    with mock.patch("analysis.report.style.save", save):
        yield


def results(root: Path, without: str = "") -> dict[str, Any]:
    """Return every number that a study's folders hold, by where it is from; origins are left out."""
    found: dict[str, Any] = {}
    for name in ("report/results.json", "report/dynamics.json", "stimuli/main/stimulus_set.json"):
        path = root / name
        if path.is_file() and name != without:
            content = json.loads(path.read_text(encoding="utf-8"))
            for key in ("made_from", "content_sha256", "versions", "stages", "settings"):
                content.pop(key, None)
            found[name] = content
    name = "difficulty/difficulty.parquet"
    if (root / name).is_file() and name != without:
        found[name] = pd.read_parquet(root / name).to_csv()
    return found
