"""What a session gives to a screen, and what it gets back: the border between `session` and `screen`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from experiment.interfaces import Display, Observer
from experiment.records import ScheduledTrial, Task
from experiment.screen.texts import Texts
from experiment.screen.timing import Refresh
from experiment.settings import ExperimentSettings
from tricky.core.progress import Notify


@dataclass(frozen=True)
class SessionContent:
    """Everything that one participant sees in a session.

    Attributes
    ----------
    settings : ExperimentSettings
        Keys, sizes, screen.
    texts : Texts
        All texts, in the language of the session.
    task : Task
        What is asked in each trial.
    trials : tuple of ScheduledTrial
        The whole session, in order.
    image_files : mapping of str to Path
        By `item_id`.
    characters : frozenset of str
        Every character that is shown, so that a font can be checked.
    root : Path
        The study's folder, which paths of fonts and gamma files are relative to.
    """

    settings: ExperimentSettings
    texts: Texts
    task: Task
    trials: tuple[ScheduledTrial, ...]
    image_files: Mapping[str, Path]
    characters: frozenset[str]
    root: Path


@dataclass(frozen=True)
class ScreenMeasurements:
    """What was measured of a screen and its keyboard before the first trial.

    Attributes
    ----------
    n_images : int
        Images that the session shows; all of them fit the window.
    refresh : Refresh
        Of the screen.
    window_px, screen_px : tuple of int
        Width and height of the window, and of the whole screen.
    key_arrived : bool or None
        Whether the key press arrived that the experimenter was asked for; None if nobody was asked.
    """

    n_images: int
    refresh: Refresh
    window_px: tuple[int, int]
    screen_px: tuple[int, int]
    key_arrived: bool | None = None


@dataclass(frozen=True)
class Devices:
    """A display and an observer for a session.

    Attributes
    ----------
    display : Display
    observer : Observer
    apparatus : dict
        Description of screen, keyboard and system for the sidecar; empty where there is no screen.
    measured : ScreenMeasurements or None
        For the checks before a session; None where there is no screen.
    """

    display: Display
    observer: Observer
    apparatus: dict[str, Any] = field(default_factory=dict)
    measured: ScreenMeasurements | None = None


class SessionScreen(Protocol):
    """Opens the window of a person's session: `experiment.screen.psychopy_devices`, or a fake in tests."""

    def open_devices(
        self, content: SessionContent, first: int, notify: Notify
    ) -> AbstractContextManager[Devices]:
        """Open the window and the keyboard of a session and check them; close them at the end.

        Images are prepared while pages are shown; `Display.get_ready` waits for the rest.

        Parameters
        ----------
        content : SessionContent
            What is shown.
        first : int
            Index of the first trial that will be shown.
        notify : callable
            Takes a line for the experimenter about what the session waits for.
        """
        ...
