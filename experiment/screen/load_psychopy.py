"""Load the modules that need PsychoPy, or say in one line why they can't be loaded.

Importing PsychoPy opens a connection to the screen. The command line calls this when a window is needed;
nothing else in `experiment` outside the ``psychopy_*`` modules imports them.
"""

from __future__ import annotations

from experiment.screen.content import SessionScreen
from tricky.core.errors import InputError


def load_psychopy() -> SessionScreen:
    """Import PsychoPy and return what opens its window and keyboard.

    Raises
    ------
    InputError
        PsychoPy can't be imported, or there is no screen.
    """
    try:
        from experiment.screen import psychopy_devices
    except ImportError as error:
        raise InputError(
            f"PsychoPy cannot be loaded ({error}); install it with: pip install 'tricky-images[experiment]'"
        ) from error
    except Exception as error:
        if type(error).__name__ != "NoSuchDisplayException":  # pyglet has the class on Linux only
            raise
        raise InputError(
            "there is no screen to draw on: run the session on a PC that has one (on Linux, DISPLAY names it)"
        ) from error
    return psychopy_devices
