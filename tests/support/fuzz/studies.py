"""Small finished studies, made by the project's own stages, whose files are then damaged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from made_up import HASH, origins, write_pool
from PIL import Image

from model_eval.epoch_decisions import ConditionModel, write_conditions, write_epochs
from model_eval.networks.decision_rows import decision_rows
from tricky.core.parquet import write_parquet
from tricky.study import open_study

TASKS = ("2afc", "single", "rating")
MODELS = ("alpha", "beta", "gamma", "delta", "epsilon")
N_IMAGES = 90


@dataclass(frozen=True)
class Names:
    """What a lab may call as it likes.

    Attributes
    ----------
    study, image : str
        The study's title; what names of image files begin with.
    classes, families, answers : tuple of str
        Three classes, five families and three answers.
    groups : tuple of str
        The hard and the easy images; empty for tricky's own.
    covariate, carried : str
        Columns of the lab's table.
    own : str
        What the lab's files begin with.
    """

    study: str = "Fuzz"
    image: str = ""
    classes: tuple[str, ...] = ("bee", "cat", "dog")
    families: tuple[str, ...] = tuple(name[0] for name in MODELS)
    groups: tuple[str, ...] = ()
    answers: tuple[str, ...] = ("not", "somewhat", "very")
    covariate: str = "weight_g"
    carried: str = "licence"
    own: str = ""

    def image_id(self, index: int) -> str:
        """Return the path of an image below the folder of images."""
        return f"{self.classes[index % 3]}/{self.image}{index:03d}.png"


PLAIN = Names()

STUDY = """\
[study]
name = {study}
authors = ["Ada Lovelace", "Hermann Helmholtz"]
seed = 7

[images]
source = "folder"
path = "images"

[pool]
file = {pool}

[label]
label_errors = {errors}

[stimuli.main]
task = "{task}"
trials = 12
practice_trials = 2
table = {table}
carry = [{carried}]
eligible.deny_images = {deny}
eligible.max_per_class = 40
match.covariates = [{covariate}]
{groups}
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
answers = {answers}
"""


def draw(folder: Path, names: Names = PLAIN) -> None:
    """Draw images of three classes, each unlike all others."""
    rng = np.random.default_rng(3)
    for index in range(N_IMAGES):
        path = folder / names.image_id(index)
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (12, 16), dtype=np.uint8)
        Image.fromarray(pixels).resize((32, 24), Image.Resampling.BICUBIC).save(path)


def decide(root: Path, names: Names = PLAIN) -> None:
    """Write decisions of five models that share what is hard, about the study's own images."""
    rng = np.random.default_rng(4)
    images = open_study(root).check_images().images
    folder, labels = root / "decisions", images["label"].to_numpy()
    write_parquet(folder / "images.parquet", images)
    ease = 4 * rng.standard_normal(len(images))
    models = []
    for name, family in zip(MODELS, names.families, strict=True):
        right = rng.random(len(images)) < 1 / (1 + np.exp(-ease))
        logits = np.eye(3)[np.where(right, labels, (labels + 1) % 3)] * rng.uniform(1, 3, (len(images), 1))
        write_parquet(folder / f"{name}.parquet", decision_rows(images["image_id"].tolist(), labels, logits))
        models.append({"name": name, "family": family, "source": "timm:test_resnet", "noise": 1e-6})
        models[-1] |= {"accuracy": float(right.mean())}
    lines = [
        f'[[models]]\nname = "{name}"\nsource = "timm:test_resnet"\nweights = "pretrained"\n'
        f"family = {toml(family)}\n"
        for name, family in zip(MODELS, names.families, strict=True)
    ]
    (root / f"{names.own}pool.toml").write_text("\n".join(lines), encoding="utf-8")
    study = open_study(root)
    settings = study.settings.model_dump(mode="json")
    from model_eval.networks.pool import read_pool

    entries = [entry.model_dump(mode="json") for entry in read_pool(study.settings.pool, root)]
    write_pool(
        folder,
        models,
        {"n": len(images), "source": study.open_images().name},
        classes=sorted(images["class_name"].unique()),
        settings={
            "images": settings["images"],
            "pool": {"models": entries},
            "evaluate": settings["evaluate"],
        },
    )


def train(root: Path) -> None:
    """Write ``conditions/`` of a base network and one condition, after each of three epochs."""
    rng = np.random.default_rng(5)
    images = open_study(root).check_images().images
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
    about = {"n": len(images), "source": open_study(root).open_images().name}
    write_conditions(
        folder,
        conditions={"base": {}, "order": {"new_seeds": ["order"]}},
        models=records,
        about={
            **origins(train={"training_set": None}, recipe={}),
            "images": about,
            "training_images": about | {"sha256": HASH},
            "classes": sorted(images["class_name"].unique()),
            "device": "cpu",
        },
    )


def toml(text: str) -> str:
    """Return a text as TOML has it."""
    return json.dumps(text, ensure_ascii=False)


def write_study(root: Path, task: str, names: Names) -> None:
    """Write the study file and the lab's own files."""
    questions = (
        QUESTIONS.format(answers=json.dumps(names.answers, ensure_ascii=False)) if task == "rating" else ""
    )
    groups = ""
    if names.groups:
        hard, easy = map(toml, names.groups)
        groups = f"groups = [{hard}, {easy}]\nranges = {{ {hard} = [0, 1], {easy} = [4, 5] }}\n"
    files = ("pool.toml", "errors.txt", "own.csv", "deny.txt")
    pool, errors, table, deny = (toml(f"{names.own}{each}") for each in files)
    text = STUDY.format(
        study=toml(names.study),
        **{"pool": pool, "errors": errors, "table": table, "deny": deny},
        **{"task": task, "groups": groups, "questions": questions},
        carried=toml(names.carried),
        covariate=toml(names.covariate),
        confidence=0 if task == "rating" else 3,
    )
    (root / "study.toml").write_text(text, encoding="utf-8")
    ids = [names.image_id(index) for index in range(N_IMAGES)]
    rows = [f"{name},{10 + index % 7}.5,CC0" for index, name in enumerate(ids)]
    header = f"image_id,{names.covariate},{names.carried}"
    content = {
        "own.csv": [header, *rows],
        "errors.txt": [ids[5], ids[8]],
        "deny.txt": [ids[2], ids[4]],
        "pool.toml": [],
    }
    for name, lines in content.items():
        text = "".join(f"{line}\n" for line in lines)
        (root / f"{names.own}{name}").write_text(text, encoding="utf-8")


def finish(root: Path, task: str, conditions: bool = False, names: Names = PLAIN) -> Path:
    """Make a study of one task and run every stage that needs no network; return its folder."""
    root.mkdir(parents=True)
    draw(root / "images", names)
    write_study(root, task, names)
    decide(root, names)
    study = open_study(root)
    study.label()
    study.build_stimuli("main")
    study.simulate()
    study.analyse()
    if conditions:
        train(root)
    study.dynamics()
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
