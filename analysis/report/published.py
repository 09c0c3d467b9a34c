"""Results of the published study that this design follows."""

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
"""Networks on ImageNet, and observers who chose between two images; ranges over observers and pairs."""

PUBLISHED_TRAINING = {
    "trivial": 0.482,
    "impossible": 0.143,
    "in-between": 0.375,
    "kappa": 0.7,
    "accuracy": 0.6905,
    "flips": 0.1237,
}
"""Thirteen ways to train a ResNet-18 on ImageNet, epoch 90, strict labels."""
