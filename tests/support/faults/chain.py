"""The commands of a small study, in the order in which they follow each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from experiment.records import Choice, Response
from experiment.session.prepare import SessionSetup, prepare_for_person
from experiment.session.record import SessionRecord
from tricky.study import open_study

STUDY = """
[study]
name = "Faults"
seed = 3
[images]
source = "folder"
path = "photos"
[train]
images = 16
epochs = 1
batch_size = 8
[evaluate]
device = "cpu"
batch_size = 8
workers = 0
[label]
tolerance = 0
[[pool.models]]
name = "resnet"
source = "timm:test_resnet"
[[pool.models]]
name = "vit"
source = "timm:test_vit"
[[pool.models]]
name = "code"
source = "python:net_of_faults:make"
head = "images"
preprocessing = { size_px = 32, crop_pct = 1.0, interpolation = "bilinear", mean = [0,0,0], std = [1,1,1] }
[stimuli.main]
task = "2afc"
trials = 4
practice_trials = 0
[experiment]
examples = false
[simulate]
observers = 3
"""
CODE = """
import torch
from torch import nn

class Brightness(nn.Module):
    def __init__(self):
        super().__init__()
        self.cut = nn.Parameter(torch.tensor(0.35))
    def forward(self, x):
        brightness = x.mean((1, 2, 3))
        return torch.stack([self.cut - brightness, brightness - self.cut], 1)

def make():
    return Brightness()
"""

COMMANDS: dict[str, tuple[str, ...]] = {
    "train": ("train",),
    "evaluate": ("evaluate", "--trust"),
    "label": ("label",),
    "dynamics": ("dynamics",),
    "stimuli build": ("stimuli", "build", "main"),
    "stimuli show": ("stimuli", "show", "main"),
    "stimuli refresh": ("stimuli", "refresh", "main"),
    "simulate": ("simulate",),
    "merge": ("merge", "../booth/data"),
    "withdraw": ("withdraw", "02", "--yes"),
    "export": ("export", "--psych-ds", "exported"),
    "analyse": ("analyse",),
    "power": ("power", "--observers", "4", "--trials", "20"),
    "import sessions": ("import", "sessions", "../people"),
    "import decisions": ("import", "decisions", "../others.csv", "--replace"),
}
"""Every command that writes, but for those in `ELSEWHERE`."""

ELSEWHERE: dict[str, str] = {
    "init": "writes one file; refuses to run again",
    "demo": "runs the commands above",
    "run": "tests/experiment/test_kills.py",
    "calibrate": "writes one file, atomically; needs a screen",
    "online invite": "tests/experiment/online",
    "online serve": "tests/experiment/online",
    "online status": "only reads",
}
"""Commands that write and are not tried here, and why."""

READERS = (
    *("status", "doctor", "images check", "pool show", "pool check", "stimuli check", "stimuli orders"),
)
"""Commands that change no file of a study, apart from caches."""


def write_study(root: Path) -> None:
    """Write a study of 64 images in two classes that differ in brightness, more or less."""
    rng = np.random.default_rng(1)
    for label, name in enumerate(("dark", "light")):
        (root / "photos" / name).mkdir(parents=True)
        for index in range(32):
            mean = 70 + 40 * label + rng.normal(0, 30)
            pixels = np.clip(rng.normal(mean, 40, (32, 32, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / "photos" / name / f"{index:02d}.png")
    (root / "net_of_faults.py").write_text(CODE)
    (root / "study.toml").write_text(STUDY)


def write_others(root: Path, file: Path) -> None:
    """Write decisions of others on the study's images, as a long table."""
    images = sorted(path.relative_to(root / "photos").as_posix() for path in root.glob("photos/*/*.png"))
    rows = [
        f"{name},{image},{image.partition('/')[0] if (index + shift) % 3 else 'light'}"
        for shift, name in enumerate(("alexnet", "vgg"))
        for index, image in enumerate(images)
    ]
    file.write_text("\n".join(["model,image,prediction", *rows]) + "\n")


def write_people(root: Path, folder: Path) -> None:
    """Write the answers of two people who named what they saw, in the form of model-vs-human."""
    images = sorted(path.name for path in root.glob("photos/dark/*.png"))
    folder.mkdir()
    for number in (1, 2):
        said = {False: "cat", True: "dog"}
        rows = [
            f"subject-0{number},1,{trial},0.{500 + 7 * trial},{said[trial % 3 < number]},cat,none,{name}"
            for trial, name in enumerate(images, start=1)
        ]
        header = "subj,session,trial,rt,object_response,category,condition,imagename"
        (folder / f"noise_subject-0{number}_session_1.csv").write_text("\n".join([header, *rows]) + "\n")


def write_booth(root: Path, booth: Path) -> None:
    """Record two people's sessions on another machine, with the stimulus set of the study."""
    study = open_study(root)
    setup = SessionSetup(study.shown_set(), booth / "data", study.settings.experiment, study.dataset(), root)
    for participant in ("01", "02"):
        session = prepare_for_person(setup, participant, None)
        with SessionRecord(session) as record:
            record.start_run({}, {"ok": True, "forced": False, "checks": []})
            for trial in session.trials:
                answer = session.task.asks[0].values[trial.trial_index % 2]
                record.record(Response(trial, Choice(answer, 0.7), 2.0 * trial.trial_index))
            record.seal()


PREPARED = {
    "merge": (write_booth, "booth"),
    "import sessions": (write_people, "people"),
    "import decisions": (write_others, "others.csv"),
}
"""What commands need from elsewhere: the function that writes it, and its name next to the study."""
