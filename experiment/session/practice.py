"""Practice that is repeated until the share of correct answers reaches a criterion.

The session table contains the first round, with or without a criterion. Repetitions are saved in the sidecar,
so that the table always has one row for each trial of the set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from experiment.records import Response, ScheduledTrial
from experiment.settings import ExperimentSettings
from stimuli.records import Block


class Practice:
    """The rounds of the practice block, and whether another one is needed.

    The share of correct answers counts trials that have a correct answer; a missed deadline is not correct.
    A round is judged when all its trials are answered. A repetition that was interrupted starts again from
    its first trial; its answers stay in the sidecar.

    Parameters
    ----------
    trials : sequence of ScheduledTrial
        The whole session.
    settings : ExperimentSettings
        Criterion, and the maximum number of repetitions.
    rows : sequence of mapping
        The rows of the session table so far.
    before : mapping or None
        `entry` as an earlier run saved it.
    save : callable
        Takes `entry` after each change; raises if it can't be saved.
    """

    def __init__(
        self,
        trials: Sequence[ScheduledTrial],
        settings: ExperimentSettings,
        rows: Sequence[Mapping[str, str]],
        before: Mapping[str, Any] | None,
        save: Callable[[dict[str, Any] | None], None],
    ) -> None:
        self.trials = tuple(trial for trial in trials if trial.block is Block.PRACTICE)
        self._criterion, self._max_repetitions = settings.practice_criterion, settings.practice_repetitions
        self._save = save
        self._first = [{"correct": row.get("correct") == "true"} for row in rows[: len(self.trials)]]
        self._repetitions: list[list[dict[str, Any]]] = [
            list(each) for each in (before or {}).get("repetitions", [])
        ]

    @property
    def entry(self) -> dict[str, Any] | None:
        """The practice as the sidecar describes it; None without a criterion."""
        if self._criterion is None:
            return None
        shares = [self._share_correct(each) for each in self._complete_rounds()]
        return {
            "criterion": self._criterion,
            "share_right": shares,
            "met": shares[-1] >= self._criterion if shares else None,
            "repetitions": [list(each) for each in self._repetitions if each],
        }

    @property
    def n_repeated(self) -> int:
        """Number of answers in all repetitions."""
        return sum(map(len, self._repetitions))

    def first_round(self, response: Response) -> None:
        """Add a response to the first round, if its trial is a practice trial."""
        if response.trial.block is Block.PRACTICE:
            self._first.append({"correct": response.correct is True})

    def repeated(self, response: Response) -> None:
        """Add a response to the current repetition and save it; if that fails, nothing has changed."""
        self._repetitions[-1].append(
            {
                "trial_id": response.trial.trial_id,
                "response": response.choice.answer,
                "response_time": response.choice.response_time_s,
                "correct": response.correct,
            }
        )
        try:
            self._save(self.entry)
        except BaseException:
            self._repetitions[-1].pop()
            raise

    def again(self) -> bool:
        """Return whether the practice is repeated once more; if so, start a new repetition."""
        rounds = self._complete_rounds()
        if self._criterion is None or not rounds:
            return False
        self._save(self.entry)
        if self._share_correct(rounds[-1]) >= self._criterion or len(rounds) > self._max_repetitions:
            return False
        self._repetitions = [*filter(None, self._repetitions), []]
        return True

    def may_go_on(self, n_done: int) -> bool:
        """Return whether practice trials can still be shown after `n_done` trials of the session."""
        return n_done < len(self.trials) or (self._criterion is not None and n_done == len(self.trials))

    def _complete_rounds(self) -> list[list[dict[str, Any]]]:
        return [
            each
            for each in [self._first, *self._repetitions]
            if self.trials and len(each) == len(self.trials)
        ]

    def _share_correct(self, answered: Sequence[Mapping[str, Any]]) -> float:
        correct = [
            each["correct"] is True
            for each, trial in zip(answered, self.trials, strict=True)
            if trial.right_answer is not None
        ]
        return sum(correct) / len(correct) if correct else 1.0
