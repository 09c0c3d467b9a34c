"""What participants see: texts, pages, positions of images, and the PsychoPy window.

`Canvas` draws every page with Pillow, `read_texts` reads the texts of a language, and `Devices` is what a
`SessionScreen` opens for a session. Only the modules ``psychopy_*`` need PsychoPy and a screen, and
`experiment.load_psychopy` loads them; the modules of this package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from experiment.screen.canvas import Canvas
    from experiment.screen.content import Devices, SessionContent, SessionScreen
    from experiment.screen.fonts import Fonts
    from experiment.screen.texts import Texts, read_texts

__all__ = [
    "Canvas",
    "Devices",
    "Fonts",
    "SessionContent",
    "SessionScreen",
    "Texts",
    "read_texts",
]

__getattr__, __dir__ = attach(__name__, __file__)
