"""The one error that people see: bad input, in one line."""

from __future__ import annotations


class InputError(Exception):
    """Bad input, in one line: what is wrong, where, and what to do about it."""
