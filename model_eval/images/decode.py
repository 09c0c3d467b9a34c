"""From the bytes of an image file to the picture that models and observers see.

What can be shown correctly is shown, and what had to be changed for it is told; the rest is refused.
Pixels are those that the usual loaders of timm and torchvision see, but for the camera's orientation, which
they ignore, and for more than 8 bits a channel, which they clip.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import ExifTags, Image

from model_eval.images.formats import HEAD_BYTES, format_of

DECODING = 1
"""Raised when the same file would give other pixels: decisions made before are then made anew."""

MAX_PIXELS = 89_478_485
"""More are refused before anything is decoded: Pillow's own limit, a quarter of a gigabyte in memory."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture upright, by its orientation (EXIF 2.32, tag 0x0112)."""

# Pillow warns of many pixels, which `_opened` refuses, and of metadata that it can't read, which change none.
warnings.filterwarnings("ignore", module=r"PIL\.")


def decode(content: bytes) -> Image.Image:
    """Decode an image file: upright, mode ``L`` for grey and ``RGB`` for the rest.

    The first of several frames counts.  Of 16 bits a channel the upper 8 are kept, for grey as Pillow does it
    for colours.  Transparency is dropped, as the usual loaders do.

    Raises
    ------
    ValueError
        No image, too many pixels, or a kind that has no defined white (32-bit numbers) or no way to RGB.
    OSError
        The content is broken; decoders of broken files may raise other errors, too.
    """
    with _opened(content) as image:
        if _has_16_bit_grey(image):
            picture = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        elif image.mode in ("L", "RGB"):
            picture = image.copy()
        else:
            picture = image.convert("L" if image.mode in ("1", "LA", "La") else "RGB")
        # Only now: of a TIFF Pillow itself turns what it has loaded, and forgets the orientation.
        turn = _TURNS.get(_orientation(image))
    return picture if turn is None else picture.transpose(turn)


def conversions(content: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode an image file to see whether it can be, and say what `decode` changes.

    Of a JPEG all is read, but only an eighth of the size computed: enough to see where a file breaks off.

    Returns
    -------
    format : str
        ``JPEG``, ``PNG`` …, by content and not by name.
    conversions : tuple of str
        Changes that may be seen: not those that keep every pixel, as from a palette to RGB.

    Raises
    ------
    ValueError, OSError
        As for `decode`.
    """
    with _opened(content) as image:
        kind = str(image.format)
        changes = []
        if image.mode not in ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "I;16", "I"):
            changes.append(f"{image.mode} to RGB")
        if "16" in _raw_mode(image):
            changes.append("16 bits a channel to 8")
        if _orientation(image) in _TURNS:
            changes.append("turned upright, as EXIF says")
        if (n_frames := getattr(image, "n_frames", 1)) > 1:
            changes.append(f"first of {n_frames} frames")
        if image.has_transparency_data and np.asarray(image.convert("RGBA"))[..., 3].min() < 255:
            changes.append("transparency dropped")
        if kind == "JPEG":
            image.draft("L", (1, 1))
            image.load()
    if kind != "JPEG":
        decode(content)
    return kind, tuple(changes)


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """Open an image file whose header promises something that can be shown."""
    if not content:
        raise ValueError("empty file")
    kind = format_of(content[:HEAD_BYTES])
    if kind is None:
        raise ValueError("no image of a known kind")
    try:
        image = Image.open(io.BytesIO(content), formats=[kind])
    except Image.UnidentifiedImageError:
        raise ValueError(f"begins like {kind}, but can't be read as such") from None
    except Image.DecompressionBombError:
        raise ValueError(f"more than {MAX_PIXELS:,} pixels; scale it down") from None
    with image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(
                f"{image.width} × {image.height} pixels, more than {MAX_PIXELS:,}; scale it down"
            )
        if image.mode.startswith(("I", "F")) and not _has_16_bit_grey(image):
            raise ValueError(f"mode {image.mode}, of no defined white; save it with 8 or 16 bits a channel")
        yield image


def _has_16_bit_grey(image: Image.Image) -> bool:
    """Tell whether an image is grey with 16 bits, which Pillow holds in one of two modes."""
    return image.mode.startswith("I;16") or (image.mode == "I" and _raw_mode(image).startswith("I;16"))


def _raw_mode(image: Image.Image) -> str:
    """Return how the file lays out its pixels, in Pillow's words; empty where Pillow doesn't say."""
    tile = getattr(image, "tile", None)  # only of images that come from a file
    if not tile:
        return ""
    arguments = tile[0][3]
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return first if isinstance(first, str) else ""


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 where the file has none or none that can be read."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    # Broken EXIF raises whatever its parser stumbles over, and says nothing about the pixels.
    except Exception:
        return 1
    return found if isinstance(found, int) else 1
