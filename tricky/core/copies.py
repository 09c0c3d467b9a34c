"""File names that say "I am a copy": what file managers and synchronising programs make of a name."""

from __future__ import annotations

import re

_COPY = re.compile(
    r"""
    (?:copy(?:\ \(\d+\))?\ of|kopie\ von|copie\ de|copia\ di|copia\ de)\ (?P<front>.+)   # Copy of x
    | (?P<back>.+?)\ -\ (?:copy|kopie|copie|copia)(?:\ ?\(\d+\))?                        # x - Copy (2)
    | (?P<mac>.+?)\ (?:copy|kopie|copie|copia)(?:\ \d+)?                                 # x copy 2
    | (?P<syncthing>.+?)[.~]sync-conflict-\d.*                     # x.sync-conflict-20240131-101500-ABCDEFG
    | (?P<dropbox>.+?)\ \([^()]*(?:conflicted\ copy|konfliktkopie|case\ conflict)[^()]*\)
    | (?P<nextcloud>.+?)_conflict-\d.*                                                   # x_conflict-20240131
    | (?P<numbered>.+?)\ ?\(\d+\)                                                        # x (1), x(1)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def original_of(name: str) -> str | None:
    """Return the name of the file that a file's name says it is a copy of; None where it says no such thing.

    A name ending in a number in brackets says less than the others: ``cat (12).jpg`` may be an original, as
    numbering files in Windows writes such names.  Whether a copy is one, its content decides.

    Parameters
    ----------
    name : str
        Without folders: ``Copy of a.png``, ``a - Copy.png``, ``a (1).png``,
        ``a.sync-conflict-20240131-101500-ABCDEFG.png``, ``a (Jane's conflicted copy 2024-01-31).png`` and
        the like, also in German, French, Italian and Spanish.
    """
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem:
        stem, suffix = name, ""
    found = _COPY.fullmatch(stem)
    if found is None:
        return None
    original = next(each for each in found.groups() if each is not None)
    return f"{original}{dot if suffix else ''}{suffix}"
