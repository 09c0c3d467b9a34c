"""Trials of the task ``rating``: one image, as in `stimuli.tasks.single`, with the questions of the set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stimuli.tasks.single import SINGLE

if TYPE_CHECKING:
    from stimuli.settings import StimulusSettings


def _check_settings(settings: StimulusSettings) -> None:
    if not settings.questions:
        raise ValueError('`questions` together with `task = "rating"`, and only then')


RATING = replace(
    SINGLE,
    check_settings=_check_settings,
    title=lambda groups: f"rated images: {', '.join(groups)}",
)
