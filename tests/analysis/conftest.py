"""A small study on disk, written as docs/formats.md says, with everything about it known."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up import write_difficulty, write_pool, write_set_manifest
from made_up_models import N_EPOCHS, make_conditions, make_pool
from PIL import Image, ImageDraw

from experiment.data.bids import Dataset
from experiment.session.prepare import SessionSetup
from experiment.session.simulate import simulate_sessions
from experiment.settings import ExperimentSettings, SimulateSettings
from model_eval.columns import DECISION_DTYPES
from model_eval.images.image_source import InspectedSource
from model_eval.images.open import open_images
from model_eval.label.label import label_counts
from model_eval.settings import ImageSettings, LabelSettings
from stimuli.build import build_set
from stimuli.inputs import Sources
from stimuli.settings import StimulusSettings
from stimuli.write_set import NewSet
from tricky.core.files import sha256_of, write_text
from tricky.core.parquet import write_parquet

HEADER = [
    *("trial_index", "block", "trial_id", "left_item", "right_item", "response", "response_item"),
    *("response_time", "onset", "correct", "dropped_frames", "late_flips", "worst_frame", "timing_ok"),
    *("early_keys", "key_held", "keys_together", "broken_off", "resumed"),
]
MODELS = ("alpha", "beta", "gamma", "delta", "epsilon")


def draw(index: int) -> Image.Image:
    """Draw a small image that no other index has."""
    image = Image.new("L", (28, 28), 0)
    pen = ImageDraw.Draw(image)
    corner = (4 + index % 5, 3 + index % 7)
    box = (*corner, corner[0] + 12 + index % 4, corner[1] + 13 + index % 3)
    shape = (pen.ellipse, pen.rectangle, pen.line)[index % 3]
    shape(box, fill=255 - index % 60, width=3)
    image.putpixel((0, 0), index % 256)
    image.putpixel((1, 0), index // 256)
    return image


class DrawnImages:
    """The images of the small study, as an image source."""

    name = "drawn"

    def read(self, image_id: str) -> Image.Image:
        return draw(int(image_id))


@dataclass
class SmallStudy:
    """A study folder that tests fill and spoil."""

    root: Path
    set_id: str = ""
    trials: list[dict[str, str]] = field(default_factory=list)
    harder: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.root / "data"

    def write_models(
        self, n_images: int = 300, seed: int = 4, class_name: Callable[[int], str] = str
    ) -> None:
        """Write decisions of five models that share what is hard, and the difficulty that follows."""
        rng = np.random.default_rng(seed)
        ids = [f"{i:04d}" for i in range(n_images)]
        label = (np.arange(n_images) % 10).astype(np.int32)
        images = pd.DataFrame(
            {
                "image_id": ids,
                "path": "",
                "label": label,
                "class_name": [class_name(int(each)) for each in label],
                "sha256": [sha256_of(draw(i).tobytes()) for i in range(n_images)],
            }
        )
        ease = 1.4 + 4 * rng.standard_normal(n_images)
        correct = rng.random((len(MODELS), n_images)) < 1 / (1 + np.exp(-ease))
        prediction = np.where(correct, label, (label + 1) % 10).astype(np.int32)
        folder = self.root / "decisions"
        write_parquet(folder / "images.parquet", images)
        entries = []
        for name, answers in zip(MODELS, prediction, strict=True):
            table = pd.DataFrame({"image_id": ids, "epoch": None, "label": label, "prediction": answers})
            table = table.assign(label_rank=1, p_label=0.9, p_prediction=0.9, margin=1.0, entropy=0.3)
            write_parquet(folder / f"{name}.parquet", table.astype(DECISION_DTYPES))
            entries.append(
                {
                    "name": name,
                    "source": f"timm:{name}",
                    "family": "test",
                    "weights": "train",
                    "weights_sha256": sha256_of(name),
                    "n_parameters": 123_456,
                    "accuracy": float((answers == label).mean()),
                }
            )
        write_pool(folder, entries, {"n": n_images})
        made_from = {"decisions/pool.json": sha256_of(folder / "pool.json")}
        self.write_difficulty(images, correct.sum(axis=0), (label + 1) % 10, made_from, source="drawn")

    def write_difficulty(
        self,
        images: pd.DataFrame,
        n_correct: np.ndarray,
        wrong_answer: np.ndarray,
        made_from: Mapping[str, str],
        source: str | None,
        n_models: int = len(MODELS),
    ) -> None:
        """Write a difficulty table with tolerance 1."""
        kind = np.where(
            n_correct <= 1, "impossible", np.where(n_correct >= n_models - 1, "trivial", "in-between")
        )
        most_right = 2 * n_correct >= n_models
        table = images[["image_id", "label", "class_name"]].assign(
            n_models=np.int32(n_models),
            n_correct=n_correct.astype(np.int32),
            difficulty=kind,
            label_error=False,
            stability=np.float32(1),
            modal_prediction=np.where(most_right, images["label"], wrong_answer).astype(np.int32),
            modal_share=(np.maximum(n_correct, n_models - n_correct) / n_models).astype(np.float32),
            modal_error=wrong_answer,
            modal_error_share=np.float32(0),
            stability_families=np.float32(1),
            reason=None,
        )
        write_difficulty(self.root / "difficulty", table, made_from=dict(made_from), images=source)

    def write_set(self, n_main: int = 20, n_practice: int = 2) -> None:
        """Write the stimulus set ``main``: pairs of one trivial and one impossible image."""
        table = pd.read_parquet(self.root / "difficulty" / "difficulty.parquet")
        folder = self.root / "stimuli" / "main"
        n = n_main + n_practice
        impossible = table[table["difficulty"] == "impossible"].head(n)
        trivial = table[table["difficulty"] == "trivial"].head(n)
        assert len(impossible) == len(trivial) == n
        items: list[dict[str, Any]] = []
        self.trials, self.harder = [], {}
        for number, (hard, easy) in enumerate(
            zip(impossible.to_dict("records"), trivial.to_dict("records"), strict=True)
        ):
            pair = [hard, easy] if number % 2 else [easy, hard]
            names = [f"item-{2 * number + side:03d}" for side in (0, 1)]
            for name, row in zip(names, pair, strict=True):
                file = folder / "images" / f"{name}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                draw(int(row["image_id"])).save(file)
                columns = ("label", "class_name", "difficulty", "n_correct", "n_models")
                items.append(
                    {
                        "item_id": name,
                        "image_id": row["image_id"],
                        "file": f"images/{name}.png",
                        "sha256": sha256_of(file),
                    }
                    | {column: row[column] for column in columns}
                )
            trial = f"trial-{number:03d}"
            block = "practice" if number < n_practice else "main"
            self.trials.append({"trial_id": trial, "block": block, "item_a": names[0], "item_b": names[1]})
            self.harder[trial] = names[0] if number % 2 else names[1]
        write_tsv(folder / "items.tsv", items)
        write_tsv(folder / "trials.tsv", self.trials)
        made_from = self.root / "difficulty" / "difficulty.json"
        self.set_id = write_set_manifest(
            folder,
            {"trials": n_main, "practice_trials": n_practice},
            made_from={"difficulty/difficulty.json": sha256_of(made_from)},
        )

    def write_session(
        self,
        participant: str,
        correct: Mapping[str, bool | None] | None = None,
        *,
        kind: str = "simulated",
        session: str | None = None,
        set_id: str | None = None,
        n_rows: int | None = None,
        sidecar: Mapping[str, Any] | None = None,
    ) -> Path:
        """Write a session in the set's own order; trials that `correct` does not name were answered rightly.

        Returns the session table's path.
        """
        rows = []
        began_s = int(sha256_of(f"{participant}/{session}")[:4], 16) / 1e6  # no two sessions are alike
        for index, trial in enumerate(self.trials[:n_rows]):
            right = (correct or {}).get(trial["trial_id"], True)
            items = [trial["item_a"], trial["item_b"]]
            harder = self.harder[trial["trial_id"]]
            chosen = harder if right in (True, None) else next(item for item in items if item != harder)
            truth = "n/a" if right is None else str(right).lower()
            side = "left" if chosen == items[0] else "right"
            times = f"{0.8 + 0.01 * index:.6f}", f"{began_s + 2.0 * index:.6f}"
            rows.append(
                [
                    str(index),
                    trial["block"],
                    trial["trial_id"],
                    *items,
                    side,
                    chosen,
                    *times,
                    truth,
                    *("0", "0", "0.016667", "true"),
                    *("0", "false", "0", "0", "false"),
                ]
            )
        ses = "" if session is None else f"_ses-{session}"
        folder = self.data / f"sub-{participant}" / ses.removeprefix("_") / "beh"
        path = folder / f"sub-{participant}{ses}_task-harder_beh.tsv"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text("".join("\t".join(row) + "\n" for row in [HEADER, *rows]), encoding="utf-8")
        content = {
            "schema_version": 1,
            "TaskName": "harder",
            "StimulusSet": {"name": "main", "set_id": set_id or self.set_id, "n_trials": len(self.trials)},
            "Simulated": {"seed": 1, "observer_effect_logit": 0.1} if kind == "simulated" else None,
            "Settings": {"experiment": {"left_key": "left"}},
            "Versions": {"tricky-images": "0"},
            "Apparatus": {},
            "Runs": [{"started": None, "first_trial": 0}],
        }
        path.with_suffix(".json").write_text(json.dumps(content | dict(sidecar or {})), encoding="utf-8")
        self.kinds[participant] = kind
        lines = [f"sub-{name}\t{each}\n" for name, each in sorted(self.kinds.items())]
        write_text(self.data / "participants.tsv", "participant_id\tkind\n" + "".join(lines))
        return path

    def write_observers(
        self,
        n: int,
        *,
        kind: str = "simulated",
        prefix: str = "sim",
        seed: int = 8,
        sidecar: Mapping[str, Any] | None = None,
    ) -> None:
        """Write sessions of observers who are right in four of five trials, and depend on the trial."""
        rng = np.random.default_rng(seed)
        ease = 1.7 + 1.6 * rng.standard_normal(len(self.trials))
        for number in range(1, n + 1):
            right = rng.random(len(ease)) < 1 / (1 + np.exp(-(ease + 0.5 * rng.standard_normal())))
            answers = {trial["trial_id"]: bool(each) for trial, each in zip(self.trials, right, strict=True)}
            self.write_session(f"{prefix}{number:02d}", answers, kind=kind, sidecar=sidecar)


def write_tsv(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [list(rows[0]), *(list(map(str, row.values())) for row in rows)]
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")


@pytest.fixture
def study(tmp_path: Path) -> SmallStudy:
    """Return a study with models, difficulty and a stimulus set, as yet without observers."""
    small = SmallStudy(tmp_path / "study")
    small.write_models()
    small.write_set()
    return small


@pytest.fixture(scope="session")
def digits() -> InspectedSource:
    """Return real handwritten digits."""
    return open_images(ImageSettings(), Path())


@pytest.fixture
def rehearse(tmp_path: Path, digits: InspectedSource) -> Callable[..., Path]:
    """Build a set of digits under made-up labels and let simulated observers sit it: a study's folder."""

    def call(observers: int = 6, name: str = "rehearsal", confidence_levels: int = 0, **stimuli: Any) -> Path:
        root = tmp_path / name
        images = digits.catalogue().iloc[::20].reset_index(drop=True)
        n_correct = np.random.default_rng(2).integers(0, 12, len(images))
        counts = images[["image_id", "label", "class_name"]].assign(n_correct=n_correct)
        root.mkdir()
        counts.to_csv(root / "counts.csv", index=False)
        label_counts(root / "counts.csv", root / "difficulty", LabelSettings(), n_models=11)
        build_set(
            Sources(root / "difficulty", digits, root),
            StimulusSettings.model_validate({"practice_trials": 2} | stimuli),
            NewSet("main", root / "stimuli" / "main", 1),
        )
        simulate_sessions(
            SessionSetup(
                root / "stimuli" / "main",
                root / "data",
                ExperimentSettings(confidence_levels=confidence_levels),
                Dataset("Rehearsal", ("Ada Lovelace", "Hermann Helmholtz"), "Vision Laboratory", "CC0-1.0"),
                root,
            ),
            SimulateSettings(observers=observers),
            seed=1,
        )
        return root

    return call


@pytest.fixture
def drawn_images() -> DrawnImages:
    """Return the source of the small study's images."""
    return DrawnImages()


@pytest.fixture
def conditions(tmp_path: Path) -> Path:
    """A study with models of three conditions, one of them trained for longer."""
    models = [
        ("base", 1, N_EPOCHS),
        ("order", 1, N_EPOCHS),
        ("order", 2, N_EPOCHS),
        ("longer", 1, N_EPOCHS + 2),
    ]
    make_conditions(tmp_path / "conditions", models)
    return tmp_path


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """A study with a pool of three models."""
    make_pool(tmp_path / "decisions")
    return tmp_path
