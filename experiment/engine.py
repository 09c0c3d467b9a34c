"""Walks through a session: shows, asks, records. It knows no screen, no keyboard and no file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from experiment.devices import Display, Observer
from experiment.plan import Page
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
    observer has answered can be lost to what comes after it.

    Parameters
    ----------
    steps : iterable of Page or ScheduledTrial
        From `plan.steps`.
    display, observer
        Who shows, and who answers.
    record : callable
        Returns when the response is safe.
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
    """
    for step in steps:
        if isinstance(step, Page):
            display.page(step)
            observer.goes_on()
            continue
        display.fixation(inter_trial_interval_s)
        onset_s = display.pair(step)
        choice = observer.choose(step)
        response = Response(step, choice, onset_s, display.timing(), resumed, broken_off)
        record(response)
        broken_off = 0
        if step.block is Block.PRACTICE:
            display.feedback(response.correct)
