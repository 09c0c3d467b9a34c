"""Which observers the settings describe."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiment.settings import SimulateSettings


def test_two_sources_of_answers_are_one_too_many():
    with pytest.raises(ValueError, match="one of `probabilities`, `replay` and `models`"):
        SimulateSettings(replay=Path("a"), models=("net",))
