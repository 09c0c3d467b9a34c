"""Write an image as observers see it: sRGB, no metadata, no name or time that tells its difficulty."""

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
"""Of PNG, lossless at any level; the usual 6 takes photographs two to four times as long to spare 7%."""


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
    """Apply an embedded colour profile, so that numbers mean sRGB; without one they are taken to do so."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image.copy()
    try:
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = str(getattr(embedded.profile, "xcolor_space", "")).strip()
        # A profile for another kind of pixel (CMYK, say) was used up when the image became RGB or grey.
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
    """Return what is shown of an image."""
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
    """Refuse an original that a display would show otherwise than it is meant.

    Raises
    ------
    InputError
        The file says in metadata that it is to be turned, or carries a colour profile.
    """
    with Image.open(path) as image:
        turned = image.getexif().get(0x0112, 1) != 1
        profile = bool(image.info.get("icc_profile"))
        upright = ImageOps.exif_transpose(image).mode in ("L", "RGB")
    if turned or profile or not upright:
        why = (
            "is to be turned (EXIF)"
            if turned
            else "has a colour profile"
            if profile
            else "is not RGB or grey"
        )
        raise InputError(f"{path}: {why}, so it can't be shown as it lies; convert it, or export copies")
