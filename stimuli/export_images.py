"""Write an image as observers see it: in sRGB, without metadata that could reveal its difficulty."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from stimuli.settings import ExportSettings
from tricky.core.errors import InputError

SAME_TIME = 946_684_800
"""Time stamp of every image file, in seconds since 1970: 1 January 2000."""

COMPRESSION = 1
"""PNG compression level, lossless at any level; level 6 takes two to four times as long to save 7%."""


def export_image(image: Image.Image, settings: ExportSettings, path: Path) -> None:
    """Write one image as PNG, read-only.

    Pixels are those of the original, in sRGB; with another view they are resampled once (bicubic,
    antialiased).
    """
    seen = view(to_srgb(image), settings)
    seen.info.clear()
    seen.save(path, format="PNG", compress_level=COMPRESSION)
    os.utime(path, (SAME_TIME, SAME_TIME))
    path.chmod(0o444)


def to_srgb(image: Image.Image) -> Image.Image:
    """Convert an image with an embedded colour profile to sRGB; without one, it is assumed to be sRGB."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image.copy()
    try:
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = str(getattr(embedded.profile, "xcolor_space", "")).strip()
        # A profile of another colour space (such as CMYK) no longer applies to an image in RGB or grey.
        if space not in ("RGB", "GRAY") or (space == "GRAY") != (image.mode == "L"):
            return image.copy()
        converted = ImageCms.profileToProfile(
            image,
            embedded,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError) as error:
        raise InputError(
            f"colour profile can't be applied ({error}); save the image as sRGB without a profile"
        ) from None
    assert converted is not None  # only with inPlace=True
    return converted.convert("L") if image.mode == "L" else converted


def view(image: Image.Image, settings: ExportSettings) -> Image.Image:
    """Return the part of an image that is shown, at its size."""
    size = settings.size_px
    if size is None:
        return image
    if settings.view == "whole":
        scale = size / max(image.size)
        shape = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        return image.resize(shape, Image.Resampling.BICUBIC)
    side = round(min(image.size) * settings.crop_pct)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    return image.resize((size, size), Image.Resampling.BICUBIC, box=box, reducing_gap=None)


def check_referable(path: Path) -> None:
    """Check that an original file can be shown without conversion.

    Raises
    ------
    InputError
        Its metadata contain a rotation or a colour profile, or it is neither RGB nor grey.
    """
    with Image.open(path) as image:
        rotated = image.getexif().get(0x0112, 1) != 1
        profile = bool(image.info.get("icc_profile"))
        upright = ImageOps.exif_transpose(image).mode in ("L", "RGB")
    if rotated or profile or not upright:
        why = (
            "has a rotation in its metadata (EXIF)"
            if rotated
            else "has a colour profile"
            if profile
            else "is not RGB or grey"
        )
        raise InputError(f"{path}: {why}, so it can't be shown as it is; convert it, or export copies")
