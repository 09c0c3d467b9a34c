"""Contact sheets: what stands in them, and that they need nothing else."""

import re

from PIL import Image

from stimuli.contact_sheet import show_set


def test_the_page_holds_every_image_and_asks_for_nothing(build, difficulty_rows):
    rows = difficulty_rows(20)
    rows["class_name"] = rows["class_name"].map({"a": "<b>bold</b>", "b": "b", "c": "c"})
    built = build(rows, {"repeat_trials": 1, "repeat_distance": 0})
    sheet = show_set(built.folder)
    page = sheet.page.read_text(encoding="utf-8")
    sources = re.findall(r'(?:src|href)="([^"]{0,20})', page)
    assert all(source.startswith("data:") for source in sources)
    pictures = re.findall(r'<div class="picture"><img src="data:image/png;base64,', page)
    assert len(pictures) == 2 * len(built.items), "once in its trial, once by number of correct models"
    assert "<b>bold</b>" not in page
    assert "AUC" in page
    assert all(item in page for item in built.items)
    for path in (sheet.trials, sheet.by_count):
        with Image.open(path) as image:
            assert image.width > 800


def test_the_same_set_gives_the_same_page(build, difficulty_rows):
    built = build(difficulty_rows(20))
    first = show_set(built.folder).page.read_bytes()
    assert show_set(built.folder).page.read_bytes() == first
