"""Random numbers: every stream follows from the study's seed and from what it is used for.

Two uses never share a stream, and a further use changes no other's numbers.
"""

from __future__ import annotations

import hashlib

import numpy as np


def derived_seeds(seed: int, *purpose: str) -> np.random.SeedSequence:
    """Return the seed sequence of one use of random numbers.

    Parameters
    ----------
    seed : int
        The study's seed.
    purpose : str
        What the numbers are used for, from general to specific: stage, part, name.
    """
    digest = hashlib.sha256("/".join(purpose).encode()).digest()
    return np.random.SeedSequence([seed, *np.frombuffer(digest, dtype="<u4").tolist()])


def generator(seed: int, *purpose: str) -> np.random.Generator:
    """Return the random generator of one use; parameters as for `derived_seeds`."""
    return np.random.default_rng(derived_seeds(seed, *purpose))
