"""Load the modules that need PsychoPy, or say in one line why they can't be loaded.

Importing PsychoPy opens a connection to the screen. The command line calls this when a window is needed;
nothing else in `experiment` outside the ``psychopy_*`` modules imports them.
"""

from __future__ import annotations

from experiment.screen.content import SessionScreen
from experiment.screen.no_screen import screen_required
from tricky.core.errors import InputError


def load_psychopy() -> SessionScreen:
    """Import PsychoPy and return what opens its window and keyboard.

    Raises
    ------
    InputError
        PsychoPy can't be imported, or there is no screen.
    """
    try:
        with screen_required():
            from experiment.screen import psychopy_devices
    except ImportError as error:
        raise InputError(
            f"PsychoPy cannot be loaded ({error}); install it with: pip install 'tricky-images[experiment]'"
        ) from error
    return psychopy_devices
