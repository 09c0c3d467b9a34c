"""Practice that is repeated until it goes well.

The first round stands in the session table, as without a criterion; repetitions stand in the sidecar, so
that the table has one row for each trial of the set whatever happens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from experiment.records import Response, ScheduledTrial
from experiment.settings import ExperimentSettings
from stimuli.records import Block


class Practice:
    """The rounds of the practice block, and whether one more is needed.

    A round's share right is that of its trials that have a right answer; a missed deadline is not right.
    The first round, and each repetition, is judged when all its trials are answered; a repetition that a stop
    or a crash broke off is begun again, and what was answered in it stays on record.

    Parameters
    ----------
    trials : sequence of ScheduledTrial
        The whole session.
    settings : ExperimentSettings
        Criterion, and the limit of repetitions.
    rows : sequence of mapping
        The session table so far.
    before : mapping or None
        `entry` of an earlier run.
    keep : callable
        Takes `entry` after each change; raises where it can't be kept.
    """

    def __init__(
        self,
        trials: Sequence[ScheduledTrial],
        settings: ExperimentSettings,
        rows: Sequence[Mapping[str, str]],
        before: Mapping[str, Any] | None,
        keep: Callable[[dict[str, Any] | None], None],
    ) -> None:
        self.trials = tuple(trial for trial in trials if trial.block is Block.PRACTICE)
        self._criterion, self._most = settings.practice_criterion, settings.practice_repetitions
        self._keep = keep
        self._first = [{"correct": row.get("correct") == "true"} for row in rows[: len(self.trials)]]
        self._repetitions: list[list[dict[str, Any]]] = [
            list(each) for each in (before or {}).get("repetitions", [])
        ]

    @property
    def entry(self) -> dict[str, Any] | None:
        """What the sidecar says of it; None without a criterion."""
        if self._criterion is None:
            return None
        shares = [self._share(each) for each in self._rounds()]
        return {
            "criterion": self._criterion,
            "share_right": shares,
            "met": shares[-1] >= self._criterion if shares else None,
            "repetitions": [list(each) for each in self._repetitions if each],
        }

    def first_round(self, response: Response) -> None:
        """Note a response of the first round; others are passed over."""
        if response.trial.block is Block.PRACTICE:
            self._first.append({"correct": response.correct is True})

    def repeated(self, response: Response) -> None:
        """Keep a response of a repetition; where that fails, all is as before."""
        self._repetitions[-1].append(
            {
                "trial_id": response.trial.trial_id,
                "response": response.choice.answer,
                "response_time": response.choice.response_time_s,
                "correct": response.correct,
            }
        )
        try:
            self._keep(self.entry)
        except BaseException:
            self._repetitions[-1].pop()
            raise

    def again(self) -> bool:
        """Tell whether the practice is to be done once more, and make room for the round if so."""
        rounds = self._rounds()
        if self._criterion is None or not rounds:
            return False
        self._keep(self.entry)
        if self._share(rounds[-1]) >= self._criterion or len(rounds) > self._most:
            return False
        self._repetitions = [*filter(None, self._repetitions), []]
        return True

    def may_go_on(self, n_done: int) -> bool:
        """Tell whether practice trials can still be shown in a session with so many rows."""
        return n_done < len(self.trials) or (self._criterion is not None and n_done == len(self.trials))

    def _rounds(self) -> list[list[dict[str, Any]]]:
        """Return the rounds that are whole."""
        return [
            each
            for each in [self._first, *self._repetitions]
            if self.trials and len(each) == len(self.trials)
        ]

    def _share(self, answered: Sequence[Mapping[str, Any]]) -> float:
        right = [
            each["correct"] is True
            for each, trial in zip(answered, self.trials, strict=True)
            if trial.right_answer is not None
        ]
        return sum(right) / len(right) if right else 1.0
