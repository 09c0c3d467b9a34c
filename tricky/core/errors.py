"""The errors that people see, in one line: bad input, and files that can't be written."""

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


class UnwritableError(InputError, OSError):
    """A file can't be written, in one line.  Code that handles an `OSError` of writing handles it as one.

    Parameters
    ----------
    message : str
    cause : OSError
        Gives `errno`, `strerror` and `filename`.
    """

    def __init__(self, message: str, cause: OSError) -> None:
        super().__init__(message)
        self._cause = cause
        self.errno, self.strerror, self.filename = cause.errno, cause.strerror, cause.filename

    def __reduce__(self) -> tuple[type[UnwritableError], tuple[str, OSError]]:
        return type(self), (self.args[0], self._cause)  # a worker process may be who meets a full disk

    def __str__(self) -> str:
        return self.args[0]  # an OSError with a number would show that
