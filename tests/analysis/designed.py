"""Studies of any design, with answers that a test chooses, written through the project's own writers."""

from __future__ import annotations

import contextlib
import functools
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from made_up import change
from PIL import Image
from reports import QUESTIONS

from experiment.columns import CONFIDENCE
from experiment.data.bids import Dataset, SessionPath, register
from experiment.data.columns import table_of
from experiment.data.describe_dataset import describe_dataset
from experiment.data.sidecar import Run, ShownSet, describe_session, write_sidecar
from experiment.interfaces import Stopped
from experiment.observers.simulated import SimulatedDisplay
from experiment.records import Ask, Choice, Kind, ScheduledTrial
from experiment.session.engine import run
from experiment.session.plan import schedule, steps
from experiment.session.simulate import Rows
from experiment.settings import ExperimentSettings
from experiment.tasks import task_of
from model_eval.images.check import Inspection
from model_eval.manifests import DifficultyManifest
from model_eval.settings import ImageSettings
from stimuli.build import build_set
from stimuli.inputs import Sources
from stimuli.records import Block, StimulusSet, read_any_set
from stimuli.settings import StimulusSettings
from stimuli.write_set import NewSet
from tests.analysis.conftest import SmallStudy, draw
from tricky.core.files import sha256_of, write_text
from tricky.core.progress import Progress, no_progress

Answer = Callable[[ScheduledTrial, Ask], str | None]
"""What an observer answers to a question about a trial; None lets the deadline pass."""


class DrawnImages:
    """The images of `SmallStudy`, as an image source."""

    name = "drawn"
    settings = ImageSettings()

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        """List 300 images."""
        progress("Listing images", 300, 300)
        ids = [f"{index:04d}" for index in range(300)]
        hashes = [sha256_of(draw(index).tobytes()) for index in range(300)]
        return pd.DataFrame({"image_id": ids, "sha256": hashes})

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        """Find nothing wrong with them."""
        return Inspection(self.catalogue(progress).assign(class_name=""))

    def read(self, image_id: str) -> Image.Image:
        """Draw an image."""
        return draw(int(image_id))


@dataclass(frozen=True)
class Sitting:
    """One session of one observer: how they answer, and after how many trials of the main block they stop."""

    participant: str
    answer: Answer
    session: int | None = None
    n_main: int | None = None
    kind: Kind = Kind.SIMULATED


