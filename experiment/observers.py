"""Observers of known ability, who depend on the item, in simulated time.

The model is a logistic mixed model with crossed random effects of observer and item::

    logit P(correct) = mu + observer + item,   observer ~ N(0, sd_o²),   item ~ N(0, sd_i²)

An item here is the pair, that is the trial of the stimulus set.  `mu` is chosen such that the proportion
correct of the population, over new observers and new items, is the one asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, hypot, log, pi, sqrt

import numpy as np
from scipy.optimize import root_scalar
from scipy.special import expit, logit, ndtri

from experiment.plan import Page
from experiment.records import Ask, Choice, ScheduledTrial, Timing
from experiment.settings import SimulateSettings
from model_eval.artefacts import sha256_of

MEDIAN_RESPONSE_TIME_S = 1.1
"""Median response time where P(correct) is one half."""
RESPONSE_TIME_SD_LOG = 0.35
SPEED_UP_PER_LOGIT = 0.12
"""Decrease of the log response time for each logit of ease."""


def population_intercept(accuracy: float, sd_logit: float) -> float:
    """Return the intercept `mu` that gives a population its proportion correct.

    Solves ``E[logistic(mu + sd_logit * Z)] = accuracy`` for standard normal `Z`, the expectation by
    Gauss-Hermite quadrature (Abramowitz & Stegun 1964, 25.4.46).  Since E is below logistic(mu) when that
    is above one half, `mu` exceeds ``logit(accuracy)``.

    Parameters
    ----------
    accuracy : float
        Proportion correct, in (0, 1).
    sd_logit : float
        Standard deviation of all random effects together, in logits.
    """
    nodes, weights = np.polynomial.hermite.hermgauss(101)
    deviations = sqrt(2) * sd_logit * nodes

    def excess(mu: float) -> float:
        return float(weights @ expit(mu + deviations)) / sqrt(pi) - accuracy

    reach = abs(logit(accuracy)) + 10 * sd_logit + 1
    return float(root_scalar(excess, bracket=(-reach, reach), method="brentq", xtol=1e-12).root)


def standard_normal(*key: object) -> float:
    """Return the standard normal deviate that belongs to a key: the same one everywhere, always."""
    uniform = (int(sha256_of("/".join(map(str, key)))[:13], 16) + 0.5) / 16**13
    return float(ndtri(uniform))


@dataclass(frozen=True)
class Population:
    """Whom simulated observers are drawn from.

    Attributes
    ----------
    settings : SimulateSettings
        Accuracy and standard deviations.
    seed : int
        Of the study.
    intercept_logit : float
        `mu`.
    """

    settings: SimulateSettings
    seed: int
    intercept_logit: float

    @classmethod
    def of(cls, settings: SimulateSettings, seed: int) -> Population:
        """Solve for the intercept."""
        sd = hypot(settings.observer_sd_logit, settings.item_sd_logit)
        return cls(settings, seed, population_intercept(settings.accuracy, sd))

    def item_effect(self, trial_id: str) -> float:
        """Return a trial's effect in logits, shared by all observers and keyed by the trial alone."""
        return self.settings.item_sd_logit * standard_normal(self.seed, "item", trial_id)

    def observer_effect(self, participant: str) -> float:
        """Return an observer's effect in logits, keyed by the observer: more observers change none before."""
        return self.settings.observer_sd_logit * standard_normal(self.seed, "observer", participant)


class SimulatedObserver:
    """Chooses the harder item with a known probability, and takes longer where that is hard.

    Where both items are equally hard a side is chosen at random.  Response times are log-normal; their
    median falls with the log odds of being correct.  They are made to look plausible and model nobody.

    Parameters
    ----------
    ability_logit : float
        `mu` plus the observer's effect.
    item_effects : mapping of str to float
        By trial id, in logits.
    rng : Generator
        For this observer and session alone.
    display : SimulatedDisplay
        Whose clock the responses move on.
    """

    def __init__(
        self,
        ability_logit: float,
        item_effects: Mapping[str, float],
        rng: np.random.Generator,
        display: SimulatedDisplay,
    ) -> None:
        self._ability = ability_logit
        self._item_effects = item_effects
        self._rng = rng
        self._display = display

    def goes_on(self) -> None:
        """Read for a while."""
        self._display.now_s += 5.0

    def choose(self, trial: ScheduledTrial, ask: Ask) -> Choice:
        """Choose by the model's probability."""
        ease = self._ability + self._item_effects[trial.trial_id]
        draw, deviate = self._rng.random(2)
        if trial.right_answer in ask.values:
            p_correct = 1 / (1 + exp(-ease)) if ease > -700 else 0.0
            wrong = [value for value in ask.values if value != trial.right_answer]
            # What is left of the draw, stretched over [0, 1), chooses among the wrong answers.
            answer = (
                trial.right_answer if draw < p_correct else pick(wrong, (draw - p_correct) / (1 - p_correct))
            )
        else:
            answer = pick(ask.values, draw)
        log_median = log(MEDIAN_RESPONSE_TIME_S) - SPEED_UP_PER_LOGIT * min(max(ease, -3.0), 6.0)
        response_time_s = exp(log_median + RESPONSE_TIME_SD_LOG * float(ndtri(deviate or 0.5)))
        self._display.now_s += response_time_s
        return Choice(answer, response_time_s)


def pick(values: Sequence[str], share: float) -> str:
    """Return the value at a share, in [0, 1), of the list."""
    return values[int(share * len(values))]


class SimulatedDisplay:
    """A screen that shows nothing, drops no frame, and whose clock is moved by what would have taken time."""

    FEEDBACK_S = 0.8

    def __init__(self) -> None:
        self.now_s = 0.0

    def page(self, page: Page) -> None:
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
        """Return that nothing went wrong."""
        return Timing()

    def feedback(self, correct: bool | None) -> None:  # noqa: ARG002
        """Let the time pass."""
        self.now_s += self.FEEDBACK_S

    def too_late(self) -> None:
        """Let the time pass."""
        self.now_s += self.FEEDBACK_S
