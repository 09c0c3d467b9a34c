"""The one error that people see: bad input, in one line."""

from __future__ import annotations

import re

_BREAKS_THE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters, line separators and halves of characters: files and names may hold any of them."""


class InputError(Exception):
    r"""Bad input, in one line: what is wrong, where, and what to do about it.

    Parameters
    ----------
    message : str
        May quote any text; characters that would break the line are written out (``\x0c``).
    """

    def __init__(self, message: str) -> None:
        super().__init__(_BREAKS_THE_LINE.sub(lambda found: ascii(found[0])[1:-1], message))
