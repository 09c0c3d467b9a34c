import re

import pytest
from PIL import Image
from reports import report, text_of

from tricky.core.errors import InputError

pytestmark = pytest.mark.usefixtures("blank_figures")


def test_without_images_the_examples_are_left_out_in_words(study):
    study.write_observers(2)
    assert "The images were not available when this report was made." in text_of(report(study.root))


def test_an_unreadable_image_is_named_on_the_page(study, drawn_images):
    class Spoilt(type(drawn_images)):
        def read(self, image_id: str) -> Image.Image:
            raise InputError(f"{image_id}: not an image")

    study.write_observers(2)
    assert re.search(r"could not be read: \d{4}: not an image", text_of(report(study.root, Spoilt())))
