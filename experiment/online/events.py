"""The events that a browser reports: their form, and limits on every value in them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_EVENTS = 64
"""Events in one request."""
MAX_REQUEST_BYTES = 64 * 1024
"""Length of one request."""
MAX_EVENT_BYTES = 16 * 1024
"""Length of one event, as `canonical` writes it."""
LONGEST_S = 366 * 24 * 3600.0
"""No session takes longer than this, pauses included."""


class Refused(Exception):  # noqa: N818 - it is no error of the program: the sender gets it as an answer
    """An event is malformed, or not possible at this point of the session; the text says why."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("printable characters only")
    return text


Text = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Duration = Annotated[float, Field(ge=0, le=LONGEST_S)]
Length = Annotated[float, Field(gt=0, le=100_000)]
SizePx = tuple[Annotated[int, Field(ge=1, le=100_000)], Annotated[int, Field(ge=1, le=100_000)]]


class _Strict(BaseModel):
    """Nothing unknown, nothing converted, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Answered(_Strict):
    """The answer to one question; `value` and `time_s` are None together: the deadline passed."""

    value: Text | None
    time_s: Duration | None
    early_keys: Count = 0
    key_held: bool = False
    keys_together: Count = 0


class TimingReport(_Strict):
    """Frames while the images were shown: see `experiment.records.Timing`."""

    dropped_frames: Count
    late_flips: Count
    worst_frame_s: Duration | None
    ok: bool
    image_frames: Count | None = None
    image_duration_s: Duration | None = None


class FocusReport(_Strict):
    """What took the participant away during a trial: see `experiment.records.Focus`."""

    lost: Count
    lost_s: Duration
    left_full_screen: Count


class BrowserApparatus(_Strict):
    """What a browser says of itself and its screen; lengths in CSS pixels.

    Attributes
    ----------
    browser, browser_version, platform : str
    screen_px, window_px : tuple of int
        Width and height.
    pixel_ratio : float
        Pixels of the screen per CSS pixel.
    refresh_hz : float or None
        As measured; None if frames were too irregular.
    size_from : str
        How `pixels_per_cm` was measured: ``card``, ``chinrest`` or ``none``.
    pixels_per_cm, viewing_distance_cm, image_height_deg : float or None
        None: unknown.
    image_height_px : float
    image_scaling : str
        As in the lab: ``interpolated``, or ``integer, times 4``.
    touch, keyboard, full_screen : bool
    earlier_sessions : int
        Other sessions of this study that were begun in the same browser.
    clock_resolution_s : float or None
        Smallest step of the browser's clock.
    """

    browser: Text
    browser_version: Text
    platform: Text
    screen_px: SizePx
    window_px: SizePx
    pixel_ratio: Length
    refresh_hz: Length | None
    size_from: Literal["card", "chinrest", "none"]
    pixels_per_cm: Length | None
    viewing_distance_cm: Length | None
    image_height_px: Length
    image_height_deg: Length | None
    image_scaling: Text
    touch: bool
    keyboard: bool
    full_screen: bool
    earlier_sessions: Count
    clock_resolution_s: Duration | None = None


class _Event(_Strict):
    seq: Count


class ConsentEvent(_Event):
    """The answer to the question for consent."""

    type: Literal["consent"]
    answer: Literal["agreed", "not agreed"]


class FieldsEvent(_Event):
    """Answers to the questions about the participant; a field that is left out is left empty."""

    type: Literal["fields"]
    values: Annotated[dict[Text, Annotated[str, Field(max_length=1000)]], Field(max_length=100)]


class RunEvent(_Event):
    """The page was opened, or opened again, and the session begins or continues."""

    type: Literal["run"]
    apparatus: BrowserApparatus


class ResponseEvent(_Event):
    """A trial was answered.

    Attributes
    ----------
    trial : int
        Its index.
    round : int
        0, or the number of the repetition of the practice.
    answers : tuple of Answered
        One for each question of the task.
    onset_s : float
        Of the images, from the start of the session.
    timing, focus
    pauses : int
        How often the trial was paused, and its images shown again.
    """

    type: Literal["response"]
    trial: Count
    round: Count
    answers: Annotated[tuple[Answered, ...], Field(min_length=1, max_length=100)]
    onset_s: Duration
    timing: TimingReport
    focus: FocusReport
    pauses: Count = 0


class QuestionEvent(_Event):
    """A question after the last trial was answered."""

    type: Literal["question"]
    name: Text
    value: Text
    time_s: Duration


class StoppedEvent(_Event):
    """The participant stopped; the same link continues."""

    type: Literal["stopped"]


class ScreenedOutEvent(_Event):
    """The device does not meet ``[online.require]``."""

    type: Literal["screened_out"]
    reason: Literal["phone", "keyboard", "screen", "browser"]


class FinishedEvent(_Event):
    """All trials and questions are answered: data are complete, and the debriefing follows."""

    type: Literal["finished"]


Event = (
    ConsentEvent
    | FieldsEvent
    | RunEvent
    | ResponseEvent
    | QuestionEvent
    | StoppedEvent
    | ScreenedOutEvent
    | FinishedEvent
)

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def parse_event(text: str) -> Event:
    """Return the event that a JSON text says.

    Raises
    ------
    Refused
        It is not an event.
    """
    try:
        return _EVENT.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"][:6])
        raise Refused(f"{where or 'event'}: {first['msg']}"[:200]) from None


def canonical(event: Any) -> str:
    """Return parsed JSON as text that is the same for equal content.

    Raises
    ------
    Refused
        It is too long, or contains text that can't be encoded.
    """
    try:
        text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        n_bytes = len(text.encode())
    except (ValueError, RecursionError):
        raise Refused("event: not valid JSON in UTF-8") from None
    if n_bytes > MAX_EVENT_BYTES:
        raise Refused(f"event: longer than {MAX_EVENT_BYTES} bytes")
    return text


def parse_request(body: bytes) -> list[str]:
    """Return the events of a request, each as `canonical` writes it; what they say is not checked.

    Raises
    ------
    Refused
        The body is not what a client sends.
    """
    if len(body) > MAX_REQUEST_BYTES:
        raise Refused(f"request: longer than {MAX_REQUEST_BYTES} bytes")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):  # UnicodeDecodeError is one; so is a number of too many digits
        raise Refused("request: not valid JSON in UTF-8") from None
    if not isinstance(content, dict) or set(content) != {"events"} or not isinstance(content["events"], list):
        raise Refused('request: not of the form {"events": […]}')
    events = content["events"]
    if not 1 <= len(events) <= MAX_EVENTS:
        raise Refused(f"request: {len(events)} events; 1 to {MAX_EVENTS} are allowed")
    return [canonical(event) for event in events]


def seq_of(text: str) -> int | None:
    """Return the number of an event; None if it has none, so that parsing it says what is wrong."""
    event = json.loads(text)
    seq = event.get("seq") if isinstance(event, dict) else None
    return seq if type(seq) is int and seq >= 0 else None
