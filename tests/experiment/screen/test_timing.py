from __future__ import annotations

import numpy as np
import pytest

from experiment.records import Timing
from experiment.screen.timing import UNLOCKED_PERIOD_S, Refresh, refresh_of, timing_of

AT_100_HZ = Refresh(0.01, True, 0.01)


def test_frames_of_one_refresh_period_are_on_time():
    assert timing_of([0.0101, 0.0099, 0.0149], AT_100_HZ) == Timing(0, 0, 0.0149, True)


def test_a_late_flip_counts_once_and_the_refreshes_it_missed_each():
    assert timing_of([0.01, 0.016, 0.01, 0.0403], AT_100_HZ) == Timing(1 + 3, 2, 0.0403, False)


def test_a_response_within_the_first_frame_has_no_frame_to_judge():
    assert timing_of([], AT_100_HZ) == Timing(0, 0, 0.0, True)


def test_timing_is_never_good_where_flips_do_not_wait_for_the_screen():
    assert not timing_of([UNLOCKED_PERIOD_S] * 3, Refresh()).ok


@pytest.mark.parametrize("rate_hz", [59.94, 60, 85, 144, 240])
def test_a_screen_with_a_constant_refresh_period_is_recognised(rate_hz):
    intervals_s = 1 / rate_hz + np.random.default_rng(1).normal(0, 1e-4, 60)
    intervals_s[7] *= 2  # one flip was late
    found = refresh_of(list(intervals_s))
    assert found.locked
    assert found.period_s == pytest.approx(1 / rate_hz, rel=0.01)


@pytest.mark.parametrize("median_s", [0.0005, 0.003])
def test_drawing_as_fast_as_possible_is_no_rhythm(median_s):
    intervals_s = median_s * np.random.default_rng(1).uniform(0.5, 1.5, 60)
    assert refresh_of(list(intervals_s)) == Refresh(UNLOCKED_PERIOD_S, False, float(np.median(intervals_s)))
