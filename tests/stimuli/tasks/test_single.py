from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stimuli.settings import StimulusSettings
from stimuli.tasks.single import fill, n_tuples

SETTINGS = StimulusSettings(task="single")


@given(n_tuples=st.integers(1, 6), n_groups=st.integers(1, 3), data=st.data())
def test_single_images_come_as_many_of_each_group_within_one(n_tuples, n_groups, data):
    tuples = [tuple(f"{group}:{number}" for group in range(n_groups)) for number in range(n_tuples)]
    n_images = data.draw(st.integers((n_tuples - 1) * n_groups + 1, n_tuples * n_groups))
    images = [image for (image,) in fill(tuples, n_images, SETTINGS, np.random.default_rng(0))]
    assert len(images) == len(set(images)) == n_images
    counts = Counter(image[0] for image in images)
    assert max(counts.values()) - min(counts[str(group)] for group in range(n_groups)) <= 1


@given(n_trials=st.integers(0, 50), n_groups=st.integers(1, 5))
def test_as_many_tuples_are_drawn_as_the_trials_need_and_no_more(n_trials, n_groups):
    n = n_tuples(n_trials, n_groups)
    assert (n - 1) * n_groups < n_trials <= n * n_groups
