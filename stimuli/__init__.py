"""Which images do observers see, in which trials?

`build_set` builds a stimulus set from labels and images, `refresh_set` builds its successor under newer
labels, `check_set` checks a set and `show_set` draws its contact sheet. `read_stimulus_set` reads a set,
and `present` returns the order and sides in which one observer sees it. What a trial consists of is
declared in `stimuli.tasks`; the other modules of this package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from stimuli.build import build_set
    from stimuli.check import check_set
    from stimuli.contact_sheet import show_set
    from stimuli.order import Presentation, present
    from stimuli.records import Block, Item, StimulusSet, Trial
    from stimuli.records import read_any_set as read_stimulus_set
    from stimuli.refresh import refresh_set

__all__ = [
    "Block",
    "Item",
    "Presentation",
    "StimulusSet",
    "Trial",
    "build_set",
    "check_set",
    "present",
    "read_stimulus_set",
    "refresh_set",
    "show_set",
]

__getattr__, __dir__ = attach(__name__, __file__)
