"""What a study file can't ask of a stimulus set."""

import re

import pytest
from pydantic import ValidationError

from stimuli.settings import StimulusSettings


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"groups": ["trivial", "hard"]},
            "`groups` among trivial, in-between, impossible; 'hard' is none of them",
        ),
        ({"groups": ["trivial", "trivial"]}, "`groups` that differ; 'trivial' stands twice"),
        ({"groups": ["trivial"]}, "two `groups` for a choice between two images"),
        ({"ranges": {"hard": [3, 1]}}, "`ranges` with the smaller number first"),
        ({"ranges": {"trivial": [0, 1]}}, "names in `ranges` other than the classes of difficulty"),
        ({"ranges": {"hard": [1, 3]}}, "every name in `ranges` also among `groups`; 'hard' is not"),
        ({"task": "rating"}, '`questions` together with `task = "rating"`'),
        ({"catch_trials": 2}, "`catch_images`, a file, together with `catch_trials`"),
        ({"carry": ["licence"]}, "`table`, which has the columns to `carry`"),
        ({"trials": 2, "sessions": 3}, "at least one of the `trials` a session"),
        ({"repeat_trials": 61}, "at most as many `repeat_trials` as `trials`"),
        ({"repeat_trials": 5, "repeat_distance": 60}, "`repeat_distance` of at most 59"),
        ({"match": {"caliper_sd": 1.0}}, "`caliper_sd` together with `covariates`"),
        ({"export": {"view": "whole"}}, '`size_px` together with `view = "whole"`'),
        ({"export": {"view": "whole", "size_px": 100, "reference": True}}, "`reference = true` only with"),
    ],
)
def test_what_does_not_fit_together_is_refused(asked, said):
    with pytest.raises(ValidationError, match=re.escape(said)):
        StimulusSettings.model_validate(asked)


def test_ranges_make_groups():
    asked = StimulusSettings.model_validate(
        {"groups": ["hard", "easy"], "ranges": {"hard": [0, 3], "easy": [9, 11]}}
    )
    assert asked.ranges["hard"] == (0, 3)
