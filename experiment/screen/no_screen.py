"""The error on a machine without a screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tricky.core.errors import InputError


@contextmanager
def screen_required() -> Iterator[None]:
    """Turn pyglet's error about a missing screen into one line for people.

    Raises
    ------
    InputError
        There is no screen; pyglet raises its own error when it is imported or opens its display.
    """
    try:
        yield
    except Exception as error:
        if type(error).__name__ != "NoSuchDisplayException":  # pyglet has the class on Linux only
            raise
        raise InputError(
            "there is no screen to draw on: run the session on a PC that has one (on Linux, DISPLAY names it)"
        ) from error
