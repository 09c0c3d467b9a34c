"""What a study file can't ask of a stimulus set."""

import re

import pytest
from pydantic import BaseModel

from stimuli.settings import StimulusSettings
from tricky.core.errors import InputError
from tricky.core.settings import validated

FITS = {"name": "fits", "text": "Does it fit?", "answers": ["no", "yes"]}


class Sets(BaseModel):
    stimuli: dict[str, StimulusSettings]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"groups": ["trivial", "hard"]},
            '] groups = ["trivial", "hard"]: expected groups among trivial, in-between, impossible; '
            "'hard' is none of them",
        ),
        (
            {"groups": ["trivial", "trivial"]},
            '] groups = ["trivial", "trivial"]: expected entries that differ',
        ),
        (
            {"task": "singel"},
            '] task = "singel": expected the name of a task (2afc, single, rating); did you mean "single"?',
        ),
        (
            {"groups": ["trivial"]},
            '] groups = ["trivial"]: expected two groups, for a choice between two images',
        ),
        (
            {"ranges": {"hard": [3, 1]}},
            "[stimuli.main.ranges]: expected the smaller number first; 'hard' has",
        ),
        (
            {"ranges": {"trivial": [0, 1]}},
            "[stimuli.main.ranges]: expected names other than trivial, in-between,",
        ),
        ({"ranges": {"a": [0, 1], "A": [2, 3]}}, "'A' is taken"),
        ({"ranges": {"Rule": [0, 1]}}, "'Rule' is taken"),
        ({"ranges": {"n/a": [0, 1]}}, '[stimuli.main.ranges] "n/a": expected a name that tables can hold'),
        ({"task": "rating"}, '[stimuli.main]: expected `questions` together with `task = "rating"`'),
        (
            {"catch_trials": 2},
            "[stimuli.main]: expected `catch_images`, a file, together with `catch_trials`",
        ),
        ({"carry": ["licence"]}, '[stimuli.main] carry = ["licence"]: expected `table` next to it'),
        (
            {"trials": 2, "sessions": 3},
            "[stimuli.main] sessions = 3: expected at most one for each of 2 trials",
        ),
        ({"repeat_trials": 61}, "[stimuli.main] repeat_trials = 61: expected at most 60"),
        ({"repeat_trials": 5, "repeat_distance": 60}, "repeat_distance = 60: expected at most 59"),
        ({"match": {"caliper_sd": 1.0}}, "[stimuli.main.match] caliper_sd = 1.0: expected `covariates`"),
        (
            {"export": {"view": "whole"}},
            '[stimuli.main.export]: expected `size_px` together with `view = "whole"`',
        ),
        (
            {"ranges": {"hard": [1, 3]}},
            "hard\": [1, 3]}: expected names that are also among `groups`; 'hard' is not",
        ),
        ({"export": {"view": "whole", "size_px": 100, "reference": True}}, "`reference = true` only with"),
        (
            {"task": "rating", "questions": [FITS | {"answers": ["no", "n/a"]}]},
            'questions[0]] answers[1] = "n/a"',
        ),
        ({"task": "rating", "questions": [FITS | {"answers": ["no", "No"]}]}, "'No' is there twice"),
        ({"task": "rating", "questions": [FITS, FITS | {"name": "Fits"}]}, "'Fits' is there twice"),
        (
            {"task": "rating", "questions": [FITS | {"name": "it fits"}]},
            "expected the name of a column: letters",
        ),
        (
            {"table": "C:\temp.csv"},
            'table = "C:\\temp.csv": expected a path: it contains a tab, which a backslash',
        ),
    ],
)
def test_what_does_not_fit_together_is_refused_with_its_place(asked, said):
    with pytest.raises(InputError, match=re.escape(said)) as raised:
        validated(Sets, {"stimuli": {"main": asked}}, where="study.toml")
    assert str(raised.value).startswith("study.toml: [stimuli.main")
    assert "\n" not in str(raised.value)


def test_ranges_make_groups():
    asked = StimulusSettings.model_validate(
        {"groups": ["hard", "easy"], "ranges": {"hard": [0, 3], "easy": [9, 11]}}
    )
    assert asked.ranges["hard"] == (0, 3)
