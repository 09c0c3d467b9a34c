"""tricky: which images are trivial and which are impossible for CNNs, and can people predict it?

`open_study` returns a study, whose stages are methods.  `read_decisions`, `read_difficulty`,
`read_stimulus_set` and `read_sessions` read what stages write.  `stats` has the statistics.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tricky.core.lazy import attach
from tricky.core.shadowing import prefer_own_packages, refuse_shadowed_packages

if TYPE_CHECKING:
    from analysis.data.sessions import read_sessions
    from model_eval.decisions import read_decisions
    from model_eval.difficulty import read_difficulty
    from stimuli.records import read_any_set as read_stimulus_set
    from tricky import stats
    from tricky.core.errors import InputError
    from tricky.study import Study, create_study, open_study

__all__ = [
    "InputError",
    "Study",
    "create_study",
    "open_study",
    "read_decisions",
    "read_difficulty",
    "read_sessions",
    "read_stimulus_set",
    "stats",
]

if sys.argv[:1] == ["-m"]:  # so it is while Python looks for the module of `python -m tricky`
    prefer_own_packages()
refuse_shadowed_packages()

__getattr__, __dir__ = attach(__name__, __file__)
