"""Images and their labels: where they come from, and how a file becomes pixels.

`open_images` opens the images that a study names as an `ImageSource`; `list_images` returns their table.
There is a module for each kind of source. The modules of this package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from model_eval.images.image_source import ImageSource, list_images
    from model_eval.images.open import open_images

__all__ = ["ImageSource", "list_images", "open_images"]

__getattr__, __dir__ = attach(__name__, __file__)
