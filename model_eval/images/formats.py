"""The formats of images, recognised by the first bytes of a file, not by its name."""

from __future__ import annotations

import re

SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm"}
    | {".tif", ".tiff", ".webp"}
)
"""A file with such a suffix must be an image: other content is an error."""

HEAD_BYTES = 512
"""Number of bytes that `format_of` needs."""

_BEGINNINGS = (
    ("JPEG", b"\xff\xd8\xff"),
    ("PNG", b"\x89PNG\r\n\x1a\n"),
    ("GIF", b"GIF87a"),
    ("GIF", b"GIF89a"),
    ("TIFF", b"II*\0"),
    ("TIFF", b"MM\0*"),
    ("TIFF", b"II+\0"),
    ("TIFF", b"MM\0+"),
)
# Texts may begin with "BM" or "P1", so more of the header is compared with the formats' definitions.
_BMP = re.compile(rb"BM.{4}\0{4}.{4}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0{3}", re.DOTALL)
_PPM = re.compile(rb"P[1-6]\s+(?:#[^\n]*\n\s*)*\d+\s+(?:#[^\n]*\n\s*)*\d+\s")
_CAMERA_RAW = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".dcr", ".dng", ".iiq", ".kdc", ".mef", ".nef", ".nrw", ".orf", ".pef"}
    | {".raf", ".rw2", ".srw"}
)

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "PPM")
"""Pillow's names.  Decoding none of them starts another program (EPS would start Ghostscript)."""


def format_of(head: bytes) -> str | None:
    """Return the format of a file, one of `FORMATS`; None if it is another.

    Parameters
    ----------
    head : bytes
        The file's first `HEAD_BYTES`, or more.
    """
    for name, beginning in _BEGINNINGS:
        if head.startswith(beginning):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":  # ISO/IEC 14496-12: a major brand, a version, compatible brands
        end = int.from_bytes(head[:4], "big")
        brands = {head[8:12], *(head[place : place + 4] for place in range(16, min(end, len(head)), 4))}
        return "AVIF" if brands & {b"avif", b"avis"} else None
    if _BMP.match(head):
        return "BMP"
    return "PPM" if _PPM.match(head) else None


def is_camera_raw(suffix: str) -> bool:
    """Return whether a suffix is that of a camera's raw files, whose TIFF content is only a thumbnail."""
    return suffix.lower() in _CAMERA_RAW
