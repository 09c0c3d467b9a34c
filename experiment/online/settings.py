"""``[online]`` in a study file: how online sessions are offered, and to whom."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from tricky.core.names import Line, first_duplicate
from tricky.core.settings import SettingsModel


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("an address that begins with https:// or http:// and names a host")
    return text.rstrip("/")


def _parameter(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", name):
        raise ValueError("the name of a parameter: a letter, then letters, digits, _ and -")
    return name


Address = Annotated[Line, AfterValidator(_address)]
Parameter = Annotated[Line, AfterValidator(_parameter)]


class CompletionSettings(SettingsModel):
    """``[online.completion]``: the codes that a recruitment service expects, and where they lead."""

    complete: Line | None = None
    """Code of a complete session."""
    screened_out: Line | None = None
    """Code if the participant's device does not meet ``[online.require]``."""
    no_consent: Line | None = None
    """Code if the participant does not agree to take part."""
    address: Address | None = None
    """Where the last page leads; the code follows as ``?cc=CODE``."""

    @model_validator(mode="after")
    def _address_has_a_code(self) -> CompletionSettings:
        if self.address is not None and self.complete is None:
            raise ValueError("`complete`, the code that the `address` gets")
        return self


class RequireSettings(SettingsModel):
    """``[online.require]``: what participants need; others are declined before they are asked for consent."""

    keyboard: bool = False
    """Whether a keyboard is needed; otherwise participants may also answer by mouse or touch."""
    phones: bool = False
    """Whether phones are allowed."""
    min_screen_px: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] | None = None
    """Smallest width and height of the screen, in CSS pixels."""
    browsers: tuple[Literal["chrome", "edge", "firefox", "opera", "safari"], ...] = ()
    """Allowed browsers; empty: all."""
    full_screen: bool = True
    """Whether the session fills the screen, where the device can do that."""
    size: Literal["card", "chinrest", "none"] = "card"
    """``card``: participants compare a rectangle with a bank card, so that images have their size in degrees
    at the viewing distance in ``[experiment.monitor]``; ``chinrest``: the distance is measured as well, by
    the blind spot; ``none``: the size is recorded as unknown."""


class OnlineSettings(SettingsModel):
    """``[online]``: online sessions."""

    address: Address = "http://127.0.0.1:8000"
    """Where participants reach the server: what links begin with."""
    prefix: Line = "web"
    """Participants are named by it and a number: ``web0001``."""
    max_participants: Annotated[int, Field(ge=1)] | None = None
    """Sessions that are complete or running, at most; left out: no limit."""
    timeout_h: Annotated[float, Field(gt=0)] = 24.0
    """A session without an answer for so long is closed, and its list of trials goes to someone else."""
    open_link: bool = False
    """Whether anyone who comes with recruitment parameters may take part."""
    recruitment_parameters: Annotated[tuple[Parameter, ...], Field(min_length=1)] = (
        "PROLIFIC_PID",
        "STUDY_ID",
        "SESSION_ID",
    )
    """Parameters of the open link; the first one identifies a participant."""
    offline_trials: Annotated[int, Field(ge=0)] = 20
    """Trials that a session continues without a connection to the server."""
    completion: CompletionSettings = CompletionSettings()
    require: RequireSettings = RequireSettings()

    @field_validator("prefix")
    @classmethod
    def _prefix_is_part_of_an_id(cls, prefix: str) -> str:
        if not re.fullmatch("[A-Za-z]{1,20}", prefix):
            raise ValueError("letters, at most 20, because it begins the ids of participants")
        return prefix

    @field_validator("recruitment_parameters")
    @classmethod
    def _parameters_differ(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if (name := first_duplicate(names)) is not None:
            raise ValueError(f"names that differ (capitals aside): {name!r} is there twice")
        return names
