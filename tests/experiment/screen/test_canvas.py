from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from experiment.pages import Page, PageName
from experiment.records import Ask, Option, Task
from experiment.screen.canvas import Canvas
from experiment.screen.colours import BACKGROUND
from experiment.screen.key_caps import Answer, KeyCap
from experiment.screen.texts import read_texts
from experiment.settings import ExperimentSettings

SIZES = [(640, 480), (1280, 800), (1920, 1080), (3840, 2160), (1080, 1920)]
SETTINGS = ExperimentSettings()
TASKS = {
    "2afc": Task("2afc", (Ask("response", "", (Option("left", "", "left"), Option("right", "", "right"))),)),
    "single": Task(
        "single", (Ask("response", "", (Option("a", "easy", "left"), Option("b", "hard", "right"))),)
    ),
    "rating": Task("rating", (Ask("clear", "Clear?", (Option("no", "no", "1"), Option("yes", "yes", "2"))),)),
}
EVERY_TEXT = {
    (language, task): read_texts(language, task)
    for language in ("en", "de")
    for task in ("2afc", "single", "rating")
}
LINES = {
    line
    for texts in EVERY_TEXT.values()
    for name, line in texts.lines.items()
    if name in ("question", "right", "wrong", "either", "confidence")
}


def inked(image) -> np.ndarray:
    """Return where an image differs from the background."""
    return (np.asarray(image) != BACKGROUND).any(axis=2)


def is_clear_of_the_edges(image) -> bool:
    ink = inked(image)
    margin = 8
    return not (ink[:margin].any() or ink[-margin:].any() or ink[:, :margin].any() or ink[:, -margin:].any())


@pytest.mark.parametrize(
    ("size", "language", "task"),
    [
        *((size, "de", "2afc") for size in SIZES),  # what has most words, on every screen
        *((SIZES[0], *each) for each in EVERY_TEXT if each != ("de", "2afc")),  # the rest on the smallest
    ],
    ids=str,
)
@pytest.mark.parametrize("name", list(PageName))
def test_every_page_fits_every_screen(fonts, size, language, task, name):
    settings = SETTINGS.model_copy(update={"answer_with": "mouse"})  # which has most to say
    text = EVERY_TEXT[language, task].page(Page(name, 50, 60), settings, TASKS[task])
    image = Canvas(size, fonts).page(text, KeyCap("space", "space"), 0.8 if name is PageName.BREAK else None)
    assert image.size == size
    assert inked(image).any()
    assert is_clear_of_the_edges(image)


def test_a_target_is_where_the_key_is_drawn(fonts):
    canvas = Canvas((1280, 800), fonts)
    answers = [
        Answer(KeyCap("1", "1"), "guessed at random", 500),
        Answer(KeyCap("2", "2"), "certain", 800),
    ]
    below = inked(canvas.trial("?", answers, 200))
    below[:500] = False
    for target, side in zip(canvas.targets(answers, 200), (slice(0, 650), slice(650, None)), strict=True):
        y, x = np.nonzero(below[:, side])
        x += side.start
        ink = x.min(), y.min(), x.max() + 1, y.max() + 1
        assert max(abs(a - b) for a, b in zip(ink, target.box_px, strict=True)) <= canvas.em_px // 2


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("text", [min(LINES, key=len), max(LINES, key=len)])
def test_question_and_keys_leave_the_images_their_room(fonts, size, text):
    canvas = Canvas(size, fonts)
    height = 2 * ((size[1] - canvas.reserved_px([""])) // 2)
    centres = (size[0] // 4, 3 * size[0] // 4)
    answers = [Answer(KeyCap("left", ""), "", centres[0]), Answer(KeyCap("f", "F"), "", centres[1])]
    image = canvas.trial(text, answers, height)
    ink = inked(image)
    top, bottom = (size[1] - height) // 2, (size[1] + height) // 2
    assert ink[:top].any()
    assert ink[bottom:].any()
    assert not ink[top:bottom].any()
    assert is_clear_of_the_edges(image)


def test_the_fixation_cross_is_exactly_in_the_middle(fonts):
    canvas = Canvas((1280, 800), fonts)
    arguments = ("Which?", [Answer(KeyCap("left", ""), "", 488), Answer(KeyCap("right", ""), "", 792)], 202)
    with_cross, without = canvas.trial(*arguments, fixation=True), canvas.trial(*arguments)
    rows, columns = np.nonzero((np.asarray(with_cross) != np.asarray(without)).any(axis=2))
    assert (rows.min() + rows.max() + 1, columns.min() + columns.max() + 1) == (800, 1280)


def test_the_mark_surrounds_an_image_without_touching_it(fonts):
    mark = Canvas((1280, 800), fonts).mark((200, 100))
    ink = inked(mark)
    y, x = (mark.height - 100) // 2, (mark.width - 200) // 2
    assert ink[0].any()
    assert not ink[y - 1 : y + 101, x - 1 : x + 201].any()


SCALES = [
    ["easy", "hard"],
    ["not at all", "hardly", "somewhat", "clearly", "as clearly as can be"],
    ["unrecognisable", *(["something in between"] * 7), "unmistakable"],
]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("labels", SCALES, ids=len)
def test_answers_are_below_the_image_and_do_not_touch(fonts, size, labels):
    canvas = Canvas(size, fonts)
    height = 2 * ((size[1] - canvas.reserved_px(labels)) // 2)
    centres = canvas.spread_px(len(labels))
    answers = [
        Answer(KeyCap(str(n), str(n)), label, centre)
        for n, (label, centre) in enumerate(zip(labels, centres, strict=True), start=1)
    ]
    ink = inked(canvas.trial("How clear is it?", answers, height))
    bottom = (size[1] + height) // 2
    assert not ink[(size[1] - height) // 2 : bottom].any()
    between = [(left + right) // 2 for left, right in pairwise(centres)]
    assert not ink[bottom:, between].any()
    for centre in centres:
        assert ink[bottom:, centre - canvas.em_px : centre + canvas.em_px].any()
    edges = ink[-8:], ink[:, :4], ink[:, -4:]
    assert not any(edge.any() for edge in edges)
