"""Networks: the models of a pool, their weights, their preprocessing, and the meaning of their outputs.

`read_pool` returns the entries of a pool, and `build_classifier` builds the network of an entry. There is
a module for each library that networks come from. The modules of this package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from model_eval.networks.build import Classifier, build_classifier
    from model_eval.networks.pool import read_pool

__all__ = ["Classifier", "build_classifier", "read_pool"]

__getattr__, __dir__ = attach(__name__, __file__)
