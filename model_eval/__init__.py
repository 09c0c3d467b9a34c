"""Which images does every model get right, and which does none?

Models of a pool are trained (`model_eval.train`) and evaluated (`model_eval.evaluate`), and images are
labelled by how many models were right (`model_eval.label`). The functions here read what these steps
wrote; they need no torch. The modules of this package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from model_eval.decisions import Decisions, read_decisions
    from model_eval.difficulty import Difficulty, DifficultyTable, read_difficulty
    from model_eval.epoch_decisions import EpochDecisions, read_conditions

__all__ = [
    "Decisions",
    "Difficulty",
    "DifficultyTable",
    "EpochDecisions",
    "read_conditions",
    "read_decisions",
    "read_difficulty",
]

__getattr__, __dir__ = attach(__name__, __file__)
