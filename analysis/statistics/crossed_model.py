"""A logistic mixed model of accuracy with crossed random effects of observers and items."""

from __future__ import annotations

import importlib
import logging
import os
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from analysis.statistics.accuracy import Answers, answered
from analysis.statistics.estimate import Estimate, Result, check_level
from analysis.statistics.variance_components import NODES, WEIGHTS
from tricky.core.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

HIGHEST_R_HAT = 1.01
LOWEST_ESS = 400
"""What Vehtari et al. (2021) ask of four chains."""
N_CHAINS = 4
N_TUNE = 1000
TARGET_ACCEPT = 0.9
"""More than the usual .8: smaller steps, so that small standard deviations bring no divergences."""
SD_PRIOR_LOGIT = 2.5


METHOD = "posterior mean and central interval of a crossed-effects logistic model"


@dataclass(frozen=True)
class CrossedModel(Result):
    """Accuracy and its variation, as a crossed-effects logistic model estimates them.

    Each `Estimate` is a posterior mean with its central interval.

    Attributes
    ----------
    typical : tuple of Estimate, one a condition
        Accuracy of a typical observer on a typical item, both in the middle of their populations, in logits.
    average : tuple of Estimate, one a condition
        Accuracy over all new observers and new items: what `population_accuracy` estimates.  It is nearer to
        one half than `typical`.
    observer_sd_logit, item_sd_logit : Estimate
        Standard deviations between observers and between items.
    effect_logit, difference : Estimate or None
        Second condition minus first: of a typical observer and item in logits, and of `average`.
    level : float
        Probability that an interval holds the parameter.
    r_hat, ess : float
        The largest R-hat and the smallest effective sample size over parameters.
    n_observers, n_items, n_trials : int
    """

    typical: tuple[Estimate, ...]
    average: tuple[Estimate, ...]
    observer_sd_logit: Estimate
    item_sd_logit: Estimate
    effect_logit: Estimate | None
    difference: Estimate | None
    level: float
    r_hat: float
    ess: float
    n_observers: int
    n_items: int
    n_trials: int


def crossed_model(
    correct: Answers,
    observer: ArrayLike,
    item: ArrayLike,
    rng: np.random.Generator,
    is_second: ArrayLike | None = None,
    level: float = 0.95,
    n_draws: int = 2000,
) -> CrossedModel:
    r"""Fit a logistic model with crossed random effects of observers and items.

    .. math:: \mathrm{logit}\, P(\text{right}) = \beta_0 + u_{observer} + v_{item}
              + x\, (\beta_1 + u'_{observer} + v'_{item})

    with normal, independent effects [1]_; :math:`x` is −½ in the first condition and ½ in the second.
    The slopes :math:`u'` and :math:`v'` are in the model where any observer, or item, was in both conditions:
    without them the interval of the condition's effect is too narrow [2]_.  Priors are weak: normal with
    standard deviation 1.5 for :math:`\beta_0` and :math:`\beta_1`, half-normal with 2.5 for standard
    deviations.  Bambi builds the model, nutpie draws from it: four chains, refused unless every R-hat is at
    most 1.01, every effective sample size at least 400 [3]_, and no transition diverged.

    The average over observers and items is
    :math:`\mathrm{E}\,\mathrm{logit}^{-1}(\beta_0 + x \beta_1 + s z)` with z standard normal and
    :math:`s^2` the sum of the effects' variances in that condition, by Gauss–Hermite quadrature for each
    draw.

    Parameters
    ----------
    correct : array_like of bool, shape (n_trials,)
        Whether the answer was right; missing values (NA, NaN, None) are left out.
    observer, item : array_like, shape (n_trials,)
        Who answered, and to what.
    rng : Generator
        The same state gives the same draws.
    is_second : array_like of bool, shape (n_trials,), optional
        Whether the trial belongs to the second condition or group.
    level : float
        Probability that an interval holds the parameter, between 0 and 1.
    n_draws : int
        Draws that each chain keeps.

    Raises
    ------
    InputError
        As `population_accuracy`; there are fewer than two observers, items, or conditions that were asked
        for; all answers are alike; the chains have not converged; or bambi is not installed.

    References
    ----------
    .. [1] Baayen, R. H., Davidson, D. J., & Bates, D. M. (2008). Mixed-effects modeling with crossed random
       effects for subjects and items. Journal of Memory and Language, 59(4), 390–412.
    .. [2] Barr, D. J., Levy, R., Scheepers, C., & Tily, H. J. (2013). Random effects structure for
       confirmatory hypothesis testing: keep it maximal. Journal of Memory and Language, 68(3), 255–278.
    .. [3] Vehtari, A., Gelman, A., Simpson, D., Carpenter, B., & Bürkner, P.-C. (2021). Rank-normalization,
       folding, and localization: an improved R-hat for assessing convergence of MCMC. Bayesian Analysis,
       16(2), 667–718.
    """
    check_level(level)
    table = _table(correct, observer, item, is_second)
    has_conditions = is_second is not None
    slopes = [
        each
        for each in ("observer", "item")
        if table.groupby(each, observed=True)["condition"].nunique().max() > 1
    ]
    posterior, r_hat, ess = _draw(table, has_conditions, slopes, rng, n_draws)
    variances = [posterior[f"1|{each}_sigma"] ** 2 for each in ("observer", "item")]
    variances += [posterior[f"condition|{each}_sigma"] ** 2 / 4 for each in slopes]
    spread = np.sqrt(np.sum(variances, axis=0))[:, np.newaxis]
    logits = [
        posterior["Intercept"] + at * posterior.get("condition", 0.0)
        for at in ((-0.5, 0.5) if has_conditions else (0.0,))
    ]
    averages = [_probability(logit[:, np.newaxis] + spread * NODES) @ WEIGHTS for logit in logits]

    def estimate(draws: np.ndarray) -> Estimate:
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2]).tolist()
        return Estimate(float(draws.mean()), low, high, level, METHOD)

    return CrossedModel(
        typical=tuple(estimate(_probability(logit)) for logit in logits),
        average=tuple(estimate(draws) for draws in averages),
        observer_sd_logit=estimate(posterior["1|observer_sigma"]),
        item_sd_logit=estimate(posterior["1|item_sigma"]),
        effect_logit=estimate(posterior["condition"]) if has_conditions else None,
        difference=estimate(averages[1] - averages[0]) if has_conditions else None,
        level=level,
        r_hat=r_hat,
        ess=ess,
        n_observers=table["observer"].nunique(),
        n_items=table["item"].nunique(),
        n_trials=len(table),
    )


