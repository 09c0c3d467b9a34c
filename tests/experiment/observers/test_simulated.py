from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from experiment.observers.simulated import (
    SimulatedDisplay,
    SimulatedObserver,
)
from experiment.records import Ask, Option, QuestionKind, ScheduledTrial, Side
from experiment.settings import SimulateSettings
from stimuli.records import Block

ASK = Ask("response", "", tuple(Option(side, "", side) for side in Side))


def able(ability: float, display: SimulatedDisplay, **settings: float) -> SimulatedObserver:
    rng = np.random.default_rng(11)
    return SimulatedObserver(ability, {"t0": 1.0}, rng, display, SimulateSettings(**settings))  # type: ignore[arg-type]


def choices(ease: float, harder: Side | None, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Return whether an observer was right (left, where nothing is), and the response times in s."""
    display = SimulatedDisplay()
    observer = able(ease - 1.0, display)
    trial = ScheduledTrial(0, Block.MAIN, "t0", ("i0", "i1"), harder)
    made = [observer.choose(trial, ASK) for _ in range(n)]
    assert display.now_s == pytest.approx(sum(choice.response_time_s or 0 for choice in made))
    target = harder or Side.LEFT
    return np.array([c.answer == target for c in made]), np.array([c.response_time_s for c in made])


@pytest.mark.parametrize("ease", [-2.0, 0.0, 1.5, 800.0])
@pytest.mark.parametrize("harder", list(Side))
def test_an_observer_is_right_as_often_as_ability_and_item_say(ease, harder):
    p = float(expit(ease))
    correct, _ = choices(ease, harder)
    assert abs(correct.mean() - p) <= 4 * (p * (1 - p) / len(correct)) ** 0.5


def test_an_observer_who_can_never_be_right_never_is():
    assert not choices(-5000.0, Side.LEFT, 100)[0].any()


def test_where_both_items_are_equally_hard_the_side_is_a_coin_toss():
    left, _ = choices(3.0, None)
    assert abs(left.mean() - 0.5) < 4 * (0.25 / len(left)) ** 0.5


def test_response_times_are_positive_skewed_and_longer_where_it_is_harder():
    (_, hard), (_, easy) = choices(0.0, Side.LEFT), choices(3.0, Side.LEFT)
    assert hard.min() > 0.15
    assert np.median(hard) > np.median(easy) > 0.5
    assert hard.mean() > np.median(hard)
    assert hard.max() < 10


def trial_of(answer: str | None, block: Block = Block.MAIN) -> ScheduledTrial:
    return ScheduledTrial(0, block, "t0", ("i0",), answer)


def shares(ask: Ask, answer: str | None, ease: float, n: int = 6000, **settings: float) -> dict[str, float]:
    """Return how often each answer is given."""
    observer = able(ease - 1.0, SimulatedDisplay(), **settings)
    given = [observer.choose(trial_of(answer), ask).answer for _ in range(n)]
    return {value: given.count(value) / n for value in ask.values}


THREE = Ask("response", "", tuple(Option(value, value, value) for value in "abc"))
SE = 4 * (0.25 / 6000) ** 0.5


def test_bias_moves_the_odds_of_the_leftmost_answer_by_its_logits():
    # logit P(left) is ease + bias where left is right, and bias − ease where it is wrong.
    for answer, expected in (("left", expit(0.4 + 0.7)), ("right", expit(0.7 - 0.4)), (None, expit(0.7))):
        found = shares(ASK, answer, 0.4, side_bias_logit=0.7)
        assert found["left"] == pytest.approx(expected, abs=SE)


def test_of_three_answers_the_right_one_is_as_probable_as_of_two_and_the_others_share_the_rest():
    found = shares(THREE, "b", 0.9)
    assert found["b"] == pytest.approx(expit(0.9), abs=SE)
    assert found["a"] == pytest.approx(found["c"], abs=2 * SE)


def test_in_a_lapse_every_answer_is_as_likely():
    found = shares(ASK, "right", 3.0, lapse_rate=0.3)
    assert found["right"] == pytest.approx(0.7 * expit(3.0) + 0.3 / 2, abs=SE)


@pytest.mark.parametrize(
    ("settings", "after", "gain"),
    [
        ({"learning_logit": 2.0}, 20, 2.0 * (1 - np.exp(-1))),
        ({"learning_logit": 2.0}, 1000, 2.0),
        ({"fatigue_logit": 0.5}, 300, -1.5),
    ],
)
def test_learning_and_fatigue_change_the_ease_in_the_course_of_the_main_block(settings, after, gain):
    n, n_right = 1500, 0
    for seed in range(n):
        rng = np.random.default_rng(seed)
        observer = SimulatedObserver(-1.0, {"t0": 1.0}, rng, SimulatedDisplay(), SimulateSettings(**settings))
        observer._n_main = after  # as if so many trials had gone before
        n_right += observer.choose(trial_of("left"), ASK).answer == "left"
    assert n_right / n == pytest.approx(expit(gain), abs=4 * (0.25 / n) ** 0.5)


def test_practice_is_no_part_of_that_course():
    observer = able(0.0, SimulatedDisplay(), fatigue_logit=1.0)
    observer.choose(trial_of("left", Block.PRACTICE), ASK)
    assert observer._n_main == 0
    observer.choose(trial_of("left"), ASK)
    assert observer._n_main == 1


def test_confidence_is_higher_where_the_answer_is_right():
    options = tuple(Option(str(n), "", str(n)) for n in range(1, 5))
    levels = Ask("confidence", "", options, kind=QuestionKind.CONFIDENCE)
    observer, right, wrong = able(0.0, SimulatedDisplay()), [], []
    for _ in range(3000):
        answer = observer.choose(trial_of("left"), ASK).answer
        level = observer.choose(trial_of("left"), levels).answer
        (right if answer == "left" else wrong).append(int(str(level)))
    assert np.mean(right) > np.mean(wrong) + 0.5
    assert set(right) == {1, 2, 3, 4}
