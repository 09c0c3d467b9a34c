"""The routes of a study's online sessions: what browsers ask for, and what they get."""

from __future__ import annotations

import asyncio
import hmac
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from experiment.online.client_plan import mask_png, online_texts
from experiment.online.events import MAX_REQUEST_BYTES, Refused, parse_request
from experiment.online.limits import Allowance, lasting
from experiment.online.pages import HEADERS, notice, shell, status_page
from experiment.online.recruitment import Recruited
from experiment.online.session import OnlineSession, Taken
from experiment.online.status import status_of
from experiment.online.store import Link
from experiment.online.study import CLOSED, Closed, Full, OnlineStudy
from tricky.core.errors import InputError
from tricky.core.files import read_bytes

BODY_WITHIN_S = 30.0
"""A request is read for so long, at most."""
IDLE_S = 900.0
"""A session that nobody uses is removed from memory after this time."""
TIDY_EVERY_S = 60.0
TOKEN = re.compile("[A-Za-z0-9_-]{22}")
"""128 bits, as `secrets.token_urlsafe` writes them."""
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}


class Answer(Exception):  # noqa: N818 - an answer to the sender, raised where it is clear
    """An answer other than success."""

    def __init__(self, status: int, content: dict[str, Any]) -> None:
        super().__init__(status)
        self.status, self.content = status, content


@dataclass
class _Entry:
    """A session in memory; requests of one session are answered one after the other."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    session: OnlineSession | None = None
    used: float = 0.0


class OnlineApp:
    """The routes of the server.

    Parameters
    ----------
    study : OnlineStudy
    bundle : Path
        Folder of the client: ``client.js``, ``client.css`` and what they load.
    status_key : str
        The secret part of the address of the status page.
    log : callable
        Takes a line for the experimenter.

    Raises
    ------
    InputError
        The client is missing.
    """

    def __init__(
        self, study: OnlineStudy, bundle: Path, status_key: str, log: Callable[[str], None] = lambda _: None
    ) -> None:
        self._study, self._status_key, self._log = study, status_key, lasting(log)
        self._texts = online_texts(study.material.texts)
        language = study.setup.settings.language
        self._language = language if len(language) == 2 else ""
        self._static = _read_bundle(bundle)
        online = study.offer.online
        self._recruited = Recruited(study.offer.folder, online.recruitment_parameters)
        self._entries: dict[str, _Entry] = {}
        self._joining = asyncio.Lock()
        self._of_link, self._of_strangers = Allowance(50, 1000), Allowance(50, 500)
        self.app = Starlette(
            routes=[
                Route("/s/{token}", self._shell),
                Route("/s/{token}/plan", self._plan),
                Route("/s/{token}/images/{number:int}", self._image),
                Route("/s/{token}/mask", self._mask),
                Route("/s/{token}/events", self._events, methods=["POST"]),
                Route("/static/{name}", self._static_file),
                Route("/join", self._join),
                Route("/status/{key}", self._status),
            ],
            exception_handlers={Answer: _answer, HTTPException: _http_error, 500: _failure},
            lifespan=self._lifespan,
        )
        self.app.router.redirect_slashes = False
        self.app.add_middleware(_Headers)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        tidying = asyncio.create_task(self._tidy())
        try:
            yield
        finally:
            tidying.cancel()
            with suppress(asyncio.CancelledError):
                await tidying

    async def _tidy(self) -> None:
        """Close abandoned sessions, and forget those that nobody uses."""
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            with suppress(sqlite3.Error):  # a full disk; tried again
                await to_thread.run_sync(self._study.close_abandoned)
            now = time.monotonic()
            for token, entry in list(self._entries.items()):
                if not entry.lock.locked() and now - entry.used >= IDLE_S:
                    del self._entries[token]
                    if entry.session is not None:
                        self._study.release(entry.session.participant)

    def _link(self, request: Request) -> Link:
        """Return the link of a request, or answer that there is none."""
        token = request.path_params["token"]
        link = self._study.link(token)
        if link is None:
            if not self._of_strangers.take(""):
                raise Answer(429, {"error": "too many requests"})
            if TOKEN.fullmatch(token):
                self._study.look_for_new_links()
                link = self._study.link(token)
        if link is None:
            raise self._closed(404, "unknown")
        if not self._of_link.take(link.token):
            raise Answer(429, {"error": "too many requests"})
        if link.status in CLOSED:
            raise self._closed(410, "closed")
        return link

    def _closed(self, status: int, error: str) -> Answer:
        kind = "full" if error == "full" else "closed"
        texts = {"title": self._texts[f"{kind}_title"], "body": self._texts[f"{kind}_body"]}
        return Answer(status, {"error": error, "language": self._language, **texts})

    async def _session(self, link: Link, entry: _Entry) -> OnlineSession:
        """Return the session of a link; call this with the entry's lock."""
        entry.used = time.monotonic()
        if entry.session is None:
            try:
                entry.session = await to_thread.run_sync(self._study.session_of, link)
            except Full:
                raise self._closed(410, "full") from None
            except Closed:
                raise self._closed(410, "closed") from None
            except (InputError, OSError, sqlite3.Error) as error:
                self._log(str(error))
                raise Answer(503, {"error": "not available"}) from None
        return entry.session

    def _entry(self, link: Link) -> _Entry:
        return self._entries.setdefault(link.token, _Entry())

    async def _shell(self, request: Request) -> Response:
        try:
            self._link(request)
        except Answer as answer:
            if "title" not in answer.content:
                raise
            texts = answer.content
            page = notice(self._study.offer.study, self._language, texts["title"], texts["body"])
            return HTMLResponse(page, answer.status)
        return HTMLResponse(shell(self._study.offer.study, self._language, self._texts))

    async def _plan(self, request: Request) -> Response:
        link = self._link(request)
        entry = self._entry(link)
        async with entry.lock:
            session = await self._session(link, entry)
            return JSONResponse(self._study.content(session))

    async def _image(self, request: Request) -> Response:
        link = self._link(request)
        entry = self._entry(link)
        async with entry.lock:
            session = await self._session(link, entry)
        path = session.plan.image_file(request.path_params["number"])
        if path is None:
            raise Answer(404, {"error": "no such image"})
        return FileResponse(path, headers={"Cache-Control": "private, max-age=86400"})

    async def _mask(self, request: Request) -> Response:
        link = self._link(request)
        entry = self._entry(link)
        async with entry.lock:
            session = await self._session(link, entry)
        content = await to_thread.run_sync(mask_png, session.participant, self._study.offer.seed)
        return Response(content, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})

    async def _events(self, request: Request) -> Response:
        link = self._link(request)
        body = await _read_body(request)
        try:
            texts = parse_request(body)
        except Refused as error:
            raise Answer(400, {"error": str(error)}) from None
        entry = self._entry(link)
        async with entry.lock:
            session = await self._session(link, entry)
            taken = session.take(texts)
            if taken.new:
                try:
                    await asyncio.wrap_future(self._study.keep(link, session, taken.new))
                except (Closed, sqlite3.Error) as error:
                    entry.session = None  # it is opened again, with what is on disk
                    if isinstance(error, Closed):
                        raise self._closed(410, "closed") from None
                    self._log(f"{link.participant}: events are not stored ({error}); the browser keeps them")
                    raise Answer(503, {"error": "not stored"}) from None
                self._study.kept(link, session, taken.new)
            return _acknowledge(session, taken)

    async def _static_file(self, request: Request) -> Response:
        found = self._static.get(request.path_params["name"])
        if found is None:
            raise Answer(404, {"error": "no such file"})
        content, media_type = found
        return Response(content, media_type=media_type, headers={"Cache-Control": "no-cache"})

    async def _join(self, request: Request) -> Response:
        """Give someone who comes with recruitment parameters a link: the same one each time."""
        if not self._of_strangers.take(""):
            raise Answer(429, {"error": "too many requests"})
        given = self._recruited.allowed(dict(request.query_params))
        study = self._study
        if given is None or not study.offer.online.open_link:
            return self._notice("closed", 404)
        async with self._joining:
            try:
                token = await to_thread.run_sync(self._link_for, given)
            except Full:
                return self._notice("full", 410)
            except (InputError, OSError, sqlite3.Error) as error:
                self._log(str(error))
                raise Answer(503, {"error": "not available"}) from None
        return RedirectResponse(f"s/{token}", 303)

    def _link_for(self, given: dict[str, str]) -> str:
        study, known = self._study, self._recruited.participant(given)
        for link in study.links:
            if known is not None and link.participant == known:
                return link.token
        if study.is_full():
            raise Full
        (link,) = study.invite(1)
        study.session_of(link)
        self._recruited.add(given, link.participant or "")
        return link.token

    def _notice(self, kind: str, status: int) -> Response:
        texts = self._texts
        page = notice(self._study.offer.study, self._language, texts[f"{kind}_title"], texts[f"{kind}_body"])
        return HTMLResponse(page, status)

    async def _status(self, request: Request) -> Response:
        if not self._of_strangers.take("status"):
            raise Answer(429, {"error": "too many requests"})
        if not hmac.compare_digest(request.path_params["key"].encode(), self._status_key.encode()):
            return self._notice("closed", 404)
        study = self._study
        status = await to_thread.run_sync(
            status_of, study.links, study.store.events, study.material.stimulus_set
        )
        return HTMLResponse(status_page(study.offer.study, status.rows))


