"""Which stage a method of a study writes: one command writes a stage at a time, and reading needs no lock."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from tricky.stages.declared import Stage
from tricky.study_folder import StudyFolder

S = TypeVar("S", bound=StudyFolder)
P = ParamSpec("P")
R = TypeVar("R")


def writes(stage: Stage) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """Declare the stage that a method writes: while it runs, another one that writes the stage is refused.

    The lock belongs to the process: a command that was killed, however it ended, leaves none behind.

    Raises
    ------
    InputError
        When the method is called: another process writes the same stage of the study.
    """

    def declared(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(method)
        def alone(study: S, *args: P.args, **kwargs: P.kwargs) -> R:
            from tricky.core.locks import LOCKS, locked

            busy = (
                f"{study.root / stage.folder}: another command is writing there; wait until it is done, then "
                "give this command again"
            )
            with locked(study.root / LOCKS / f"{stage.folder.replace('/', '.')}.lock", busy):
                return method(study, *args, **kwargs)

        return alone

    return declared
