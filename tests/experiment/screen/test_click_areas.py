from __future__ import annotations

from types import SimpleNamespace

import pytest

from experiment.observers.person import KeyPress
from experiment.screen.click_areas import Target, key_at, places
from experiment.screen.mouse import MouseAndKeyboard
from experiment.settings import ExperimentSettings

WINDOW = (1280, 800)
PLACES = places(("left", "right"), (400, 880), (300, 200), WINDOW)


@pytest.mark.parametrize(
    ("point", "key"),
    [
        ((400, 400), "left"),
        ((250, 300), "left"),
        ((249, 300), None),
        ((549, 499), "left"),
        ((550, 499), None),
        ((549, 500), None),
        ((640, 400), None),
        ((880, 400), "right"),
    ],
)
def test_a_click_on_an_image_is_the_key_of_its_side_and_a_click_elsewhere_is_none(point, key):
    assert key_at(PLACES, *point) == key


class Keyboard:
    """Keys that were pressed, some of which are answers."""

    def presses(self) -> list[KeyPress]:
        return [KeyPress("left", 1.5), KeyPress("escape", 1.6), KeyPress("p", 0.5), KeyPress("1", 3.0)]

    def held(self) -> set[str]:
        return {"left", "escape"}


class Window:
    """Hands out clicks as pyglet does, in points of half the window's resolution."""

    size = (1280, 800)

    def __init__(self) -> None:
        self.winHandle = self
        self.mouseVisible = False

    def push_handlers(self, on_mouse_press) -> None:
        self.click = on_mouse_press

    def get_size(self) -> tuple[int, int]:
        return 640, 400

    def dispatch_events(self) -> None:
        pass


def test_clicks_answer_and_answer_keys_do_not():
    window, clock = Window(), SimpleNamespace(now_s=0.0)
    foot = Target("space", (0, 700, *WINDOW))
    mouse = MouseAndKeyboard(
        Keyboard(),
        window,
        lambda x, y: key_at([*PLACES, foot], x, y),
        ExperimentSettings(),
        lambda: clock.now_s,
    )
    for clock.now_s, x, y, button in [
        (1.0, 200, 200, 1),  # left image
        (2.0, 440, 200, 4),  # the right button
        (2.1, 320, 200, 1),  # between the images
        (3.0, 440, 200, 1),  # right image
        (3.2, 440, 10, 1),  # a second click turns no page
        (4.0, 440, 10, 1),
    ]:
        window.click(x, y, button, 0)
    heard = [(press.key, press.time_s) for press in mouse.presses()]
    assert heard == [("p", 0.5), ("left", 1.0), ("escape", 1.6), ("right", 3.0), ("space", 4.0)]
    assert mouse.held() == {"escape"}
    assert window.mouseVisible
