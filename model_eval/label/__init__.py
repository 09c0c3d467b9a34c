"""Label images as trivial, in-between or impossible, and measure how much labels depend on the pool.

`label_decisions` and `label_counts` write ``difficulty/``, which `model_eval.read_difficulty` reads.
`difficulty_of` applies the criterion to arrays, and `stability` resamples the pool. The modules of this
package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from model_eval.label.compare_labels import Comparison, compare
    from model_eval.label.criterion import difficulty_of, stability
    from model_eval.label.label import label_counts, label_decisions
    from model_eval.label.subpools import leave_one_out, shares_by_size

__all__ = [
    "Comparison",
    "compare",
    "difficulty_of",
    "label_counts",
    "label_decisions",
    "leave_one_out",
    "shares_by_size",
    "stability",
]

__getattr__, __dir__ = attach(__name__, __file__)
