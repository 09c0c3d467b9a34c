from __future__ import annotations

import json
from dataclasses import replace

import pytest

from experiment.interfaces import NotSaved
from experiment.records import Choice, Response, Side
from experiment.session.plan import schedule
from experiment.session.practice import Practice
from experiment.settings import ExperimentSettings


@pytest.fixture
def trials(small_set):
    return schedule(small_set, "07")  # three of them practice


def answered(trial, right: bool) -> Response:
    other = Side.LEFT if trial.right_answer == Side.RIGHT else Side.RIGHT
    return Response(trial, Choice(trial.right_answer if right else other, 0.5), 1.0)


def do_round(practice: Practice, note, n_right: int) -> None:
    for index, trial in enumerate(practice.trials):
        note(answered(trial, index < n_right))


def begun(trials, kept, before=None, rows=(), **settings) -> Practice:
    return Practice(
        trials,
        ExperimentSettings.model_validate({"practice_criterion": 0.66} | settings),
        rows,
        before,
        kept.append,
    )


def test_the_practice_comes_again_until_the_share_right_reaches_the_criterion(trials):
    kept: list = []
    practice = begun(trials, kept)
    do_round(practice, practice.first_round, 1)
    assert practice.again()
    do_round(practice, practice.repeated, 2)
    assert not practice.again()
    assert kept[-1]["share_right"] == [1 / 3, 2 / 3]
    assert kept[-1]["met"] is True
    assert [each["correct"] for each in kept[-1]["repetitions"][0]] == [True, True, False]


def test_the_practice_comes_no_more_often_than_the_limit_says(trials):
    kept: list = []
    practice = begun(trials, kept, practice_repetitions=2)
    do_round(practice, practice.first_round, 0)
    for _ in range(2):
        assert practice.again()
        do_round(practice, practice.repeated, 1)
    assert not practice.again()
    assert kept[-1]["met"] is False
    assert len(kept[-1]["share_right"]) == 3


def test_without_a_criterion_the_practice_comes_once_and_nothing_is_kept_of_it(trials):
    kept: list = []
    practice = begun(trials, kept, practice_criterion=None)
    do_round(practice, practice.first_round, 0)
    assert not practice.again()
    assert practice.entry is None
    assert kept == []


def test_a_missed_deadline_is_not_right_and_a_tie_does_not_count(trials):
    first, second, third = trials[:3]
    session = (first, second, replace(third, right_answer=None))
    practice = begun(session, [])
    practice.first_round(answered(session[0], True))
    practice.first_round(Response(session[1], Choice(None, None), 1.0))
    practice.first_round(Response(session[2], Choice(Side.LEFT, 0.4), 1.0))
    assert practice.entry is not None
    assert practice.entry["share_right"] == [0.5]


def test_an_interrupted_repetition_starts_again_and_its_answers_are_kept(trials):
    kept: list = []
    practice = begun(trials, kept)
    do_round(practice, practice.first_round, 0)
    assert practice.again()
    practice.repeated(answered(trials[0], True))
    rows = [{"correct": "false"}] * 3
    later = begun(trials, kept, before=json.loads(json.dumps(kept[-1])), rows=rows)
    assert later.again()
    do_round(later, later.repeated, 3)
    assert not later.again()
    assert [len(each) for each in kept[-1]["repetitions"]] == [1, 3]
    assert kept[-1]["share_right"] == [0.0, 1.0]


def test_an_answer_that_cannot_be_kept_is_not_counted_twice(trials):
    full = iter([False, True, False])
    kept: list = []

    def keep(entry) -> None:
        if next(full, False):
            raise NotSaved("the disk is full")
        kept.append(entry)

    practice = Practice(trials, ExperimentSettings(practice_criterion=1.0), [], None, keep)
    do_round(practice, practice.first_round, 0)
    assert practice.again()
    with pytest.raises(NotSaved):
        practice.repeated(answered(trials[0], True))
    practice.repeated(answered(trials[0], True))
    assert [len(each) for each in kept[-1]["repetitions"]] == [1]
