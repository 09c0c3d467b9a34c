from __future__ import annotations

import io

import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from model_eval.images.decode import decode
from model_eval.images.formats import FORMATS, HEAD_BYTES, format_of


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_what_pillow_writes_is_recognised(kind: str, mode: str) -> None:
    content = io.BytesIO()
    image = Image.fromarray(load_sample_image("china.jpg")).convert(mode)
    image.save(content, format=kind)
    assert format_of(content.getvalue()[:HEAD_BYTES]) == kind
    assert decode(content.getvalue()).size == image.size


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"P5\n# CREATOR: GIMP PNM Filter Version 1.1\n640 480\n255\n", "PPM"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "JPEG"),
        (b"\xff\xd8\xff\xe1\x12\x34Exif\0", "JPEG"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiafMA1B", "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", None),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", None),
        (b"BMW builds cars in Munich, and has done so for long", None),
        (b"P1 said that 3 of them were dogs", None),
        (b"P3\n", None),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"", None),
    ],
)
def test_formats_are_recognised_by_their_first_bytes(head: bytes, kind: str | None) -> None:
    assert format_of(head) == kind


def test_a_format_that_starts_another_program_is_refused_whatever_its_name() -> None:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, format="EPS")
    with pytest.raises(ValueError, match="no image of a known kind"):
        decode(content.getvalue())
