"""Low-level features of images, which might predict their difficulty.

Each image is measured once and cached by the hash of its content, so that a second build reads none.  Values
are rounded to six significant digits: the last bits of a sum depend on the processor, but a set must not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from scipy import ndimage

from model_eval.images.image_source import ImageSource
from stimuli.columns import FEATURE_COLUMNS
from tricky.core.cache import read_memory, write_memory
from tricky.core.errors import InputError
from tricky.core.names import find_file
from tricky.core.progress import Progress, no_progress

FEATURES_VERSION = 1
"""Is incremented when a definition changes, so that older caches are not used."""

_TYPES = dict.fromkeys(FEATURE_COLUMNS[:-1], "float64") | {"phash": "str"}
_CACHE_TYPES = {"sha256": "str", "version": "int64", **_TYPES}

EDGE_THRESHOLD = 0.1
"""Gradient that counts as an edge; a step from black to white has 1."""

BATCH = 1000
"""Images measured between two writes of the cache."""

_BYTE = np.arange(256) / 255
_LINEAR = np.where(_BYTE <= 0.04045, _BYTE / 12.92, ((_BYTE + 0.055) / 1.055) ** 2.4).astype(np.float32)
"""Linear light of each sRGB value (IEC 61966-2-1)."""


def measure(image: Image.Image) -> dict[str, float]:
    """Measure an image in mode ``L`` or ``RGB``.

    Returns
    -------
    dict
        `width_px`, `height_px`, `resolution_px` (their product);
        `mean_luminance`: mean of the relative luminance Y = .2126 R + .7152 G + .0722 B in linear light, 0 to
        1 (IEC 61966-2-1);
        `rms_contrast`: standard deviation of Y over pixels (Peli 1990, J. Opt. Soc. Am. A 7, 2032, eq. 4);
        `colourfulness`: M̂⁽³⁾ = σ_rgyb + .3 μ_rgyb over R − G and (R + G) / 2 − B, in 0 to 255 (Hasler &
        Süsstrunk 2003, Proc. SPIE 5007, 87); 0 for a grey image;
        `edge_density`: share of pixels whose Sobel gradient of the grey values exceeds `EDGE_THRESHOLD`.
    """
    rgb = np.asarray(image.convert("RGB"))
    y = _LINEAR[rgb].astype(np.float64) @ (0.2126, 0.7152, 0.0722)
    red, green, blue = np.moveaxis(rgb.astype(np.float64), -1, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    grey = np.asarray(image.convert("L"), dtype=np.float64) / 255
    # A step of height 1 has a Sobel response of 4.
    gradient = np.hypot(ndimage.sobel(grey, axis=0), ndimage.sobel(grey, axis=1)) / 4
    values = {
        "width_px": image.width,
        "height_px": image.height,
        "resolution_px": image.width * image.height,
        "mean_luminance": y.mean(),
        "rms_contrast": y.std(),
        "colourfulness": np.hypot(red_green.std(), yellow_blue.std())
        + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()),
        "edge_density": (gradient > EDGE_THRESHOLD).mean(),
    }
    return {name: float(f"{value:.6g}") for name, value in values.items()}


def perceptual_hash(image: Image.Image) -> str:
    """Return the 64-bit DCT hash of an image (imagehash's `phash`) as 16 hexadecimal digits."""
    try:
        import imagehash
    except ImportError:
        raise InputError(
            "imagehash is not installed, and is needed for min_hash_distance: "
            "pip install 'tricky-images[stimuli]'"
        ) from None
    return str(imagehash.phash(image))


def measured(
    images: Mapping[str, str],
    source: ImageSource,
    *,
    originals: Path | None,
    cache: Path | None,
    hashes: bool,
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Measure images, or read their features from the cache.

    Parameters
    ----------
    images : mapping of str to str
        `image_id` → hash of its content.
    originals : Path, optional
        Folder in which an `image_id` is a path; without one there are no file sizes.
    cache : Path, optional
        Parquet file of the cache; it never changes a result.
    hashes : bool
        Whether `phash` is needed.

    Returns
    -------
    DataFrame
        `FEATURE_COLUMNS`, indexed by `image_id` in the order given; missing file sizes are NaN, and a `phash`
        that isn't needed may be None.
    """
    known = _read_cache(cache)
    have = set(known.index[known["phash"].notna()] if hashes else known.index)
    wanted = list({digest: image_id for image_id, digest in images.items() if digest not in have}.items())

    def measure_one(wanted_one: tuple[str, str]) -> dict[str, Any]:
        digest, image_id = wanted_one
        image = source.read(image_id)
        size = float("nan") if originals is None else float(find_file(originals, image_id).stat().st_size)
        row = measure(image) | {"file_size_bytes": size, "sha256": digest}
        return row | {"phash": perceptual_hash(image) if hashes else None}

    with ThreadPoolExecutor() as pool:
        for start in range(0, len(wanted), BATCH):
            rows = []
            for row in pool.map(measure_one, wanted[start : start + BATCH]):
                rows.append(row)
                progress("Measuring images", start + len(rows), len(wanted))
            new = _typed(pd.DataFrame(rows).set_index("sha256"))
            known = new if known.empty else pd.concat([known.drop(new.index, errors="ignore"), new])
            if cache is not None:
                write_memory(cache, known.sort_index().reset_index(), {"version": FEATURES_VERSION})
    table = known.loc[list(images.values())]
    table.index = pd.Index(list(images), dtype="str", name="image_id")
    return table


def unmeasured(image_ids: Sequence[str]) -> pd.DataFrame:
    """Return the table of `measured` for images that are not there: no feature has a value."""
    return _typed(pd.DataFrame(index=pd.Index(list(image_ids)))).rename_axis("image_id")


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the cache, in order and with the same types for any number of rows."""
    return table.reindex(columns=list(FEATURE_COLUMNS)).astype(_TYPES).rename_axis("sha256")


def _read_cache(path: Path | None) -> pd.DataFrame:
    """Return the cached features by hash; an empty table if the cache is of another version or damaged."""
    empty = _typed(pd.DataFrame(index=pd.Index([], dtype="str")))
    if path is None:
        return empty
    found = read_memory(path)
    columns = {"sha256", *FEATURE_COLUMNS}
    if found is None or found[1] != {"version": FEATURES_VERSION} or set(found[0]) != columns:
        return empty
    return _typed(found[0].set_index("sha256"))
