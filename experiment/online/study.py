"""The online sessions of a study: links, ids, sessions and rows, without a network."""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from experiment.data.bids import SessionPath, check_new_participant, read_participants
from experiment.data.session_files import readable_by
from experiment.data.withdrawn import read_marks
from experiment.online.apply_events import RunStarted, Step
from experiment.online.client_plan import ClientPlan
from experiment.online.folder import FOLDER
from experiment.online.limits import lasting
from experiment.online.rows import SessionRows
from experiment.online.rows_writer import RowsWriter, no_more
from experiment.online.session import NewEvent, OnlineSession
from experiment.online.settings import OnlineSettings
from experiment.online.slots import Conditions, next_participant
from experiment.online.store import Link, Status, Store
from experiment.session.prepare import (
    Material,
    PreparedSession,
    SessionSetup,
    prepare_session,
    read_material_for_people,
)
from tricky.core.errors import InputError

COUNTED = (Status.OPEN, Status.COMPLETE)
"""Sessions that contribute to the balance of lists, and to the number of participants."""
CLOSED = (Status.TIMED_OUT, Status.WITHDRAWN)
"""Sessions that can't be continued."""


class Closed(Exception):  # noqa: N818 - likewise no error
    """The link is closed: the session was abandoned, or the participant withdrew."""


class Full(Exception):  # noqa: N818 - no error: the study has enough participants
    """The study has enough participants."""


@dataclass(frozen=True)
class Offer:
    """What a study offers online.

    Attributes
    ----------
    setup : SessionSetup
        The study's stimulus set, settings and data set.
    online : OnlineSettings
    study : str
        Name of the study.
    seed : int
        The study's seed.
    preview : bool
        Whether sessions are trial runs, which are kept apart from the data.
    """

    setup: SessionSetup
    online: OnlineSettings
    study: str
    seed: int
    preview: bool = False

    @property
    def folder(self) -> Path:
        """Where links and events are kept."""
        return self.setup.root / FOLDER / "preview" if self.preview else self.setup.root / FOLDER

    def placed(self) -> SessionSetup:
        """Return the setup of the sessions; trial runs have a data set of their own."""
        return replace(self.setup, data=self.folder / "data") if self.preview else self.setup


