"""tricky's packages have common names: a file called `analysis.py` must not be imported in their place."""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path

PACKAGES = ("model_eval", "stimuli", "experiment", "analysis")
HOME = Path(__file__).resolve().parents[2]
"""The folder that all of tricky's packages are in."""


def prefer_own_packages() -> None:
    """Make ``python -m tricky`` ignore the working directory, which Python puts first on its path."""
    working_directory = {"", os.getcwd()}  # noqa: PTH109 - as Python itself writes it into sys.path
    sys.path[:] = [str(HOME), *(entry for entry in sys.path if entry not in working_directory)]


def refuse_shadowed_packages() -> None:
    """Raise ImportError if another file would be imported in place of one of tricky's packages."""
    for name in PACKAGES:
        loaded = sys.modules.get(name)
        spec = loaded.__spec__ if loaded is not None else PathFinder.find_spec(name)
        origin = None if spec is None else spec.origin
        if origin is not None and Path(origin).resolve().parent != HOME / name:
            raise ImportError(
                f"{origin} is imported in place of tricky's package `{name}`; rename that file, or start "
                "Python in another folder"
            )
