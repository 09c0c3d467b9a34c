from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_up import set_manifest

from stimuli.records import Block, Item, StimulusSet, Trial
from stimuli.tasks.pair import harder_item, repartner


def test_new_partners_leave_the_groups_as_they_are():
    tuples = [(f"t{number}", f"i{number}") for number in range(50)]
    drawn = repartner(tuples, np.random.default_rng(0))
    assert [set(column) for column in zip(*drawn, strict=True)] == [set(c) for c in zip(*tuples, strict=True)]
    assert sum(pair in tuples for pair in drawn) < 10


@pytest.mark.parametrize(
    ("a", "b", "harder"),
    [
        ((3, 11), (4, 11), "a"),
        ((4, 11), (3, 11), "b"),
        ((4, 11), (4, 11), None),
        ((3, 9), (4, 12), None),  # the same share of two pools
        ((3, 9), (5, 12), "a"),
    ],
)
def test_the_harder_item_has_the_smaller_share_of_correct_models(a, b, harder):
    items = {
        name: Item(name, name, "", "", 0, "", "", *counts) for name, counts in zip("ab", (a, b), strict=True)
    }
    trial = Trial("t", Block.MAIN, ("a", "b"))
    made = StimulusSet(Path("set"), set_manifest(), items, (trial,))
    assert harder_item(made, trial) == harder
