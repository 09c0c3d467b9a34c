from __future__ import annotations

import builtins

import pytest

from experiment.screen.load_psychopy import load_psychopy
from tricky.core.errors import InputError


def test_without_psychopy_the_package_to_install_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **keywords):
        if name == "experiment.screen" and arguments[2] == ("psychopy_devices",):
            raise ImportError("No module named 'psychopy'")
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"pip install 'tricky-images\[experiment\]'"):
        load_psychopy()
