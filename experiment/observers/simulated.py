"""An observer of known accuracy and a display without a screen, both in simulated time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, hypot, log, tanh
from statistics import NormalDist
from typing import TYPE_CHECKING

from experiment.pages import Page, PageText
from experiment.records import Ask, Choice, QuestionKind, ScheduledTrial, Timing
from experiment.settings import SimulateSettings
from stimuli.records import Block

if TYPE_CHECKING:
    import numpy as np

MEDIAN_RESPONSE_TIME_S = 1.1
"""Median response time where P(correct) is one half."""
RESPONSE_TIME_SD_LOG = 0.35
SPEED_UP_PER_LOGIT = 0.12
"""Decrease of the log response time for each logit of ease."""
LEARNING_TRIALS = 20
"""Number of main trials after which a share of 1 − 1/e is learned."""
CONFIDENCE_SD_LOGIT = 0.5
"""Standard deviation of the noise in confidence."""
STANDARD_NORMAL = NormalDist()


class SimulatedObserver:
    """Gives the right answer with a known probability, and is slower on harder trials.

    Of `k` answers, the right one has the weight ``exp(ease)`` and every other one ``1 / (k - 1)``; the weight
    of the leftmost key is multiplied by ``exp(side_bias_logit)``. An answer is drawn with probabilities
    proportional to the weights, so without bias P(correct) is ``logistic(ease)`` for any number of answers.
    The ease is the sum of ability, item effect and learning, minus fatigue. In a lapse all answers are
    equally likely. If no answer is right, all have the same weight.

    Response times are log-normal; their median decreases with the ease. Ratings depend on item and noise,
    confidence on the probability of the given answer. These three are plausible, but they are not models of
    people.

    Parameters
    ----------
    ability_logit : float
        `mu` plus the observer's effect.
    item_effects : mapping of str to float
        By trial id, in logits.
    rng : Generator
        Generator of this observer and session only.
    display : SimulatedDisplay
        Whose clock the responses advance.
    settings : SimulateSettings
        Bias, lapses, learning and fatigue.
    """

    def __init__(
        self,
        ability_logit: float,
        item_effects: Mapping[str, float],
        rng: np.random.Generator,
        display: SimulatedDisplay,
        settings: SimulateSettings,
    ) -> None:
        self._ability = ability_logit
        self._item_effects = item_effects
        self._rng = rng
        self._display = display
        self._settings = settings
        self._n_main = 0
        self._p_answer = 0.5

    def turn_page(self) -> None:
        """Read the page for a while."""
        self._display.now_s += 5.0

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Answer with the model's probabilities."""
        draw, deviate = self._rng.random(2)
        ease = 0.0
        if trial is None:
            answer = pick(ask.values, draw)
        elif ask.kind is QuestionKind.CONFIDENCE:
            answer = self._confidence(ask.values, draw)
        elif ask.kind is QuestionKind.CHOICE:
            ease = self._ability + self._item_effects[trial.trial_id] + self._practised()
            self._n_main += trial.block is Block.MAIN
            answer = self._answer(trial.right_answer, ask.values, ease, draw)
        else:
            answer = self._rating(trial, ask.values, draw)
        log_median = log(MEDIAN_RESPONSE_TIME_S) - SPEED_UP_PER_LOGIT * min(max(ease, -3.0), 6.0)
        response_time_s = exp(log_median + RESPONSE_TIME_SD_LOG * quantile(deviate))
        self._display.now_s += response_time_s
        return Choice(answer, response_time_s)

    def _practised(self) -> float:
        """Return learning minus fatigue so far, in logits."""
        settings = self._settings
        learned = settings.learning_logit * (1 - exp(-self._n_main / LEARNING_TRIALS))
        return learned - settings.fatigue_logit * self._n_main / 100

    def _answer(self, right: str | None, values: Sequence[str], ease: float, draw: float) -> str:
        settings = self._settings
        if settings.lapse_rate and self._rng.random() < settings.lapse_rate:
            self._p_answer = 1 / len(values)
            return pick(values, draw)
        log_weights = dict.fromkeys(values, 0.0)
        if right in log_weights:
            log_weights = dict.fromkeys(values, -log(len(values) - 1)) | {right: ease}
        log_weights[values[0]] += settings.side_bias_logit
        largest = max(log_weights.values())
        weights = {value: exp(each - largest) for value, each in log_weights.items()}
        total = sum(weights.values())
        # The right answer first, so that a draw that is right for one observer is right for all abler ones.
        in_turn = sorted(values, key=lambda value: value != right)
        for value in in_turn:
            self._p_answer = weights[value] / total
            if draw < self._p_answer:
                return value
            draw -= self._p_answer
        return in_turn[-1]

    def _confidence(self, levels: Sequence[str], draw: float) -> str:
        """Return a level: higher if the given answer was more probable."""
        p = min(max(self._p_answer, 1e-6), 1 - 1e-6)
        sureness = log(p / (1 - p)) + CONFIDENCE_SD_LOGIT * quantile(draw)
        share = tanh(sureness / 2)  # 2 · logistic(sureness) − 1
        return pick(levels, min(max(share, 0.0), 1 - 1e-9))

    def _rating(self, trial: ScheduledTrial, values: Sequence[str], draw: float) -> str:
        latent = self._item_effects[trial.trial_id] + quantile(draw)
        sd = hypot(self._settings.item_sd_logit, 1.0)
        return pick(values, min(STANDARD_NORMAL.cdf(latent / sd), 1 - 1e-9))


def quantile(draw: float) -> float:
    """Return the standard normal deviate at a draw from [0, 1); that of a half where the draw is 0."""
    return STANDARD_NORMAL.inv_cdf(draw or 0.5)


def pick(values: Sequence[str], share: float) -> str:
    """Return the value at a share of the list, in [0, 1)."""
    return values[int(share * len(values))]


class SimulatedDisplay:
    """A display that shows nothing and drops no frame; its clock advances by the duration of each step."""

    FEEDBACK_S = 0.8

    def __init__(self) -> None:
        self.now_s = 0.0

    def start(self, elapsed_s: float) -> None:
        """Set the simulated clock."""
        self.now_s = elapsed_s

    def get_ready(self) -> None:
        """Do nothing: no image is shown."""

    def fits(self, text: PageText) -> bool:  # noqa: ARG002
        """Return True: every page fits."""
        return True

    def page(self, page: Page) -> None:
        """Show nothing."""

    def read(self, text: PageText) -> None:
        """Show nothing."""

    def question(self, ask: Ask) -> None:
        """Show nothing."""

    def fixation(self, duration_s: float) -> None:
        """Let the time pass."""
        self.now_s += duration_s

    def images(self, trial: ScheduledTrial) -> float:  # noqa: ARG002
        """Return the simulated time."""
        return self.now_s

    def further(self, trial: ScheduledTrial, ask: Ask) -> None:
        """Show nothing."""

    def timing(self) -> Timing:
        """Return a timing without dropped frames."""
        return Timing()

    def feedback(self, correct: bool | None) -> None:  # noqa: ARG002
        """Let the time pass."""
        self.now_s += self.FEEDBACK_S

    def too_late(self) -> None:
        """Let the time pass."""
        self.now_s += self.FEEDBACK_S