class OnlineStudy:
    """The online sessions of a study, while a server runs.

    Parameters
    ----------
    offer : Offer
    log : callable
        Takes a line for the experimenter.
    clock : callable
        Returns the time in s since 1970.

    Raises
    ------
    InputError
        Stimulus set, texts or store are damaged, or the store belongs to another stimulus set.
    """

    def __init__(
        self,
        offer: Offer,
        log: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.offer, self._log, self._clock = offer, lasting(log), clock
        self.setup = offer.placed()
        self.material: Material = read_material_for_people(self.setup)
        stimulus_set = self.material.stimulus_set
        self._conditions = Conditions(stimulus_set, self.setup.settings, offer.online.prefix)
        # Settings that do not go together are named before anyone joins.
        ClientPlan(self._prepare(self._conditions.name(1)), offer.online, offer.study).content({})
        with ExitStack() as stack:
            stack.enter_context(readable_by(self.setup.settings.privacy, self.setup.data))
            self.store = stack.enter_context(Store(offer.folder))
            begun_with = self.store.about("set_id")
            if begun_with not in (None, stimulus_set.set_id):
                raise InputError(
                    f"{self.store.path}: online sessions were begun with stimulus set {begun_with}, not "
                    f"{stimulus_set.set_id}; restore that set"
                )
            if begun_with is None:
                self.store.remember("set_id", stimulus_set.set_id)
            self._links = {link.token: link for link in self.store.links()}
            self._rows = RowsWriter(self._rows_of, self._log)
            self._stack = stack.pop_all()
        self._assigning, self._changing = threading.Lock(), threading.Lock()

    def close(self) -> None:
        """Finish writing, and close all files."""
        self._rows.close()
        self._stack.close()

    def __enter__(self) -> OnlineStudy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def links(self) -> list[Link]:
        """All links, in their order."""
        return list(self._links.values())

    def link(self, token: str) -> Link | None:
        """Return the link with a token, if it is known: see `look_for_new_links`."""
        return self._links.get(token)

    def look_for_new_links(self) -> None:
        """Read links that another process made: `tricky online invite` works while the server runs."""
        with self._changing:
            for link in self.store.links(after=max((each.number for each in self.links), default=0)):
                self._links.setdefault(link.token, link)

    def invite(self, number: int) -> list[Link]:
        """Make links, and return them when they are on disk."""
        tokens = [secrets.token_urlsafe(16) for _ in range(number)]  # 128 bits each
        self.store.add_links(tokens).result()
        self.look_for_new_links()
        return [self._links[token] for token in tokens]

    def status_key(self) -> str:
        """Return the secret part of the address of the status page, which stays the same."""
        key = self.store.about("status_key")
        if key is None:
            key = secrets.token_urlsafe(16)
            self.store.remember("status_key", key)
        return key

    def catch_up(self) -> int:
        """Write the rows of all sessions whose events are not all in the data set; return how many."""
        behind = [each for each in self._links.values() if each.participant and not each.rows_done]
        for link in behind:
            participant = link.participant or ""
            try:
                self._rows.write_all(participant)
            except (InputError, OSError) as error:
                self._log(str(error))
            else:
                over = link.status in (Status.SCREENED_OUT, Status.NO_CONSENT, Status.TIMED_OUT)
                self._rows.release(participant, partial(self._finish, link) if over else no_more)
        return len(behind)

    def session_of(self, link: Link) -> OnlineSession:
        """Return the session of a link, with all events that are stored; a new link gets its id here.

        Raises
        ------
        Closed, Full
            The link is closed, or the study has enough participants.
        InputError
            The stored events do not go with the study any more, or the disk is full.
        """
        if link.status in CLOSED:
            raise Closed
        if link.participant is None:
            self._assign(link)
        assert link.participant is not None
        session = OnlineSession(
            ClientPlan(
                self._prepare(link.participant), self.offer.online, self.offer.study, self.offer.preview
            )
        )
        events = self.store.events(link.participant)
        for event, step in zip(events, session.replay(each.text for each in events), strict=True):
            if isinstance(step, RunStarted) and session.started is None:
                session.started = event.received
        return session

    def _prepare(self, participant: str) -> PreparedSession:
        path = SessionPath(self.setup.data, participant, None, self.setup.settings.task_name)
        return prepare_session(self.setup, self.material, path)

    def _assign(self, link: Link) -> None:
        """Give a link its participant id, and return when that is on disk."""
        with self._assigning:
            if link.participant is not None:
                return
            self.close_abandoned()
            if self.is_full():
                raise Full
            participant = self._free_id(self._counted())
            assigned = replace(link, participant=participant, status=Status.OPEN, assigned=self._clock())
            self._save(assigned).result()
            link.participant, link.status, link.assigned = participant, Status.OPEN, assigned.assigned

    def content(self, session: OnlineSession) -> dict[str, Any]:
        """Return the plan of a session, with its state now."""
        return session.content(self._clock())

    def is_full(self) -> bool:
        """Return whether the study has enough participants."""
        limit = self.offer.online.max_participants
        return limit is not None and len(self._counted()) >= limit

    def _counted(self) -> list[str]:
        """Return the participants of sessions that are complete, or can still become so."""
        links = list(self._links.values())
        return [each.participant for each in links if each.participant and each.status in COUNTED]

    def _free_id(self, counted: Sequence[str]) -> str:
        data = self.setup.data
        used = {each.participant for each in self._links.values() if each.participant is not None}
        used |= set(read_participants(data).rows)
        used |= {mark.participant_id.removeprefix("sub-") for mark in read_marks(data)}
        while True:
            participant = next_participant(self._conditions, used, counted)
            try:
                check_new_participant(data, participant)
            except InputError:  # it resembles another id
                used.add(participant)
            else:
                return participant

    def release(self, participant: str) -> None:
        """Close the files of a session that nobody uses at the moment."""
        self._rows.release(participant)

    def settle(self) -> None:
        """Return when all rows are written that were put so far, or are known to be behind."""
        self._rows.settle()

    def close_abandoned(self) -> None:
        """Close the sessions that were not continued for too long; their lists go to others."""
        before = self._clock() - self.offer.online.timeout_h * 3600
        for link in list(self._links.values()):
            with self._changing:
                last = link.last_event or link.assigned or 0.0
                if link.status is not Status.OPEN or last >= before:
                    continue
                link.status = Status.TIMED_OUT
                saved = self._save(link)
            saved.result()
            self._rows.release(link.participant or "")

    def _save(self, link: Link) -> Future[None]:
        return self.store.change(self.store.update(link))

    def keep(self, link: Link, session: OnlineSession, new: Sequence[NewEvent]) -> Future[None]:
        """Store events and what they change about their link; the future is done when they are on disk.

        Call `kept` then. If the future fails, the session must be opened again.

        Raises
        ------
        Closed
            The link is closed.
        """
        participant = session.participant
        with self._changing:
            if link.status in CLOSED:
                raise Closed
            now = self._clock()
            changed = replace(link, last_event=now, status=_status(link, session))
            return self.store.change(
                *(self.store.add_event(participant, each.seq, each.text, now) for each in new),
                self.store.update(changed),
            )

    def kept(self, link: Link, session: OnlineSession, new: Sequence[NewEvent]) -> None:
        """Take note that events are on disk, and write their rows."""
        link.last_event, link.status = self._clock(), _status(link, session)
        if session.started is None and any(isinstance(each.step, RunStarted) for each in new):
            session.started = link.last_event
        self._rows.put(session.participant, [each.step for each in new])
        if session.progress.ended is not None:
            self._rows.release(session.participant, partial(self._finish, link))

    def _finish(self, link: Link) -> None:
        """Save that all rows of a session are written and no event can follow."""
        link.rows_done = True
        with suppress(sqlite3.Error):  # else the next start finds that nothing is missing
            self._save(link).result()

    def _rows_of(self, participant: str) -> tuple[SessionRows, Iterator[Step]]:
        """Return what writes the rows of a participant, and the steps of all stored events."""
        prepared = self._prepare(participant)
        plan = ClientPlan(prepared, self.offer.online, self.offer.study, self.offer.preview)
        events = self.store.events(participant)
        return SessionRows(prepared), OnlineSession(plan).replay(each.text for each in events)


def _status(link: Link, session: OnlineSession) -> Status:
    progress = session.progress
    if progress.complete:
        return Status.COMPLETE
    return link.status if progress.ended is None else Status(progress.ended)
