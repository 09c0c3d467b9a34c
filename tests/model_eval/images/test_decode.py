from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model_eval.images.decode import MAX_PIXELS, conversions, decode

PIXELS = np.random.default_rng(8).integers(0, 256, (12, 20, 3), dtype=np.uint8)
RGB = Image.fromarray(PIXELS)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(pixels: np.ndarray, colour_type: int) -> bytes:
    """Write a 16-bit PNG as the specification has it: Pillow can't."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)

    def chunk(name: bytes, content: bytes) -> bytes:
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def with_orientation(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


# EXIF 2.32, tag 0x0112: where row 0 and column 0 of the stored pixels lie in the picture.
UPRIGHT = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_the_camera_s_orientation_is_applied_once_and_told(kind: str, orientation: int) -> None:
    content = saved(
        RGB, kind, exif=with_orientation(orientation), **({"lossless": True} if kind == "WEBP" else {})
    )
    np.testing.assert_array_equal(np.asarray(decode(content)), UPRIGHT[orientation](PIXELS))
    told = ("turned upright, as EXIF says",) if orientation > 1 else ()
    assert conversions(content) == (kind, told)


def test_exif_that_cannot_be_read_says_nothing_about_the_pixels() -> None:
    content = saved(RGB, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff and so on", quality=95)
    assert decode(content).size == RGB.size
    assert conversions(content) == ("JPEG", ())


def test_pillow_s_warnings_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(saved(RGB, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff and so on"))
    script = (
        "import pathlib, sys; from model_eval.images.decode import conversions; "
        "print(conversions(pathlib.Path(sys.argv[1]).read_bytes()))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a.jpg")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("('JPEG', ())\n", "")


@pytest.mark.parametrize(
    ("mode", "expected"), [("1", "L"), ("L", "L"), ("LA", "L"), ("P", "RGB"), ("RGB", "RGB"), ("RGBA", "RGB")]
)
def test_images_are_grey_or_rgb_whatever_their_mode(mode: str, expected: str) -> None:
    content = saved(Image.new("RGB", (4, 4), (255, 255, 255)).convert(mode))
    assert decode(content).mode == expected
    assert (np.asarray(decode(content)) == 255).all()
    assert conversions(content) == ("PNG", ())


def test_cmyk_becomes_the_rgb_of_the_usual_loaders_and_that_is_told() -> None:
    content = saved(RGB.convert("CMYK"), "JPEG", quality=95)
    theirs = Image.open(io.BytesIO(content)).convert("RGB")
    np.testing.assert_array_equal(np.asarray(decode(content)), np.asarray(theirs))
    assert conversions(content) == ("JPEG", ("CMYK to RGB",))


@pytest.mark.parametrize("colour_type", [0, 2, 4, 6])
def test_of_sixteen_bits_the_upper_eight_are_kept_for_grey_as_for_colours(colour_type: int) -> None:
    n_channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour_type]
    values = np.random.default_rng(9).integers(0, 65536, (6, 7, n_channels), dtype=np.uint16)
    if colour_type in (4, 6):
        values[..., -1] = 65535
    content = png(values, colour_type)
    n_colours = 3 if colour_type in (2, 6) else 1
    expected = (values[..., :n_colours] >> 8).astype(np.uint8).squeeze()
    # Pillow opens grey with transparency as colours, all three alike.
    picture = decode(content).convert("L" if n_colours == 1 else "RGB")
    np.testing.assert_array_equal(np.asarray(picture), expected)
    assert conversions(content) == ("PNG", ("16 bits a channel to 8",))


def test_sixteen_bit_grey_is_kept_from_other_formats_too() -> None:
    values = np.array([[0, 255, 256], [1000, 65280, 65535]], dtype=np.uint16)
    portable = b"P5 3 2 65535\n" + values.astype(">u2").tobytes()
    for content in (portable, saved(Image.fromarray(values), "TIFF")):
        np.testing.assert_array_equal(np.asarray(decode(content)), values >> 8)
        assert conversions(content)[1] == ("16 bits a channel to 8",)


def test_transparency_is_dropped_as_the_usual_loaders_do_and_told_where_there_is_any() -> None:
    half = RGB.convert("RGBA")
    half.putalpha(100)
    palette = RGB.quantize(16)
    for content in (saved(half), saved(palette, transparency=int(np.asarray(palette)[0, 0]))):
        theirs = Image.open(io.BytesIO(content)).convert("RGB")
        np.testing.assert_array_equal(np.asarray(decode(content)), np.asarray(theirs))
        assert conversions(content) == ("PNG", ("transparency dropped",))
    assert conversions(saved(RGB.convert("RGBA"))) == ("PNG", ())


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP"])
def test_of_an_animation_the_first_frame_counts_and_that_is_told(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    assert np.asarray(decode(content)).mean(axis=(0, 1)) == pytest.approx([255, 0, 0], abs=2)
    assert conversions(content) == (kind, ("first of 3 frames",))


@pytest.mark.parametrize(
    ("width", "height", "why"),
    [
        (30_000, 30_000, f"more than {MAX_PIXELS:,} pixels; scale it down"),
        (30_000, 3_000, f"30000 × 3000 pixels, more than {MAX_PIXELS:,}; scale it down"),
        (30_000, 2_900, "truncated"),  # large, but not too large: refused for its missing pixels
    ],
)
def test_a_bomb_is_refused_by_its_header(width: int, height: int, why: str) -> None:
    content = bytearray(saved(Image.new("L", (1, 1))))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    for look in (conversions, decode):
        with pytest.raises((ValueError, OSError), match=why):
            look(bytes(content))


@pytest.mark.parametrize("kind", ["BMP", "JPEG", "PNG", "PPM", "TIFF", "WEBP"])
def test_a_file_that_breaks_off_is_refused_when_it_is_looked_at_and_when_it_is_read(kind: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    content = saved(Image.fromarray(pixels), kind)
    conversions(content)
    for length in (len(content) // 10, len(content) // 2, len(content) - 200):
        for look in (conversions, decode):
            with pytest.raises((ValueError, OSError, SyntaxError)):
                look(content[:length])


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "empty file"), (b"no image at all", "no image of a known kind")]
)
def test_what_is_no_image_is_told_in_plain_words(content: bytes, why: str) -> None:
    for look in (conversions, decode):
        with pytest.raises(ValueError, match=why):
            look(content)


def test_numbers_without_a_defined_white_are_refused() -> None:
    for mode in ("I", "F"):
        content = saved(Image.new(mode, (4, 4), 7), "TIFF")
        with pytest.raises(ValueError, match=f"mode {mode}, of no defined white"):
            decode(content)
