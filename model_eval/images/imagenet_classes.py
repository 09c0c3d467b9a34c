"""ImageNet's 1,000 classes of 2012, by WordNet id: names that have the same meaning in every library."""

from __future__ import annotations

import functools
from importlib.resources import files


@functools.cache
def wordnet_ids() -> tuple[str, ...]:
    """Return the ids (``n01440764`` …) in the order of the challenge, which is that of heads' outputs."""
    return tuple(
        files("model_eval").joinpath("images", "classes", "imagenet-1k.txt").read_text("ascii").split()
    )
