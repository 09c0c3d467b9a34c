"""What a report says of the models, whatever observers were asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.report.consistency_scores import Consistency, consistency_of
from model_eval.records import Decisions


@dataclass(frozen=True)
class ModelScores:
    """Models on all images.

    Attributes
    ----------
    accuracy : Series
        Top-1 accuracy by model, in the pool's order.
    consistency : Consistency
        The most accurate model first.
    """

    accuracy: pd.Series
    consistency: Consistency


def score_models(decisions: Decisions | None) -> ModelScores | None:
    """Score the models; None where decisions are not at hand."""
    if decisions is None:
        return None
    accuracy = pd.Series(decisions.accuracy, index=pd.Index(decisions.models, name="model"), name="accuracy")
    best_first = np.argsort(-decisions.accuracy, kind="stable")
    found = consistency_of(
        decisions.correct[best_first], decisions.seen[best_first], accuracy.index[best_first]
    )
    return ModelScores(accuracy, found)
