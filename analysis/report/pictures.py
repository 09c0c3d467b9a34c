"""Pictures that are embedded in a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

LARGEST_UNCHANGED_PX = 128
"""Images up to this side are embedded pixel for pixel; larger ones as a reduced JPEG."""
LARGEST_PX = 320
"""Twice the size on the page, for screens of high resolution."""

THUMBNAIL_PX = 112
"""In the list of all trials."""


@dataclass(frozen=True)
class Picture:
    """An image that is embedded in a page.

    Attributes
    ----------
    uri : str
        ``data:`` URI of a PNG or JPEG.
    pixelated : bool
        Whether it is small, and enlarged without smoothing.
    """

    uri: str
    pixelated: bool


def embed_items(
    folder: Path, items: Iterable[Mapping[str, Any]], largest_px: int = LARGEST_PX
) -> dict[str, Picture | None]:
    """Return the pictures of a set's items, by `item_id`; None where the set was built without images.

    Parameters
    ----------
    folder : Path
        Of the set.
    items : iterable of mapping
        `item_id` and `file` of each.
    largest_px : int
        As for `embed`.
    """
    found: dict[str, Picture | None] = {}
    for item in items:
        if not item["file"]:
            found[item["item_id"]] = None
        elif item["item_id"] not in found:
            with Image.open(folder / item["file"]) as image:
                found[item["item_id"]] = embed(image, largest_px)
    return found


def embed(image: Image.Image, largest_px: int = LARGEST_PX) -> Picture:
    """Return an image as a data URI, no side longer than `largest_px`: the same bytes for the same pixels."""
    small = max(image.size) <= min(LARGEST_UNCHANGED_PX, largest_px)
    with io.BytesIO() as buffer:
        if small:
            image.save(buffer, "PNG", optimize=True)
        else:
            reduced = image.convert("RGB")
            reduced.thumbnail((largest_px, largest_px), Image.Resampling.LANCZOS)
            reduced.save(buffer, "JPEG", quality=85)
        return Picture(data_uri(buffer.getvalue(), "image/png" if small else "image/jpeg"), pixelated=small)


def data_uri(content: bytes, media_type: str) -> str:
    """Return bytes as a ``data:`` URI."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def evenly_spaced(images: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return up to `n` rows, evenly spaced in the order of class and name, so that nobody selects them.

    Parameters
    ----------
    images : DataFrame
        With `label` and `image_id`.
    n : int
        Number of rows wanted.
    """
    ordered = images.sort_values(["label", "image_id"], ignore_index=True)
    if len(ordered) <= n:
        return ordered
    # The middle of each of n equal parts.
    return ordered.iloc[np.floor((np.arange(n) + 0.5) * len(ordered) / n).astype(int)]