def _acknowledge(session: OnlineSession, taken: Taken) -> Response:
    """Return what the client learns about its events."""
    n_known = session.progress.next_seq
    if taken.gap or taken.conflict:
        return JSONResponse({"expected": n_known, "conflict": taken.conflict}, 409)
    if taken.refused is not None:
        return JSONResponse({"error": taken.refused, "acknowledged": n_known - 1}, 400)
    return JSONResponse({"acknowledged": n_known - 1, "closed": session.closed})


async def _read_body(request: Request) -> bytes:
    """Return the body of a request, or answer that it is too long or takes too long."""
    body = b""
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_REQUEST_BYTES:
                    raise Answer(413, {"error": f"longer than {MAX_REQUEST_BYTES} bytes"})
    except (TimeoutError, ClientDisconnect):
        raise Answer(408, {"error": "the request was not finished"}) from None
    return body


def _read_bundle(bundle: Path) -> dict[str, tuple[bytes, str]]:
    """Return the files of the client, by name: nothing else of the disk can be asked for."""
    files = sorted(path for path in bundle.glob("*") if path.suffix in MEDIA_TYPES and path.is_file())
    found = {path.name: (read_bytes(path), MEDIA_TYPES[path.suffix]) for path in files}
    if missing := sorted({"client.js", "client.css"} - found.keys()):
        raise InputError(f"{bundle / missing[0]}: missing; install tricky again")
    return found


async def _answer(_request: Request, answer: Exception) -> Response:
    assert isinstance(answer, Answer)
    return JSONResponse(answer.content, answer.status)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code)


async def _failure(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "internal error"}, 500)


class _Headers:
    """Adds `HEADERS` to every answer that does not set them itself."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.lower().encode(), value.encode())
                        for name, value in HEADERS.items()
                        if name.lower().encode() not in there
                    ),
                ]
            await send(message)

        await self._app(scope, receive, send_with_headers)
