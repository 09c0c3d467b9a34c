"""Trials of the task ``naming``: one image, whose class is named.  Its sessions are imported, never run."""

from __future__ import annotations

from dataclasses import replace

from stimuli.tasks.single import SINGLE

NAMING = replace(SINGLE, title=lambda _: "images whose class is named")
