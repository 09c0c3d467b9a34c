"""What others found."""

from __future__ import annotations

from typing import Any

PUBLISHED: dict[str, Any] = {
    "reference": "Meding, Schulze Buschoff, Geirhos & Wichmann (2022), Trivial or impossible: dichotomous "
    "data difficulty masks model differences (on ImageNet and beyond), ICLR",
    "images": "50,000 photographs of ImageNet's validation set",
    "n_models": 11,
    "trivial": 0.46,
    "impossible": 0.11504,
    "n_observers": 9,
    "n_trials": 149,
    "accuracy": 0.8136,
    "accuracy_low": 107 / 149,
    "accuracy_high": 132 / 149,
    "error_consistency": 0.5874,
    "error_consistency_low": 0.4053,
    "error_consistency_high": 0.7527,
}
"""What the study that this design follows found; ranges are over observers and over pairs of observers."""
