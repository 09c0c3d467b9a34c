"""A server of online sessions in a process of its own, and ways to talk to it.

`python tests/support/online_server.py FOLDER TASK PORT` runs one for the study that `online_setup` writes.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from online_client import Answer, OnlineParticipant, rightmost

BUNDLE = Path(__file__).parents[2] / "experiment" / "browser" / "bundle"
LONGEST_S = 300.0
"""A participant gives up after so long: only a broken server takes that time."""


@dataclass
class Reply:
    """The answer to a request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The content."""
        return json.loads(self.body)


def ask(port: int, method: str, path: str, body: bytes | None = None, timeout_s: float = 20.0) -> Reply:
    """Send one request to the server on this machine.

    Raises
    ------
    OSError, HTTPException
        The server does not answer.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        reply = connection.getresponse()
        return Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
    finally:
        connection.close()


def post(port: int, token: str, events: list[dict[str, Any]]) -> Reply:
    """Send events."""
    return ask(port, "POST", f"/s/{token}/events", json.dumps({"events": events}).encode())


def free_port() -> int:
    """Return the number of a free port."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]


class Server:
    """A running server.

    Parameters
    ----------
    folder : Path
        Of the study.
    task : str
    **settings
        ``online``: of the section ``[online]``; ``preview``: for trial runs; all others of ``[experiment]``.
    """

    def __init__(self, folder: Path, task: str = "2afc", **settings: Any) -> None:
        self.folder, self._task, self._settings = folder, task, settings
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Start it, and return when it answers."""
        command = [sys.executable, __file__, self.folder, self._task, str(self.port)]
        self.process = subprocess.Popen(
            [*map(str, command), json.dumps(self._settings)],
            stdout=subprocess.PIPE,
            stderr=(self.folder / "stderr.txt").open("ab"),
            text=True,
        )
        assert self.process.stdout is not None
        lines = iter(self.process.stdout.readline, "")
        assert any(line.startswith("listening") for line in lines), (self.folder / "stderr.txt").read_text()

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it as an operating system does; return the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=30)

    def errors(self) -> str:
        """Return what it wrote to standard error."""
        return (self.folder / "stderr.txt").read_text()


@contextmanager
def running(folder: Path, task: str = "2afc", **settings: Any) -> Iterator[Server]:
    """Run a server for a while."""
    server = Server(folder, task, **settings)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def invite(folder: Path, number: int, task: str = "2afc", **settings: Any) -> list[str]:
    """Make links; return their tokens."""
    from experiment.online.study import OnlineStudy

    with OnlineStudy(_offer(folder, task, **settings)) as study:
        return [link.token for link in study.invite(number)]


def take_part(
    port: int, token: str, answer: Answer = rightmost, *, send_twice: bool = False, pause_s: float = 0.0
) -> list[str]:
    """Do a whole session, whatever happens to the server; return the kinds of events that were sent.

    Like the browser, it keeps an event until it is acknowledged, and asks for the plan again when the page is
    loaded.
    """
    sent, deadline = [], time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        with suppress(OSError, http.client.HTTPException):
            plan = ask(port, "GET", f"/s/{token}/plan").json
            if plan["state"]["ended"]:
                return sent
            for event in OnlineParticipant(plan, answer).events():
                _until_acknowledged(port, token, event, deadline, send_twice=send_twice)
                sent.append(event["type"])
                time.sleep(pause_s)
        time.sleep(0.02)
    raise TimeoutError(token)


def _until_acknowledged(
    port: int, token: str, event: dict[str, Any], deadline: float, *, send_twice: bool
) -> None:
    while time.monotonic() < deadline:
        try:
            reply = post(port, token, [event])
            if send_twice:
                reply = post(port, token, [event])
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)
            continue
        assert reply.status == 200, reply
        assert reply.json["acknowledged"] >= event["seq"]
        return
    raise TimeoutError(token)


def _offer(folder: Path, task: str, online: Any = None, preview: bool = False, **settings: Any) -> Any:
    from online_plans import online_setup

    from experiment.online.settings import OnlineSettings
    from experiment.online.study import Offer

    made = OnlineSettings.model_validate(online or {})
    return Offer(online_setup(folder, task, **settings), made, "Study", 1, preview)


def main(folder: str, task: str, port: str, settings: str) -> None:
    """Run the server until it is stopped."""
    from experiment.online.app import OnlineApp
    from experiment.online.server import bound_socket, serve
    from experiment.online.study import OnlineStudy

    def log(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with OnlineStudy(_offer(Path(folder), task, **json.loads(settings)), log) as study:
        listening = bound_socket("127.0.0.1", int(port))
        study.catch_up()
        print("listening", flush=True)
        serve(OnlineApp(study, BUNDLE, "status-key", log), listening)


if __name__ == "__main__":
    main(*sys.argv[1:])
