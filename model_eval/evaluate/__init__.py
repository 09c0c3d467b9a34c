"""Evaluate a pool: the decision of every model on every image.

`evaluate_pool` writes ``decisions/``, which `model_eval.read_decisions` reads. `check_pool` tries every
model on one image first. The modules of this package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from model_eval.evaluate.check_pool import PoolCheck, check_pool
    from model_eval.evaluate.evaluate import evaluate_pool

__all__ = ["PoolCheck", "check_pool", "evaluate_pool"]

__getattr__, __dir__ = attach(__name__, __file__)
