"""Walks through a session: shows, asks, records. It knows no screen, no keyboard and no file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from experiment.devices import Display, NotSaved, Observer, Paused, Stopped
from experiment.plan import Page, PageName
from experiment.records import Response, ScheduledTrial
from stimuli.records import Block


def run(
    steps: Iterable[Page | ScheduledTrial],
    display: Display,
    observer: Observer,
    record: Callable[[Response], None],
    *,
    inter_trial_interval_s: float,
    resumed: bool,
    broken_off: int = 0,
) -> None:
    """Run the steps of a session, in order.

    A response is recorded before anything else happens, feedback included, so that no trial that an
    observer has answered can be lost to what comes after it.  Where it cannot be saved the session waits on
    a page that says so.

    Parameters
    ----------
    steps : iterable of Page or ScheduledTrial
        From `plan.steps`.
    display, observer
        Who shows, and who answers.
    record : callable
        Returns when the response is safe, or raises `NotSaved`.
    inter_trial_interval_s : float
        Duration of the fixation before each pair.
    resumed : bool
        Whether the session has been interrupted before.
    broken_off : int
        How often the first of the trials had begun before.

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
        response = None
        while response is None:
            display.fixation(inter_trial_interval_s)
            onset_s = display.pair(step)
            try:
                choice = observer.choose(step)
            except Paused:
                broken_off += 1
                _read(Page(PageName.PAUSED), display, observer)
                continue
            response = Response(step, choice, onset_s, display.timing(), resumed, broken_off)
        _keep(response, record, display, observer)
        broken_off = 0
        if step.block is Block.PRACTICE:
            display.feedback(response.correct)


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