class Scripted:
    """An observer who answers as told, a little later in each trial, and stops when told."""

    def __init__(self, sitting: Sitting, display: SimulatedDisplay) -> None:
        self._sitting, self._display = sitting, display
        self._n_main = 0

    def turn_page(self) -> None:
        """Read on."""

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Answer by the script."""
        if trial is None:
            return Choice(ask.options[0].value, 1.0)
        if ask.name != CONFIDENCE and trial.block is Block.MAIN and ask.name in ("response", "clear"):
            if self._n_main == self._sitting.n_main:
                raise Stopped
            self._n_main += 1
        answer = self._sitting.answer(trial, ask)
        # No two sessions have the same times: identical tables are refused as copies.
        own_s = int(sha256_of(f"{self._sitting.participant}/{self._sitting.session}")[:4], 16) / 1e6
        time_s = None if answer is None else 0.8 + own_s + 0.01 * trial.trial_index
        self._display.now_s += time_s or 5.0
        return Choice(answer, time_s)


def right(trial: ScheduledTrial, ask: Ask) -> str:
    """Answer rightly; what has no right answer gets the first."""
    has_right = ask.name == "response" and trial.right_answer is not None
    return str(trial.right_answer) if has_right else ask.options[0].value


def wrong(trial: ScheduledTrial, ask: Ask) -> str:
    """Answer wrongly; what has no right answer gets the last."""
    return next(each.value for each in ask.options if each.value != right(trial, ask))


def missing(trial: ScheduledTrial, ask: Ask) -> None:
    """Let every deadline pass."""


def by_hash(*key: object, share: float = 0.75, n_missing: float = 0.0) -> Answer:
    """Answer rightly with a probability, by chance that the key and the trial alone decide."""

    def answer(trial: ScheduledTrial, ask: Ask) -> str | None:
        draws = int(sha256_of("/".join(map(str, (*key, trial.trial_id, ask.name))))[:12], 16)
        uniform, other = draws % 2**20 / 2**20, draws // 2**20 / 2**28
        if other < n_missing:
            return None
        if ask.name != "response":
            return ask.options[int(uniform * len(ask.options))].value
        return right(trial, ask) if uniform < share else wrong(trial, ask)

    return answer


@functools.cache
def _models(one_class: bool, published: bool) -> Path:
    root = Path(tempfile.mkdtemp(prefix="tricky-designs-"))
    small = SmallStudy(root)
    small.write_models(class_name=(lambda _: "only") if one_class else str)
    if published:
        shutil.rmtree(root / "decisions")
        change(root / "difficulty" / "difficulty.json", DifficultyManifest, made_from={})
    return root


@functools.cache
def _built(settings: str, one_class: bool, published: bool) -> Path:
    """Return a study with models and a set of these settings; built once."""
    root = Path(tempfile.mkdtemp(prefix="tricky-designs-"))
    shutil.copytree(_models(one_class, published), root, dirs_exist_ok=True)
    asked = json.loads(settings)
    if "catch_trials" in asked:
        table = pd.read_parquet(root / "difficulty" / "difficulty.parquet")
        chosen = table.groupby("difficulty").tail(12)
        write_text(root / "catch.txt", "\n".join(chosen["image_id"]) + "\n")
        asked["catch_images"] = "catch.txt"
    build_set(
        Sources(root / "difficulty", DrawnImages(), root),
        StimulusSettings.model_validate(asked),
        NewSet("main", root / "stimuli" / "main", 1),
    )
    return root


def write_design(
    folder: Path,
    stimuli: Mapping[str, Any],
    sittings: Sequence[Sitting],
    *,
    experiment: Mapping[str, Any] | None = None,
    one_class: bool = False,
    published: bool = False,
) -> Path:
    """Write a study of a set with these settings and of these sessions, and return its folder.

    Parameters
    ----------
    folder : Path
        Where it goes; the sessions of a study that is there already are replaced.
    stimuli, experiment : mapping
        Settings that differ from the defaults.
    sittings : sequence of Sitting
    one_class : bool
        Whether all images are of one class.
    published : bool
        Whether the images were labelled from a table of counts, without decisions.
    """
    asked = {"trials": 8, "practice_trials": 2} | dict(stimuli)
    if asked.get("task") == "rating":
        asked = {"questions": QUESTIONS} | asked
    base = _built(json.dumps(asked, sort_keys=True), one_class, published)
    shutil.rmtree(folder / "data", ignore_errors=True)
    if not folder.exists():
        shutil.copytree(base, folder)
    settings = ExperimentSettings.model_validate(dict(experiment or {}))
    stimulus_set = read_any_set(folder / "stimuli" / "main")
    for sitting in sittings:
        _sit(sitting, stimulus_set, folder / "data", settings)
    return folder


def _sit(sitting: Sitting, stimulus_set: StimulusSet, data: Path, settings: ExperimentSettings) -> None:
    dataset = Dataset("Designed", ("Ada Lovelace", "Hermann Helmholtz"), "Vision Laboratory", "CC0-1.0")
    place = SessionPath(data, sitting.participant, sitting.session, settings.task_name)
    trials = schedule(stimulus_set, sitting.participant, sitting.session)
    task = task_of(stimulus_set, settings, sitting.participant)
    table, display = table_of(task), SimulatedDisplay()
    rows = Rows(table)
    with contextlib.suppress(Stopped):
        run(
            steps(trials, 0, settings.break_every),
            display,
            Scripted(sitting, display),
            rows,
            task,
            inter_trial_interval_s=settings.inter_trial_interval_s,
        )
    sidecar = describe_session(
        dataset,
        place,
        table,
        instructions="",
        stimulus_set=ShownSet(name=stimulus_set.name, set_id=stimulus_set.set_id, n_trials=len(trials)),
        drawn_for=sitting.participant,
        simulated={"seed": 1} if sitting.kind is Kind.SIMULATED else None,
    ).with_(
        settings={"experiment": settings.model_dump(mode="json")},
        versions={"tricky-images": "0"},
        runs=(Run.model_validate({"started": None, "first_trial": 0}),),
        table_sha256=sha256_of(rows.text) if len(rows) == len(trials) else None,
    )
    describe_dataset(data, dataset, settings.participant_fields)
    columns = {each.name: "n/a" for each in settings.participant_fields}
    register(data, [sitting.participant], sitting.kind, values=columns)
    write_text(place.table, rows.text)
    write_sidecar(place.sidecar, sidecar)
