"""The engine walks through a session: shows, asks, records. It knows no screen, no keyboard and no file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from experiment.interfaces import Display, NotSaved, Observer, Paused, Recorder, Stopped
from experiment.pages import Page, PageName, PageText
from experiment.records import Ask, Choice, Response, ScheduledTrial, Task
from stimuli.records import Block


@dataclass(frozen=True)
class EarlierRuns:
    """How earlier runs of a session ended.

    Attributes
    ----------
    resumed : bool
        Whether there were any.
    broken_off : int
        How many of them ended in the trial that comes next, and may have shown it.
    """

    resumed: bool = False
    broken_off: int = 0


def run(
    steps: Iterable[Page | PageText | Ask | ScheduledTrial],
    display: Display,
    observer: Observer,
    recorder: Recorder,
    task: Task,
    *,
    inter_trial_interval_s: float,
    earlier: EarlierRuns = EarlierRuns(),
) -> None:
    """Run the steps of a session, in order.

    A response is saved before anything else happens, feedback included, so that no answered trial is lost to
    what comes after it. If it cannot be saved, the session waits on a page that says so.

    Parameters
    ----------
    steps : iterable
        From `plan.steps`: pages, trials, and questions outside trials.
    display, observer : Display, Observer
        Who shows, and who answers.
    recorder : Recorder
        Who saves.
    task : Task
        What is asked in each trial.
    inter_trial_interval_s : float
        Duration of the fixation before each trial.
    earlier : EarlierRuns
        How earlier runs of the session ended.

    Raises
    ------
    Stopped
        The observer stopped the session; all recorded responses are kept.
    NotSaved
        The observer stopped at a response that could not be saved; all earlier ones are kept.
    """
    broken_off = earlier.broken_off
    for step in steps:
        if isinstance(step, Page):
            _read(step, display, observer)
            continue
        if isinstance(step, PageText):
            display.read(step)
            observer.turn_page()
            continue
        if isinstance(step, Ask):
            display.question(step)
            choice = observer.choose(None, step)
            _save(partial(recorder.note, step.name, choice), display, observer)
            continue
        response = None
        while response is None:
            try:
                response = _trial(step, display, observer, task, inter_trial_interval_s)
            except Paused:
                broken_off += 1
                _read(Page(PageName.PAUSED), display, observer)
        response = replace(response, resumed=earlier.resumed, broken_off=broken_off)
        _save(partial(recorder.record, response), display, observer)
        broken_off = 0
        if response.choice.answer is None:
            display.too_late()
        elif step.block is Block.PRACTICE and task.right_answers:
            display.feedback(response.correct)


def _trial(
    trial: ScheduledTrial, display: Display, observer: Observer, task: Task, interval_s: float
) -> Response:
    """Show a trial and ask its questions; the further ones are skipped if the first has no answer."""
    first, *rest = task.asks
    display.get_ready()
    display.fixation(interval_s)
    onset_s = display.images(trial)
    choice, timing = observer.choose(trial, first), display.timing()
    further = []
    for ask in rest:
        if choice.answer is None:
            further.append(Choice(None, None))
        else:
            display.further(trial, ask)
            further.append(observer.choose(trial, ask))
    return Response(trial, choice, onset_s, timing, further=tuple(further))


def _read(page: Page, display: Display, observer: Observer) -> None:
    display.page(page)
    observer.turn_page()


def _save(save: Callable[[], None], display: Display, observer: Observer) -> None:
    """Save an answer; if that fails, show why, and try again when the continue key is pressed."""
    while True:
        try:
            return save()
        except NotSaved as problem:
            try:
                _read(Page(PageName.NOT_SAVED, reason=str(problem)), display, observer)
            except Stopped:
                raise problem from None
