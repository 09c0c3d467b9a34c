"""The plan of a session: which trials an observer sees in which order, and the pages in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from experiment.pages import Page, PageName, PageText
from experiment.records import Ask, ScheduledTrial
from experiment.tasks import kind_of
from stimuli.order import present
from stimuli.records import Block, StimulusSet


def schedule(
    stimulus_set: StimulusSet, participant: str, session: int | None = None
) -> tuple[ScheduledTrial, ...]:
    """Return the trials of a session, in order of presentation.

    `stimuli.order.present` draws order and sides from the set's id, the participant's id and the session's
    number. Nothing is stored: the same arguments give the same trials on every machine, so a session can be
    continued on another one.

    Parameters
    ----------
    stimulus_set : StimulusSet
        Items and trials.
    participant : str
        Without ``sub-``.
    session : int, optional
        Number of the session, where a participant has several.

    Raises
    ------
    InputError
        The set has fewer sessions.
    """
    right_answer = kind_of(stimulus_set.task).right_answers(stimulus_set)
    return tuple(
        ScheduledTrial(index, shown.trial.block, shown.trial.trial_id, shown.items, right_answer(shown))
        for index, shown in enumerate(present(stimulus_set, participant, session))
    )


def steps(
    trials: Sequence[ScheduledTrial],
    first: int,
    break_every: int,
    *,
    examples: bool = False,
    again: Callable[[], bool] = lambda: False,
    afterwards: Sequence[PageText | Ask] = (),
) -> Iterator[Page | PageText | Ask | ScheduledTrial]:
    """Yield the steps of a session in order, from trial `first` on.

    Parameters
    ----------
    trials : sequence of ScheduledTrial
        The whole session.
    first : int
        Number of trials that are already done: more than 0 if the session is continued.
    break_every : int
        Number of main trials between breaks; 0 for none.
    examples : bool
        Whether a page with example images from the practice follows the welcome page.
    again : callable
        Called after the practice, before the main block; returns whether the practice is repeated.
    afterwards : sequence of PageText or Ask
        Pages and questions between the last trial and the closing page.
    """
    n_main = sum(trial.block is Block.MAIN for trial in trials)
    n_practice = len(trials) - n_main
    yield Page(PageName.WELCOME_BACK if first else PageName.WELCOME, max(0, first - n_practice), n_main)
    if examples and not first and n_practice:
        yield Page(PageName.EXAMPLES, 0, n_main)
    for trial in trials[first:]:
        n_done = trial.trial_index - n_practice
        if trial.trial_index == 0 and n_practice:
            yield Page(PageName.PRACTICE, 0, n_main)
        elif n_done == 0 and n_practice:
            while again():
                yield Page(PageName.PRACTICE_AGAIN, 0, n_main)
                yield from trials[:n_practice]
            yield Page(PageName.MAIN, 0, n_main)
        elif n_done > 0 and trial.trial_index > first and break_every and n_done % break_every == 0:
            yield Page(PageName.BREAK, n_done, n_main)
        yield trial
    yield from afterwards
    yield Page(PageName.CLOSING, n_main, n_main)
