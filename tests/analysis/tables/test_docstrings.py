"""Examples in docstrings run, and show what they say."""

import doctest
import importlib

import pandas as pd
import pytest


@pytest.mark.parametrize("name", ["accuracy", "conditions", "consistency", "items", "ratings"])
def test_examples_in_docstrings_run(name):
    with pd.option_context("display.width", 120):
        done = doctest.testmod(importlib.import_module(f"analysis.tables.{name}"))
    assert done.attempted > 3
    assert done.failed == 0
