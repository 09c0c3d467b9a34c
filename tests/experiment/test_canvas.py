from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from experiment.canvas import BACKGROUND, Canvas, Fonts, KeyCap, key_cap, wrap
from experiment.plan import Page, PageName
from experiment.settings import ExperimentSettings
from experiment.texts import read_texts

SIZES = [(640, 480), (1280, 800), (1920, 1080), (2560, 1440), (1080, 1920)]
TEXTS, SETTINGS = read_texts(), ExperimentSettings()


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    spec = find_spec("psychopy")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "assets" / "fonts"
    return Fonts(folder / "NotoSans-Regular.ttf", folder / "NotoSans-Bold.ttf")


def inked(image) -> np.ndarray:
    """Return where an image differs from the background."""
    return (np.asarray(image) != BACKGROUND).any(axis=2)


def is_clear_of_the_edges(image) -> bool:
    ink = inked(image)
    margin = 8
    return not (ink[:margin].any() or ink[-margin:].any() or ink[:, :margin].any() or ink[:, -margin:].any())


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", list(PageName))
def test_every_page_fits_every_screen(fonts, size, name):
    text = TEXTS.page(Page(name, 50, 60), SETTINGS)
    image = Canvas(size, fonts).page(text, KeyCap("space", "space"), 0.8 if name is PageName.BREAK else None)
    assert image.size == size
    assert inked(image).any()
    assert is_clear_of_the_edges(image)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("text", [TEXTS.question, TEXTS.right, TEXTS.wrong, TEXTS.either])
def test_question_and_keys_leave_the_images_their_room(fonts, size, text):
    canvas = Canvas(size, fonts)
    height = 2 * ((size[1] - canvas.reserved_px) // 2)
    centres = (size[0] // 4, 3 * size[0] // 4)
    image = canvas.trial(text, (KeyCap("left", ""), KeyCap("f", "F")), centres, height)
    ink = inked(image)
    top, bottom = (size[1] - height) // 2, (size[1] + height) // 2
    assert ink[:top].any()
    assert ink[bottom:].any()
    assert not ink[top:bottom].any()
    assert is_clear_of_the_edges(image)


def test_the_fixation_cross_stands_in_the_very_middle(fonts):
    canvas = Canvas((1280, 800), fonts)
    arguments = (TEXTS.question, (KeyCap("left", ""), KeyCap("right", "")), (488, 792), 202)
    with_cross, without = canvas.trial(*arguments, fixation=True), canvas.trial(*arguments)
    rows, columns = np.nonzero((np.asarray(with_cross) != np.asarray(without)).any(axis=2))
    assert (rows.min() + rows.max() + 1, columns.min() + columns.max() + 1) == (800, 1280)


def test_arrows_of_a_key_are_mirror_images(fonts):
    font = ImageFont.truetype(str(fonts.bold), 20)
    left, right = (np.asarray(key_cap(KeyCap(key, ""), 60, font)) for key in ("left", "right"))
    # Edges may fall half a pixel apart; a quarter of the key's pixels would change if an arrow were turned.
    assert np.abs(left.astype(int) - right[:, ::-1]).mean() < 2
    assert np.abs(left.astype(int) - right).mean() > 8


def test_lines_are_filled_evenly_and_lose_no_word(fonts):
    font = ImageFont.truetype(str(fonts.regular), 20)
    text = "All your answers are saved. Please tell the experimenter that you are done."
    lines = wrap(text, font, 600)
    assert " ".join(lines) == text
    assert len(lines) == 2
    assert all(font.getlength(line) <= 600 for line in lines)
    assert min(map(font.getlength, lines)) > 0.75 * max(map(font.getlength, lines))


def test_the_mark_surrounds_an_image_without_touching_it(fonts):
    mark = Canvas((1280, 800), fonts).mark((200, 100))
    ink = inked(mark)
    y, x = (mark.height - 100) // 2, (mark.width - 200) // 2
    assert ink[0].any()
    assert not ink[y - 1 : y + 101, x - 1 : x + 201].any()
