"""Read images at their size on the screen, in a background thread, while the window shows something else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Generic, TypeVar

from PIL import Image

from experiment.screen.colours import BACKGROUND
from experiment.screen.layout import at_size
from tricky.core.errors import InputError

Name = TypeVar("Name")


class PictureQueue(Generic[Name]):
    """Pictures that a background thread makes, and that are taken in the order in which they were added.

    Only the thread of the window may use OpenGL. Reading, decoding and resizing are done here; the thread of
    the window takes each finished picture and uploads it.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._pending: deque[tuple[Name, Future[Image.Image]]] = deque()

    def add(self, name: Name, make: Callable[[], Image.Image]) -> None:
        """Add a picture that is not made yet."""
        self._pending.append((name, self._thread.submit(make)))

    def take(self) -> tuple[Name, Image.Image] | None:
        """Return the next picture with its name if it is finished; never wait.

        An exception that was raised while the picture was made is raised here.
        """
        if not self._pending or not self._pending[0][1].done():
            return None
        name, made = self._pending.popleft()
        return name, made.result()

    def __len__(self) -> int:
        """Return the number of pictures that were not taken yet."""
        return len(self._pending)

    def close(self) -> None:
        """Make no more pictures; wait for the one that is being made."""
        self._thread.shutdown(cancel_futures=True)
        self._pending.clear()


def read_picture(file: Path, size_px: tuple[int, int]) -> Image.Image:
    """Read an image at its size on the screen; transparent pixels show the background.

    Raises
    ------
    InputError
        It can't be decoded.
    """
    try:
        with Image.open(file) as image:
            opaque = Image.new("RGBA", image.size, (*BACKGROUND, 255))
            opaque.alpha_composite(image.convert("RGBA"))
            return at_size(opaque.convert("RGB"), size_px)
    except Exception as error:  # decoders of broken files raise whatever their parsers stumble over
        why = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{file}: can't be read as an image ({why}); build the stimulus set again"
        ) from error
