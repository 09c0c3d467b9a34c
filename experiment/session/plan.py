"""Which trials an observer sees, in which order, on which sides: the same on every machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from experiment.records import Ask, ScheduledTrial
from experiment.tasks import kind_of
from stimuli.order import present
from stimuli.records import Block, StimulusSet


def schedule(
    stimulus_set: StimulusSet[Any], participant: str, session: int | None = None
) -> tuple[ScheduledTrial, ...]:
    """Return what an observer sees in a session, in order of presentation.

    Order and sides are drawn by `stimuli.order.present`, from the set's id, the participant's id and the
    session's number. Nothing is stored, so a session can be taken up on another machine: the same arguments
    give the same trials.

    Parameters
    ----------
    stimulus_set : StimulusSet
        Items and trials.
    participant : str
        Without ``sub-``.
    session : int, optional
        Number of the session, where a participant sits several.

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


class PageName(StrEnum):
    """A screen of text; the names are those of its texts."""

    WELCOME = "welcome"
    EXAMPLES = "examples"
    WELCOME_BACK = "welcome_back"
    PRACTICE = "practice"
    PRACTICE_AGAIN = "practice_again"
    MAIN = "main"
    BREAK = "break"
    CLOSING = "closing"
    PAUSED = "paused"
    NOT_SAVED = "not_saved"
    KEYBOARD = "keyboard"


@dataclass(frozen=True)
class PageText:
    """A page of text.

    Attributes
    ----------
    title : str
        Its headline.
    body : tuple of str
        Paragraphs.
    prompt : str
        What the continue key does; stands behind a picture of that key.
    """

    title: str
    body: tuple[str, ...]
    prompt: str


@dataclass(frozen=True, slots=True)
class Page:
    """A screen of text that stays until the observer goes on.

    Attributes
    ----------
    name : PageName
        Which one.
    n_done, n_main : int
        Trials of the main block that are done, and all of them.
    reason : str
        What the experimenter needs to know, where something is wrong.
    """

    name: PageName
    n_done: int = 0
    n_main: int = 0
    reason: str = ""


def steps(
    trials: Sequence[ScheduledTrial],
    first: int,
    break_every: int,
    *,
    examples: bool = False,
    again: Callable[[], bool] = lambda: False,
    afterwards: Sequence[PageText | Ask] = (),
) -> Iterator[Page | PageText | Ask | ScheduledTrial]:
    """Yield what happens in a session, from trial `first` on, in order.

    Parameters
    ----------
    trials : sequence of ScheduledTrial
        The whole session.
    first : int
        Number of trials that are already done: more than 0 when a session is taken up again.
    break_every : int
        Number of main trials between breaks; 0 for none.
    examples : bool
        Whether a page with images of the practice follows the welcome.
    again : callable
        Asked when the practice is done and the main block has not begun: whether all of it comes once more.
    afterwards : sequence of PageText or Ask
        What is read and asked between the last trial and the end.
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
