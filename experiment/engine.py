"""Walks through a session: shows, asks, records. It knows no screen, no keyboard and no file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from experiment.devices import Display, Observer
from experiment.plan import Page
from experiment.records import Choice, Response, ScheduledTrial, Task
from experiment.tables import RATING_TASK
from stimuli.records import Block


def run(
    steps: Iterable[Page | ScheduledTrial],
    display: Display,
    observer: Observer,
    record: Callable[[Response], None],
    task: Task,
    *,
    inter_trial_interval_s: float,
    resumed: bool,
    broken_off: int = 0,
) -> None:
    """Run the steps of a session, in order.

    A response is recorded before anything else happens, feedback included, so that no trial that an
    observer has answered can be lost to what comes after it.

    Parameters
    ----------
    steps : iterable of Page or ScheduledTrial
        From `plan.steps`.
    display, observer
        Who shows, and who answers.
    record : callable
        Returns when the response is safe.
    task : Task
        What is asked in each trial.
    inter_trial_interval_s : float
        Duration of the fixation before each trial.
    resumed : bool
        Whether the session has been interrupted before.
    broken_off : int
        How often the first of the trials had begun before.

    Raises
    ------
    Stopped
        The observer asked to stop; every recorded response stands.
    """
    for step in steps:
        if isinstance(step, Page):
            display.page(step)
            observer.goes_on()
            continue
        display.fixation(inter_trial_interval_s)
        first, *rest = task.asks
        onset_s = display.images(step)
        choice, timing = observer.choose(step, first), display.timing()
        further = []
        for ask in rest:
            if choice.answer is None:
                further.append(Choice(None, None))
                continue
            display.further(step, ask)
            further.append(observer.choose(step, ask))
        response = Response(step, choice, onset_s, timing, resumed, broken_off, tuple(further))
        record(response)
        broken_off = 0
        if choice.answer is None:
            display.too_late()
        elif step.block is Block.PRACTICE and task.name != RATING_TASK:
            display.feedback(response.correct)
