from __future__ import annotations

import random
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest

from experiment.online.slots import Conditions, next_participant


class Lists(Conditions):
    """Participants whose condition is their number, modulo a number of conditions."""

    def __init__(self, n: int) -> None:
        super().__init__(cast(Any, SimpleNamespace()), cast(Any, SimpleNamespace()), "web")
        self._n = n

    def of(self, participant: str) -> int:
        return self.number(participant) % self._n

    @property
    def period(self) -> int:
        return self._n


@pytest.mark.parametrize("n", [1, 2, 3, 12])
@pytest.mark.parametrize("drop_out", [0.0, 0.5, 0.9])
def test_lists_are_balanced_over_sessions_that_are_complete(n, drop_out):
    rng, conditions = random.Random(5), Lists(n)
    used, complete = [], []
    while len(complete) < 5 * n:
        used.append(next_participant(conditions, used, complete))
        if rng.random() >= drop_out:
            complete.append(used[-1])
    assert set(Counter(map(conditions.of, complete)).values()) == {5}
    assert len(set(used)) == len(used)


def test_people_who_take_part_at_the_same_time_get_different_lists():
    conditions, running = Lists(4), []
    for _ in range(8):
        running.append(next_participant(conditions, running, running))
    assert sorted(map(conditions.of, running)) == [0, 0, 1, 1, 2, 2, 3, 3]
    # Two stop: their lists are those of the next two.
    gone = running[2], running[5]
    left = [each for each in running if each not in gone]
    used = list(running)
    for _ in range(2):
        used.append(next_participant(conditions, used, [*left, *used[8:]]))
    assert sorted(map(conditions.of, used[8:])) == sorted(map(conditions.of, gone))


def test_ids_of_the_lab_are_passed_over():
    conditions = Lists(1)
    assert next_participant(conditions, ["web0001", "07", "web2x", "web0003"], []) == "web0002"
    assert conditions.number("07") == 0
