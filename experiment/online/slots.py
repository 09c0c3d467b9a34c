"""Which participant id a new session gets: one whose list of trials is needed most.

The id determines list, order, sides and keys, as in the lab. Ids of sessions that ended early are not used
again, but what they would have contributed is: another id with the same *condition* follows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field

from experiment.settings import ExperimentSettings
from experiment.tasks import task_of
from stimuli.order import list_of
from stimuli.records import StimulusSet

Condition = Hashable
"""What is counterbalanced over participants: the list, and the order of the answers on the keys."""


@dataclass
class Conditions:
    """The conditions of the participants ``web0001``, ``web0002`` and so on.

    Attributes
    ----------
    stimulus_set : StimulusSet
    settings : ExperimentSettings
    prefix : str
        Of the ids.
    """

    stimulus_set: StimulusSet
    settings: ExperimentSettings
    prefix: str
    _known: dict[str, Condition] = field(default_factory=dict)

    def name(self, number: int) -> str:
        """Return the id with a number."""
        return f"{self.prefix}{number:04d}"

    def number(self, participant: str) -> int:
        """Return the number of an id; 0 if it is not of this form."""
        digits = participant.removeprefix(self.prefix)
        return int(digits) if participant.startswith(self.prefix) and digits.isdecimal() else 0

    def of(self, participant: str) -> Condition:
        """Return the condition of an id."""
        if participant not in self._known:
            task = task_of(self.stimulus_set, self.settings, participant)
            self._known[participant] = (
                list_of(self.stimulus_set, participant),
                tuple(ask.values for ask in task.asks),
            )
        return self._known[participant]

    @property
    def period(self) -> int:
        """Number of consecutive ids among which every condition occurs."""
        n_answers = len(task_of(self.stimulus_set, self.settings, self.name(1)).asks[0].options)
        return self.stimulus_set.n_sessions * n_answers


def next_participant(conditions: Conditions, used: Collection[str], counted: Collection[str]) -> str:
    """Return the id of a new session.

    Parameters
    ----------
    conditions : Conditions
    used : collection of str
        All ids that were ever used, in the lab too.
    counted : collection of str
        Those of sessions that are complete, or can still become so.

    Returns
    -------
    str
        The free id with the smallest number among those whose condition has the fewest sessions.
    """
    n_of = Counter(conditions.of(each) for each in counted)
    taken = set(used)
    highest = max((conditions.number(each) for each in taken), default=0)
    free = [conditions.name(number) for number in range(1, highest + conditions.period + 1)]
    return min((each for each in free if each not in taken), key=lambda each: n_of[conditions.of(each)])
