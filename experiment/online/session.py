"""One online session in memory: its plan, how far it has come, and which events are known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from experiment.online.apply_events import Progress, Step
from experiment.online.client_plan import ClientPlan
from experiment.online.events import Refused, parse_event, seq_of
from experiment.online.settings import CompletionSettings
from tricky.core.errors import InputError


@dataclass(frozen=True)
class NewEvent:
    """An event that counts, once it is on disk: its number, its text, and what it means."""

    seq: int
    text: str
    step: Step


@dataclass(frozen=True)
class Taken:
    """What became of the events of a request.

    Attributes
    ----------
    new : tuple of NewEvent
        Those that are possible and not known yet, in order.
    refused : str or None
        Why the next one was refused; no event after it was looked at.
    gap : bool
        Whether an event is missing before the next one.
    conflict : bool
        Whether the next one has the number of a known event, but says something else.
    """

    new: tuple[NewEvent, ...] = ()
    refused: str | None = None
    gap: bool = False
    conflict: bool = False


@dataclass
class OnlineSession:
    """A session that participants can continue.

    Attributes
    ----------
    plan : ClientPlan
    progress : Progress
    started : float or None
        When the first run was received, in s since 1970.
    """

    plan: ClientPlan
    progress: Progress = field(init=False)
    started: float | None = None
    _digests: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.progress = Progress(self.plan.session)

    @property
    def participant(self) -> str:
        """The participant's id."""
        return self.plan.session.path.participant

    def replay(self, texts: Iterable[str]) -> Iterator[Step]:
        """Take the events that were stored before, and yield what they mean.

        Raises
        ------
        InputError
            An event is not possible with the study as it is now.
        """
        for text in texts:
            try:
                step = self.progress.apply(parse_event(text))
            except Refused as error:
                raise InputError(
                    f"{self.participant}: event {self.progress.next_seq} of this session does not go with "
                    f"the study as it is now ({error}); restore the settings and texts that it began with"
                ) from None
            self._digests.append(_digest(text))
            yield step

    def take(self, texts: Sequence[str]) -> Taken:
        """Take the events of a request, in order, up to the first that is refused.

        Parameters
        ----------
        texts : sequence of str
            Each as `events.canonical` writes it.
        """
        new: list[NewEvent] = []
        for text in texts:
            seq = seq_of(text)
            if seq is not None and seq < self.progress.next_seq:
                if self._digests[seq] != _digest(text):
                    return Taken(tuple(new), conflict=True)
                continue
            if seq is not None and seq > self.progress.next_seq:
                return Taken(tuple(new), gap=True)
            try:
                step = self.progress.apply(parse_event(text))
            except Refused as error:
                return Taken(tuple(new), refused=str(error))
            self._digests.append(_digest(text))
            new.append(NewEvent(self.progress.next_seq - 1, text, step))
        return Taken(tuple(new))

    def content(self, now: float) -> dict[str, Any]:
        """Return the plan as it is sent at a time (in s since 1970), with the state of the session."""
        state = self.progress.state()
        if self.started is not None and self.progress.n_done:
            # Never less than the table says, even if the clock of the server was set back.
            state["elapsed_s"] = max(state["elapsed_s"], now - self.started)
        state["closed"] = self.closed
        return self.plan.content(state)

    @property
    def closed(self) -> dict[str, str | None] | None:
        """How the session ended, with the code for the participant; None while it goes on."""
        ended = self.progress.ended
        if ended is None:
            return None
        code, address = code_of(ended, self.plan.online.completion)
        return {"kind": ended, "code": code, "url": address}


def code_of(ended: str, completion: CompletionSettings) -> tuple[str | None, str | None]:
    """Return the code for a way in which sessions end, and the address that it leads to."""
    code = getattr(completion, ended)
    if code is None or completion.address is None:
        return code, None
    return code, f"{completion.address}?cc={quote(code, safe='')}"


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
