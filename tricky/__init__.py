"""tricky: which images are trivial and which are impossible for CNNs, and can people tell?

`open_study` gives a study whose stages are methods; `stats` has the statistics under plain names.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tricky.core.lazy import attach
from tricky.core.shadowing import prefer_own_packages, refuse_shadowed_packages

if TYPE_CHECKING:
    from tricky import stats
    from tricky.core.errors import InputError
    from tricky.study import Study, create_study, open_study

__all__ = ["InputError", "Study", "create_study", "open_study", "stats"]

if sys.argv[:1] == ["-m"]:  # so it is while Python looks for the module of `python -m tricky`
    prefer_own_packages()
refuse_shadowed_packages()

__getattr__, __dir__ = attach(
    __name__,
    {
        "InputError": "tricky.core.errors",
        "Study": "tricky.study",
        "create_study": "tricky.study",
        "open_study": "tricky.study",
        "stats": "tricky.stats",
    },
)
