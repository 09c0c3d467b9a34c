"""The trials of a session in a PsychoPy window: prepared while pages are read, then shown frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import Enum, auto
from functools import partial

import numpy as np
from PIL import Image
from psychopy import logging, visual

from experiment.pages import Page, PageName
from experiment.records import Ask, ScheduledTrial, Timing
from experiment.screen.canvas import Canvas
from experiment.screen.click_areas import Target, places
from experiment.screen.content import SessionContent
from experiment.screen.layout import Layout
from experiment.screen.masks import pink_noise
from experiment.screen.pictures import PictureQueue, read_picture
from experiment.screen.psychopy_pages import PsychopyReader
from experiment.screen.timing import timing_of
from stimuli.records import Block

FEEDBACK_S = 1.5
N_MASKS = 8


class PartKind(Enum):
    """What a prepared picture shows."""

    IMAGE = auto()
    FIXATION = auto()
    QUESTION = auto()
    TOO_LATE = auto()
    MASK = auto()


Part = tuple[PartKind, str]
"""A prepared picture: its kind, and which one of that kind (an `item_id`, the name of a question)."""


class PsychopyDisplay(PsychopyReader):
    """Shows the pages and trials of a session (a `Display`), and waits frame by frame.

    Everything that a trial needs is built and drawn once before the first trial, because the first drawing of
    a picture takes longer than a frame. `prepare` starts this in the background: a thread makes the pictures,
    and each frame of a page uploads one of them.

    Parameters
    ----------
    window : psychopy.visual.Window
        Open.
    canvas, layout : Canvas, Layout
        Drawing of the surroundings, and positions of the images.
    content : SessionContent
        What the session shows.
    """

    def __init__(
        self,
        window: visual.Window,
        canvas: Canvas,
        layout: Layout,
        content: SessionContent,
    ) -> None:
        super().__init__(window, canvas, content.settings, content.texts)
        self._layout, self._content, self._task = layout, content, content.task
        self._n_main = sum(trial.block is Block.MAIN for trial in content.trials)
        self._n_practice = len(content.trials) - self._n_main
        self._captions = content.texts.captions(content.trials)
        self._examples: dict[str, Image.Image] = {}
        self._bar: list[visual.ImageStim] = []
        self._queue: PictureQueue[Part] = PictureQueue()
        self._prepared: dict[Part, visual.ImageStim] = {}
        self.start(0.0)

    def start(self, elapsed_s: float) -> None:
        """Start the session's clock, or continue it where `elapsed_s` of the session are over."""
        self._origin_s = logging.defaultClock.getTime() - elapsed_s

    def prepare(self, items: Iterable[str]) -> None:
        """Start to prepare images, and everything else that trials show; frames of pages continue it.

        Images of the examples come first, because their page precedes the trials.
        """
        items, message = list(items), self._texts.lines["too_late"]
        for item in sorted(items, key=lambda item: item not in self._captions):
            file, size_px = self._content.image_files[item], self._layout.size_px(item)
            self._queue.add((PartKind.IMAGE, item), partial(read_picture, file, size_px))
        first = self._task.asks[0]
        self._queue.add((PartKind.FIXATION, ""), partial(self._around, first, fixation=True))
        for ask in self._task.asks:
            self._queue.add((PartKind.QUESTION, ask.name), partial(self._around, ask))
        self._queue.add((PartKind.TOO_LATE, ""), partial(self._canvas.message, message))
        if self._settings.presentation.mask_ms:
            size_px = max(self._layout.image_width_px.values()), self._layout.image_height_px
            for seed in range(N_MASKS):
                make = partial(pink_noise, size_px, np.random.default_rng(seed))
                self._queue.add((PartKind.MASK, str(seed)), make)

    def get_ready(self) -> None:
        """Return when everything that trials show is prepared; if it is not yet, ask to wait."""
        if self._queue:
            self.ask_to_wait()
        while self._queue:
            self.frame()

    def ask_to_wait(self) -> None:
        """Show one line that asks for a moment's patience."""
        self._show([self._stim(self._canvas.message(self._texts.lines["loading"]))])
        self._targets = []

    def frame(self) -> None:
        """Show the same for one more frame; before the first trial, also prepare one picture."""
        self._prepare_next()
        super().frame()

    def _prepare_next(self) -> None:
        """Upload the next picture, if one is finished, and draw it where nobody sees it."""
        made = self._queue.take()
        if made is None:
            return
        part, picture = made
        if part[0] is PartKind.IMAGE and part[1] in self._captions:
            self._examples[part[1]] = picture
        stim = self._prepared[part] = self._stim(picture)
        stim.draw()
        self._window.clearBuffer()

    def close(self) -> None:
        """Stop preparing."""
        self._queue.close()

    def page(self, page: Page) -> None:
        """Show a page until something else is shown."""
        text = self._texts.page(page, self._settings, self._task)
        if page.name is PageName.EXAMPLES:
            while not self._examples.keys() >= self._captions.keys():
                self.frame()
            key = self._cap(self._settings.continue_key)
            pictures = [(self._examples[item], caption) for item, caption in self._captions.items()]
            self._show([self._stim(self._canvas.examples(text, key, pictures))])
            self._targets = [self._anywhere]
            return
        progress = page.n_done / page.n_main if page.name is PageName.BREAK else None
        image = self._canvas.page(text, self._cap(self._settings.continue_key), progress)
        self._show([self._stim(image)])
        self._targets = [] if page.name is PageName.KEYBOARD else [self._anywhere]

    def fixation(self, duration_s: float) -> None:
        """Wait before the images, to the nearest frame; show the cross all the time, or at the end only."""
        fixation_ms = self._settings.presentation.fixation_ms
        cross_s = duration_s if fixation_ms is None else fixation_ms / 1000
        self._targets = self._targets_of(self._task.asks[0])  # clicks count as early keys do
        if cross_s < duration_s:
            self._show([self._question(self._task.asks[0]), *self._bar])
            self._hold(duration_s - cross_s)
        if cross_s > 0:
            self._show([self._prepared[PartKind.FIXATION, ""], *self._bar])
            self._hold(cross_s)

    def images(self, trial: ScheduledTrial) -> float:
        """Show a trial's images and its first question; return their onset in s from the session's start."""
        if trial.block is Block.MAIN:
            bar = self._canvas.progress_bar((trial.trial_index - self._n_practice) / self._n_main)
            self._bar = [
                self._stim(bar, (0, round(1.5 * self._canvas.em_px) - self._layout.window_px[1] // 2))
            ]
        self._trial = trial
        question = [self._question(self._task.asks[0]), *self._bar]
        self._show([*question, *self._placed(trial)], self._after_images(question))
        self._targets = self._targets_of(self._task.asks[0])
        return self.onset_s - self._origin_s

    def _after_images(
        self, question: list[visual.ImageStim]
    ) -> tuple[tuple[int, list[visual.ImageStim]], ...]:
        """Return what replaces the images, each with the number of frames after their onset."""
        shown = self._settings.presentation
        if not shown.limited:
            return ()
        n_images = shown.image_frames or self._frames((shown.image_ms or 0.0) / 1000)
        without = (n_images, question)
        if not shown.mask_ms:
            return (without,)
        first = self._trial.trial_index * len(self._layout.offsets_px)
        masks = []
        for number, offset in enumerate(self._layout.offsets_px):
            mask = self._prepared[PartKind.MASK, str((first + number) % N_MASKS)]
            mask.pos = (offset, 0)
            masks.append(mask)
        return (
            (n_images, [*question, *masks]),
            (n_images + self._frames(shown.mask_ms / 1000), question),
        )

    def _frames(self, duration_s: float) -> int:
        """Return the number of frames nearest to a duration, at least one."""
        return max(1, round(duration_s / self.refresh.period_s))

    def further(self, trial: ScheduledTrial, ask: Ask) -> None:
        """Show a further question, with the images unless their presentation is limited."""
        images = [] if self._task.limited else self._placed(trial)
        self._show([self._question(ask), *self._bar, *images])
        self._targets = self._targets_of(ask)

    def timing(self) -> Timing:
        """Return the frame timing since the onset of what is shown."""
        timing = timing_of(self._frames_s, self.refresh)
        if self._removed_s is None:
            return timing
        duration_s = self._removed_s - self.onset_s
        return replace(
            timing, image_frames=round(duration_s / self.refresh.period_s), image_duration_s=duration_s
        )

    def feedback(self, correct: bool | None) -> None:
        """Show briefly whether the last answer was correct; mark the image that is the right answer."""
        trial, ask, marks = self._trial, self._task.asks[0], []
        if ask.by_place and trial.right_answer is not None:
            place = ask.values.index(trial.right_answer)
            mark = self._canvas.mark(self._layout.size_px(trial.items[place]))
            marks = [self._stim(mark, (self._layout.offsets_px[place], 0))]
        text = self._texts.feedback(correct, trial.right_answer)
        around = self._stim(self._around(replace(self._task.asks[0], text=text)))
        self._show([around, *marks, *self._placed(trial)])
        self._hold(FEEDBACK_S)

    def too_late(self) -> None:
        """Show briefly that the deadline has passed."""
        self._show([self._prepared[PartKind.TOO_LATE, ""]])
        self._hold(FEEDBACK_S)

    def _question(self, ask: Ask) -> visual.ImageStim:
        return self._prepared[PartKind.QUESTION, ask.name]

    def _placed(self, trial: ScheduledTrial) -> list[visual.ImageStim]:
        """Return the pictures of a trial at their positions."""
        stims = []
        for item, offset in zip(trial.items, self._layout.offsets_px, strict=True):
            stim = self._prepared[PartKind.IMAGE, item]
            stim.pos = (offset, 0)
            stims.append(stim)
        return stims

    def _around(self, ask: Ask, *, fixation: bool = False) -> Image.Image:
        """Draw the surroundings of the images: question and keys."""
        answers = self._answers(ask, self._centres(ask))
        return self._canvas.trial(ask.text, answers, self._layout.image_height_px, fixation=fixation)

    def _centres(self, ask: Ask) -> Sequence[int] | None:
        """Return the centres of the images if they are the answers; None if the answers have labels."""
        return self._layout.centres_px() if ask.by_place else None

    def _targets_of(self, ask: Ask) -> list[Target]:
        """Return what can be clicked to answer a question: its keys, and images that are its answers.

        The click areas of images are as wide as the widest one, so that all are equally easy to hit.
        """
        centres, height_px = self._centres(ask), self._layout.image_height_px
        targets = self._canvas.targets(self._answers(ask, centres), height_px)
        if centres is None:
            return targets
        size_px = max(self._layout.image_width_px.values()), height_px
        keys = [option.key for option in ask.options]
        return [*targets, *places(keys, centres, size_px, self._layout.window_px)]