def _table(
    correct: Answers, observer: ArrayLike, item: ArrayLike, is_second: ArrayLike | None
) -> pd.DataFrame:
    """Return the answers that are not missing as the model takes them, with `condition` −½ or ½."""
    second = np.zeros(np.shape(observer), bool) if is_second is None else np.asarray(is_second, dtype=bool)
    answers, [(observers, _), (items, _), (_, sides)] = answered(correct, observer, item, second)
    given = ~np.asarray(pd.array(np.asarray(correct), dtype="boolean").isna())
    n_observers, n_items = int(observers.max()) + 1, int(items.max()) + 1
    if min(n_observers, n_items) < 2:
        raise InputError(
            f"{n_observers} observer(s) and {n_items} item(s); a model of both needs two of each at least"
        )
    if is_second is not None and len(sides) < 2:
        raise InputError("all trials belong to one condition; a difference needs two")
    if answers.min() == answers.max():
        raise InputError("all answers are the same, so no model can be fitted; use population_accuracy")
    condition = second[given] - 0.5 if is_second is not None else np.zeros(len(answers))
    table = pd.DataFrame({"correct": answers.astype(int), "condition": condition})
    table["observer"], table["item"] = pd.Categorical(observers), pd.Categorical(items)
    return table


def _probability(logit: np.ndarray) -> np.ndarray:
    return cast("np.ndarray", special.expit(logit))


def check_convergence(posterior: xr.Dataset, n_diverging: int) -> tuple[float, float]:
    """Return the largest R-hat and the smallest effective sample size (bulk or tail) over parameters.

    Parameters
    ----------
    posterior : Dataset
        Parameters, each of shape (n_chains, n_draws).
    n_diverging : int
        Transitions that diverged.

    Raises
    ------
    InputError
        The chains have not converged.
    """
    import arviz

    library: Any = arviz
    parameters = [draws.to_numpy() for draws in posterior.values()]
    r_hat = max(float(library.rhat(draws)) for draws in parameters)
    ess = min(float(library.ess(draws, method=each)) for draws in parameters for each in ("bulk", "tail"))
    # NaN, of a parameter that never moved, compares as false.
    if n_diverging or not r_hat <= HIGHEST_R_HAT or not ess >= LOWEST_ESS:
        raise InputError(
            f"the crossed-effects model has not converged (largest R-hat {r_hat:.3f}, smallest effective "
            f"sample size {ess:.0f}, {n_diverging} divergences; allowed are {HIGHEST_R_HAT}, "
            f"{LOWEST_ESS} and 0): raise n_draws, or use population_accuracy"
        )
    return r_hat, ess


def _draw(
    table: pd.DataFrame, has_conditions: bool, slopes: list[str], rng: np.random.Generator, n_draws: int
) -> tuple[dict[str, np.ndarray], float, float]:
    """Return the draws of each parameter that is not of one observer or item, R-hat and sample size."""
    # Without a C compiler, or as without one: the same results everywhere, and nutpie needs none.
    os.environ.setdefault("PYTENSOR_FLAGS", "cxx=")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # arviz announces its next version
            bambi: Any = importlib.import_module("bambi")
            importlib.import_module("nutpie")  # which bambi draws with
    except ImportError as error:
        raise InputError(f"a crossed-effects model needs bambi ({error}): pip install '.[bayes]'") from None

    logging.getLogger("bambi").setLevel(logging.WARNING)  # it logs which of 0 and 1 it models
    terms = ["1 + (1|observer) + (1|item)", *(["condition"] if has_conditions else [])]
    terms += [f"(0 + condition|{each})" for each in slopes]
    spread = bambi.Prior("Normal", mu=0, sigma=bambi.Prior("HalfNormal", sigma=SD_PRIOR_LOGIT))
    fixed = bambi.Prior("Normal", mu=0, sigma=1.5)
    priors = {"Intercept": fixed, "1|observer": spread, "1|item": spread}
    priors |= {"condition": fixed} if has_conditions else {}
    priors |= {f"condition|{each}": spread for each in slopes}
    model = bambi.Model(
        f"correct ~ {' + '.join(terms)}", table, family="bernoulli", priors=priors, center_predictors=False
    )
    found = model.fit(
        draws=n_draws,
        tune=N_TUNE,
        chains=N_CHAINS,
        random_seed=int(rng.integers(2**31)),
        target_accept=TARGET_ACCEPT,
        inference_method="nutpie",
        progressbar=False,
    )
    names = ["Intercept", "condition", *(f"{name}_sigma" for name in priors if "|" in name)]
    posterior = found.posterior[[name for name in names if name in found.posterior]]
    r_hat, ess = check_convergence(posterior, int(found.sample_stats["diverging"].sum()))
    return {str(name): draws.to_numpy().ravel() for name, draws in posterior.items()}, r_hat, ess
