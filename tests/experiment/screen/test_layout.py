from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from experiment.screen.layout import Layout, ScreenGeometry, at_size, lay_out
from experiment.settings import MonitorSettings
from tricky.core.errors import InputError

MONITOR = MonitorSettings(width_cm=50, viewing_distance_cm=57.3)


def geometry(width_px: int, height_px: int = 800) -> ScreenGeometry:
    return ScreenGeometry((width_px, height_px), (width_px, height_px), MONITOR)


def placed(
    window_px: tuple[int, int],
    height_deg: float,
    sizes_px: dict[str, tuple[int, int]],
    reserved_px: float,
    *,
    n_images: int = 2,
    scaling: str = "auto",
) -> Layout:
    return lay_out(
        geometry(*window_px),
        sizes_px,
        n_images=n_images,
        height_deg=height_deg,
        scaling=scaling,
        reserved_px=reserved_px,
    )


def test_one_degree_at_57_3_cm_is_one_centimetre():
    # The rule of thumb of every vision laboratory: 2 × 57.3 × tan(0.5°) = 1.00009 cm, here 20 px.
    assert geometry(1000).pixels_of(1) == pytest.approx(20, abs=0.01)


def test_an_angle_agrees_with_psychopys_exact_conversion():
    # psychopy.tools.monitorunittools.deg2pix(5, monitor, correctFlat=True) at the screen's centre is
    # distance * tan(5°): half of the length that 10 degrees span around the line of sight.
    assert geometry(1000).pixels_of(10) == pytest.approx(2 * 57.3 * np.tan(np.radians(5)) * 20)


@given(st.floats(0.1, 60))
def test_pixels_and_angles_are_inverse(angle_deg):
    screen = geometry(1920)
    assert screen.angle_of(screen.pixels_of(angle_deg)) == pytest.approx(angle_deg)


def test_images_of_a_pair_are_symmetric_and_at_the_same_distance_for_any_width():
    layout = placed((1000, 800), 5, {"narrow": (10, 20), "wide": (40, 20)}, 200)
    assert layout.image_height_px == 100
    assert layout.size_px("narrow") == (50, 100)
    assert layout.size_px("wide") == (200, 100)
    assert layout.offsets_px == (-125, 125)  # (200 + half a height) / 2
    assert layout.centres_px() == (375, 625)


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0.5, 60))
def test_images_never_overlap_nor_leave_the_window(width, height, angle_deg):
    try:
        layout = placed((1281, 801), angle_deg, {"a": (width, height), "b": (28, 28)}, 220)
    except InputError:
        return
    widest = max(layout.image_width_px.values())
    left, right = layout.offsets_px
    assert left == -right
    assert right - widest / 2 > 0
    assert right + widest / 2 < 1281 / 2
    assert layout.image_height_px <= 801 - 220
    assert all(length % 2 == 0 for length in (layout.image_height_px, *layout.image_width_px.values()))


def test_images_that_do_not_fit_are_refused_and_the_size_named_does_fit():
    sizes = {"a": (300, 100)}
    with pytest.raises(InputError, match=r"image_height_deg is 20.*at most \d+\.?\d* fit") as error:
        placed((1000, 800), 20, sizes, 200)
    largest = float(str(error.value).split("at most ")[1].split(" fit")[0])
    placed((1000, 800), largest, sizes, 200)
    with pytest.raises(InputError):
        placed((1000, 800), largest + 0.2, sizes, 200)


def test_small_images_are_enlarged_without_any_new_grey():
    pixels = np.array([[0, 255, 40], [130, 7, 255], [99, 0, 1]], np.uint8)
    image = Image.fromarray(pixels)
    assert np.array_equal(np.asarray(at_size(image, (12, 12))), np.kron(pixels, np.ones((4, 4), np.uint8)))


def test_large_images_are_reduced_without_aliasing():
    # Lines one pixel wide, at the finest frequency there is: reduced fourfold, only their mean is left.
    lines = np.tile(np.array([0, 255], np.uint8), (64, 32))
    reduced = np.asarray(at_size(Image.fromarray(lines), (16, 16)), float)
    assert np.abs(reduced[2:-2, 2:-2] - 127.5).max() < 4


def test_a_single_image_is_in_the_middle_and_may_be_larger_than_one_of_a_pair():
    sizes = {"a": (300, 100)}
    with pytest.raises(InputError):
        placed((1000, 800), 10, sizes, 200)
    layout = placed((1000, 800), 10, sizes, 200, n_images=1)
    assert (layout.offsets_px, layout.centres_px()) == ((0,), (500,))


def test_integer_scaling_takes_the_whole_multiple_nearest_to_the_height_asked_for():
    sizes = {"a": (28, 28), "b": (20, 28)}
    # 5 degrees are 100 pixels here: 4 × 28 = 112 is nearer than 3 × 28 = 84.
    layout = placed((1000, 800), 5, sizes, 200)
    assert (layout.factor, layout.size_px("a"), layout.size_px("b")) == (4, (112, 112), (80, 112))
    exact = placed((1000, 800), 5, sizes, 200, scaling="interpolated")
    assert (exact.factor, exact.size_px("a")) == (None, (100, 100))


def test_images_of_odd_size_are_enlarged_by_even_factors_so_that_they_lie_on_whole_pixels():
    layout = placed((1000, 800), 5, {"a": (33, 33)}, 200)
    assert (layout.factor, layout.size_px("a")) == (4, (132, 132))


@pytest.mark.parametrize("sizes", [{"a": (28, 28), "b": (28, 30)}, {"a": (500, 375)}])
def test_images_that_no_whole_factor_serves_are_interpolated_or_refused(sizes):
    assert placed((1000, 800), 5, sizes, 200).factor is None
    with pytest.raises(InputError, match='scaling = "integer" needs images of one height'):
        placed((1000, 800), 5, sizes, 200, scaling="integer")


def test_a_multiple_that_does_not_fit_gives_way_to_the_next_smaller():
    assert placed((1000, 300), 5, {"a": (28, 28)}, 195).factor == 3
