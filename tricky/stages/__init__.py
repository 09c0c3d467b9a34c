"""The stages of a study: `declared` lists them, the other modules hold the methods of `Study`.

Methods import what they need when they are called: torch, PsychoPy and matplotlib load where they are
used, and a machine that lacks one of them can run the other stages.
"""

__all__: list[str] = []
