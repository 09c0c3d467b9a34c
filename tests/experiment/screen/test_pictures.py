from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from PIL import Image

from experiment.screen.colours import BACKGROUND
from experiment.screen.pictures import PictureQueue, read_picture
from tricky.core.errors import InputError


@pytest.fixture
def queue():
    queue: PictureQueue[str] = PictureQueue()
    yield queue
    queue.close()


def take_next(queue):
    """Wait for the next picture as the window does: look again and again."""
    end = time.monotonic() + 10
    while (made := queue.take()) is None:
        assert time.monotonic() < end
        time.sleep(0.001)
    return made


def test_pictures_are_taken_in_the_order_in_which_they_were_added(queue):
    sizes = {"a": (3, 4), "b": (5, 6), "c": (7, 8)}
    for name, size in sizes.items():
        queue.add(name, lambda size=size: Image.new("RGB", size))
    assert [(name, picture.size) for name, picture in (take_next(queue) for _ in sizes)] == [*sizes.items()]
    assert (len(queue), queue.take()) == (0, None)


def test_a_picture_is_made_in_another_thread_and_taking_never_waits(queue):
    may_go_on, threads = threading.Event(), []

    def make():
        threads.append(threading.get_ident())
        may_go_on.wait(10)
        return Image.new("RGB", (2, 2))

    queue.add("slow", make)
    assert queue.take() is None
    assert len(queue) == 1
    may_go_on.set()
    assert take_next(queue)[0] == "slow"
    assert threads != [threading.get_ident()]


def test_an_error_in_the_thread_is_raised_where_the_picture_is_taken(queue, tmp_path):
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    queue.add("torn", lambda: read_picture(tmp_path / "torn.png", (2, 2)))
    with pytest.raises(InputError, match=r"torn\.png: can't be read as an image .*; build the stimulus set"):
        take_next(queue)


def test_a_closed_queue_makes_no_more_pictures():
    queue: PictureQueue[int] = PictureQueue()
    may_go_on, made = threading.Event(), []
    for number in range(20):
        queue.add(number, lambda number=number: made.append(number) or may_go_on.wait(10))  # type: ignore[arg-type,return-value]
    while not made:
        time.sleep(0.001)
    threading.Timer(0.05, may_go_on.set).start()
    queue.close()
    assert made == [0]
    assert len(queue) == 0


def test_transparent_pixels_show_the_background_at_the_size_on_the_screen(tmp_path):
    Image.new("RGBA", (4, 2), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    picture = np.asarray(read_picture(tmp_path / "clear.png", (8, 4)))
    assert picture.shape == (4, 8, 3)
    assert (picture == BACKGROUND).all()
