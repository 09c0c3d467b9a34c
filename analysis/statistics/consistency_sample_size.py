"""How many items a study of error consistency needs."""

from __future__ import annotations

import numpy as np
from scipy import stats

from analysis.statistics.error_consistency import kappa_bounds
from tricky.core.errors import InputError


def items_for_width(
    width: float, kappa: float, first_accuracy: float, second_accuracy: float, level: float = 0.95
) -> int:
    r"""Return how many items a pair must see for the interval of its κ to have this width.

    From the large-sample variance of κ [1]_, :math:`\sigma^2 / n`: with the quantile z of the normal
    distribution, :math:`n = (2 z \sigma / width)^2`.

    Parameters
    ----------
    width : float
        Of the whole interval, from its lower to its upper limit.
    kappa, first_accuracy, second_accuracy : float
        Expected values of the pair.
    level : float
        Coverage, between 0 and 1.

    Raises
    ------
    InputError
        Subjects of these accuracies cannot have that κ, or the width is not positive.

    References
    ----------
    .. [1] Fleiss, J. L., Cohen, J., & Everitt, B. S. (1969). Large sample standard errors of kappa and
       weighted kappa. Psychological Bulletin, 72(5), 323–327.
    """
    a, b = first_accuracy, second_accuracy
    smallest, largest = kappa_bounds(a, b)
    if not smallest - 1e-9 <= kappa <= largest + 1e-9:
        raise InputError(
            f"subjects right on {a:.1%} and {b:.1%} cannot have an error consistency of {kappa}; "
            f"possible are values between {smallest:.2f} and {largest:.2f}"
        )
    if width <= 0:
        raise InputError(f"the width of an interval is {width}; write a width above 0")
    expected = a * (1 - b) + b * (1 - a)
    disagree = (1 - kappa) * expected
    only_first = (disagree + a - b) / 2
    variance = 0.0
    # The influence on κ of one more item of each kind: first right or wrong, second right or wrong.
    for x, y, share in (
        (1, 1, a - only_first),
        (1, 0, only_first),
        (0, 1, disagree - only_first),
        (0, 0, 1 - a - disagree + only_first),
    ):
        shift = (x - a) * (1 - 2 * b) + (y - b) * (1 - 2 * a)
        influence = ((disagree - (x != y)) + (1 - kappa) * shift) / expected
        variance += max(share, 0.0) * influence**2
    return max(2, int(np.ceil((2 * stats.norm.ppf((1 + level) / 2) / width) ** 2 * variance)))
