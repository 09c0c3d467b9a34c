"""Train the models of a pool, and networks that differ in one condition only.

`train_pool` writes ``training/``. `train_conditions` trains every condition of a recipe (`read_recipe`)
and writes ``conditions/``, which `model_eval.read_conditions` reads. The modules of this package are
internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from model_eval.train.conditions import ConditionImages, train_conditions
    from model_eval.train.pool_training import train_pool
    from model_eval.train.recipe import Recipe, read_recipe

__all__ = ["ConditionImages", "Recipe", "read_recipe", "train_conditions", "train_pool"]

__getattr__, __dir__ = attach(__name__, __file__)
