"""The state of a study's online sessions, in numbers; no answers, no ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from experiment.online.events import Event, ResponseEvent, parse_event
from experiment.online.store import Link, Status, StoredEvent
from experiment.session.plan import schedule
from stimuli.records import StimulusSet


@dataclass(frozen=True)
class OnlineStatus:
    """How many sessions there are, and how they go.

    Attributes
    ----------
    n_links : int
        Links that were made, opened or not.
    n_joined : int
        Sessions that were begun: of participants who agreed, if they are asked for consent.
    n_running, n_complete, n_dropped_out, n_screened_out, n_no_consent : int
    median_duration_s : float or None
        Of complete sessions, from their start to the last answer to a trial.
    n_catch, n_catch_right : int
        Catch trials answered in complete sessions, and those answered correctly.
    """

    n_links: int
    n_joined: int
    n_running: int
    n_complete: int
    n_dropped_out: int
    n_screened_out: int
    n_no_consent: int
    median_duration_s: float | None
    n_catch: int
    n_catch_right: int

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What people read: names and values."""
        duration = "" if self.median_duration_s is None else f"{self.median_duration_s / 60:.1f} min"
        catch = f"{self.n_catch_right} of {self.n_catch}" if self.n_catch else ""
        return [
            ("links", str(self.n_links)),
            ("joined", str(self.n_joined)),
            ("running", str(self.n_running)),
            ("complete", str(self.n_complete)),
            ("dropped out", str(self.n_dropped_out)),
            ("screened out", str(self.n_screened_out)),
            ("did not agree", str(self.n_no_consent)),
            ("median duration", duration or "–"),
            ("catch trials right", catch or "–"),
        ]


@dataclass(frozen=True)
class _Complete:
    duration_s: float
    catch: tuple[int, int]


def status_of(
    links: Sequence[Link], events_of: Callable[[str], Sequence[StoredEvent]], stimulus_set: StimulusSet
) -> OnlineStatus:
    """Return the state of all sessions.

    Parameters
    ----------
    links : sequence of Link
    events_of : callable
        Participant → the events of their session: `Store.events`.
    stimulus_set : StimulusSet
        Says which trials are catch trials.
    """
    n_of = Counter(link.status for link in links)
    complete = [
        _of_complete(events_of(link.participant), link.participant, stimulus_set)
        for link in links
        if link.status is Status.COMPLETE and link.participant is not None
    ]
    dropped = [link for link in links if link.status is Status.TIMED_OUT and link.last_event is not None]
    running = [link for link in links if link.status is Status.OPEN and link.last_event is not None]
    return OnlineStatus(
        n_links=len(links),
        n_joined=len(running) + len(dropped) + len(complete),
        n_running=len(running),
        n_complete=len(complete),
        n_dropped_out=len(dropped),
        n_screened_out=n_of[Status.SCREENED_OUT],
        n_no_consent=n_of[Status.NO_CONSENT],
        median_duration_s=median(each.duration_s for each in complete) if complete else None,
        n_catch=sum(each.catch[0] for each in complete),
        n_catch_right=sum(each.catch[1] for each in complete),
    )


def _of_complete(stored: Sequence[StoredEvent], participant: str, stimulus_set: StimulusSet) -> _Complete:
    events = [parse_event(each.text) for each in stored]
    answered = [event for event in events if isinstance(event, ResponseEvent)]
    ends_s = [each.onset_s + sum(answer.time_s or 0.0 for answer in each.answers) for each in answered]
    return _Complete(max(ends_s, default=0.0), _catch(events, participant, stimulus_set))


def _catch(events: Sequence[Event], participant: str, stimulus_set: StimulusSet) -> tuple[int, int]:
    """Return how many catch trials were answered, and how many of them correctly."""
    catch = {trial.trial_id for trial in stimulus_set.trials if trial.catch}
    if not catch:
        return 0, 0
    trials = schedule(stimulus_set, participant)
    answers = [
        (trials[event.trial], event.answers[0].value)
        for event in events
        if isinstance(event, ResponseEvent) and event.round == 0
    ]
    asked = [(trial, value) for trial, value in answers if trial.trial_id in catch and trial.right_answer]
    return len(asked), sum(trial.right_answer == value for trial, value in asked)
