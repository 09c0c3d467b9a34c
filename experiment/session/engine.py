"""Walks through a session: shows, asks, records. It knows no screen, no keyboard and no file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from experiment.records import Ask, Choice, Response, ScheduledTrial, Task
from experiment.session.interfaces import Display, NotSaved, Observer, Paused, Stopped
from experiment.session.plan import Page, PageName, PageText
from stimuli.records import Block


def run(
    steps: Iterable[Page | PageText | Ask | ScheduledTrial],
    display: Display,
    observer: Observer,
    record: Callable[[Response], None],
    task: Task,
    *,
    inter_trial_interval_s: float,
    resumed: bool,
    broken_off: int = 0,
    note: Callable[[str, Choice], None] = lambda _name, _choice: None,
) -> None:
    """Run the steps of a session, in order.

    A response is recorded before anything else happens, feedback included, so that no trial that an
    observer has answered can be lost to what comes after it.  Where it cannot be saved the session waits on
    a page that says so.

    Parameters
    ----------
    steps : iterable
        From `plan.steps`: pages, trials, and questions by themselves.
    display, observer
        Who shows, and who answers.
    record : callable
        Returns when the response is safe, or raises `NotSaved`.
    task : Task
        What is asked in each trial.
    inter_trial_interval_s : float
        Duration of the fixation before each trial.
    resumed : bool
        Whether the session has been interrupted before.
    broken_off : int
        How often the first of the trials had begun before.
    note : callable
        Keeps the answer to a question that belongs to no trial, by its name.

    Raises
    ------
    Stopped
        The observer asked to stop; every recorded response stands.
    NotSaved
        The observer stopped at a response that could not be saved; every earlier one stands.
    """
    for step in steps:
        if isinstance(step, Page):
            _read(step, display, observer)
            continue
        if isinstance(step, PageText):
            display.read(step)
            observer.goes_on()
            continue
        if isinstance(step, Ask):
            display.question(step)
            note(step.name, observer.choose(None, step))
            continue
        response = None
        while response is None:
            try:
                response = _trial(step, display, observer, task, inter_trial_interval_s)
            except Paused:
                broken_off += 1
                _read(Page(PageName.PAUSED), display, observer)
        response = replace(response, resumed=resumed, broken_off=broken_off)
        _keep(response, record, display, observer)
        broken_off = 0
        if response.choice.answer is None:
            display.too_late()
        elif step.block is Block.PRACTICE and task.right_answers:
            display.feedback(response.correct)


def _trial(
    trial: ScheduledTrial, display: Display, observer: Observer, task: Task, interval_s: float
) -> Response:
    """Show a trial and ask all its questions, the further ones only where the first was answered."""
    first, *rest = task.asks
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
    observer.goes_on()


def _keep(
    response: Response, record: Callable[[Response], None], display: Display, observer: Observer
) -> None:
    """Record a response; where that fails tell the experimenter, and try again when told to."""
    while True:
        try:
            return record(response)
        except NotSaved as trouble:
            try:
                _read(Page(PageName.NOT_SAVED, reason=str(trouble)), display, observer)
            except Stopped:
                raise trouble from None
