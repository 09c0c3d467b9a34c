"""Lines, and characters that a typeface lacks."""

import pytest
from PIL import ImageFont

from experiment.screen.fonts import require_characters, wrap
from experiment.screen.texts import read_texts
from tricky.core.errors import InputError


def test_lines_are_filled_evenly_and_lose_no_word(fonts):
    font = ImageFont.truetype(str(fonts.regular), 20)
    text = "All your answers are saved. Please tell the experimenter that you are done."
    lines = wrap(text, font, 600)
    assert " ".join(lines) == text
    assert len(lines) == 2
    assert all(font.getlength(line) <= 600 for line in lines)
    assert min(map(font.getlength, lines)) > 0.75 * max(map(font.getlength, lines))


def test_a_typeface_without_a_character_is_refused_and_the_character_named(fonts):
    for language in ("en", "de"):
        for task in ("2afc", "single", "rating"):
            require_characters(fonts, read_texts(language, task).characters())
    require_characters(fonts, "Zażółć gęślą jaźń, ёлка, θήτα")
    with pytest.raises(InputError, match="lacks 図 画"):
        require_characters(fonts, "a図b画")
