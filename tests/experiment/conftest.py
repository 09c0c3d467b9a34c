"""A small stimulus set on disk, written as docs/formats.md says, and the settings that go with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_sets import QUESTIONS, write_images_set, write_set

from experiment.data.bids import Dataset
from experiment.interfaces import Paused, Stopped
from experiment.pages import Page, PageText
from experiment.records import Ask, Choice, ScheduledTrial, Side, Timing
from model_eval.images.open import open_images
from model_eval.label.label import label_counts
from model_eval.settings import ImageSettings, LabelSettings
from stimuli.build import build_set
from stimuli.inputs import Sources
from stimuli.records import StimulusSet
from stimuli.settings import StimulusSettings
from stimuli.write_set import NewSet


def _build_digits(study: Path, **asked: Any) -> StimulusSet:
    """Build a set of real digits under made-up labels."""
    source = open_images(ImageSettings(), study)
    images = source.catalogue().iloc[::200]
    counts = images.assign(n_correct=np.where(np.arange(len(images)) % 2 == 0, 0, 11))
    counts[["image_id", "label", "class_name", "n_correct"]].to_csv(study / "counts.csv", index=False)
    difficulty = study / "difficulty"
    label_counts(study / "counts.csv", difficulty, LabelSettings(), n_models=11)
    settings = StimulusSettings.model_validate(asked)
    return build_set(
        Sources(difficulty, source, study), settings, NewSet("main", study / "stimuli" / "main", 1)
    )


@pytest.fixture(scope="session")
def build_digits() -> Callable[..., StimulusSet]:
    """Build a set of real digits, as `tricky run` demands one, into a study's folder."""
    return _build_digits


@pytest.fixture(scope="session")
def single_set(tmp_path_factory: pytest.TempPathFactory) -> StimulusSet:
    """Two practice and six main trials of one image each, to be named easy or hard."""
    return write_images_set(tmp_path_factory.mktemp("study") / "stimuli" / "main", "single", 2, 6)


@pytest.fixture(scope="session")
def rating_set(tmp_path_factory: pytest.TempPathFactory) -> StimulusSet:
    """Two practice and four main trials of one image each, with two questions."""
    return write_images_set(tmp_path_factory.mktemp("study") / "stimuli" / "main", "rating", 2, 4, QUESTIONS)


@pytest.fixture(scope="session")
def make_set(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., StimulusSet]:
    """Write a set of any size into a folder of its own."""
    return lambda n_practice, n_main, n_ties=0, **image: write_set(
        tmp_path_factory.mktemp("study") / "stimuli" / "main", n_practice, n_main, n_ties, **image
    )


@pytest.fixture(scope="session")
def small_set(make_set: Callable[..., StimulusSet]) -> StimulusSet:
    """Three practice and ten main trials, one of these with two equally hard items."""
    return make_set(3, 10, 1)


@pytest.fixture
def dataset() -> Dataset:
    return Dataset(
        "Harder for a network", ("Ada Lovelace", "Hermann Helmholtz"), "Vision Laboratory", "CC0-1.0"
    )


class Tape:
    """A display and an observer in one, who keep a log: for tests of what drives them."""

    RESPONSE_TIME_S = 0.8
    TIMING = Timing(2, 1, 0.05, False)

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.onsets_s: list[float] = []
        self.started_s: list[float] = []
        self.is_ready = False
        self.choice = Side.RIGHT
        self.choices: dict[int, Side] = {}
        self.stop_at: int | None = None
        self.too_late_at: set[int] = set()
        self.replies: dict[str, str] = {}
        self.pause_at: list[int] = []

    def log(self, what: str, detail: Any = None) -> None:
        self.events.append((what, detail))

    def start(self, elapsed_s: float) -> None:
        self.started_s.append(elapsed_s)

    def get_ready(self) -> None:
        self.is_ready = True

    def page(self, page: Page) -> None:
        self.log("page", page.name)

    def turn_page(self) -> None:
        self.log("turn_page")

    def fixation(self, duration_s: float) -> None:
        self.log("fixation", duration_s)

    def images(self, trial: ScheduledTrial) -> float:
        assert self.is_ready
        self.log("images", trial)
        self.onsets_s.append(10.0 + 2 * trial.trial_index)
        return self.onsets_s[-1]

    def further(self, trial: ScheduledTrial, ask: Ask) -> None:
        self.log("further", (trial, ask.name))

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        if trial is None:
            return Choice(self.replies.get(ask.name, ask.values[0]), self.RESPONSE_TIME_S)
        if trial.trial_index == self.stop_at:
            raise Stopped
        if trial.trial_index in self.pause_at:
            self.pause_at.remove(trial.trial_index)
            raise Paused
        self.log("choose", trial)
        if trial.trial_index in self.too_late_at and ask.name == "response":
            return Choice(None, None)
        answer = self.choices.get(trial.trial_index, self.choice)
        return Choice(answer if answer in ask.values else ask.values[-1], self.RESPONSE_TIME_S)

    def timing(self) -> Timing:
        return self.TIMING

    def feedback(self, correct: bool | None) -> None:
        self.log("feedback", correct)

    def fits(self, text: PageText) -> bool:
        return len(text.body) < 3

    def read(self, text: PageText) -> None:
        self.log("read", text.title)

    def question(self, ask: Ask) -> None:
        self.log("question", ask.name)

    def too_late(self) -> None:
        self.log("too_late")


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture(scope="session")
def make_tape() -> type[Tape]:
    return Tape
