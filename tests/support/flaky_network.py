"""A network between a browser and a server that cuts requests in three ways, and sends some twice."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Fault = Literal["before", "during", "after", "twice"]
"""Cut before the request arrives, in its middle, after it was answered; or it arrives twice."""
PASSED_ON = ("content-type", "content-security-policy", "cache-control", "cross-origin-opener-policy")


class FlakyNetwork:
    """Passes requests on to a server.

    Parameters
    ----------
    port : int
        Of the server; may be changed.

    Attributes
    ----------
    faults : list of str or None
        What happens to the next requests that carry events; None: nothing.
    done : list of str
        The faults that happened.
    """

    def __init__(self, port: int) -> None:
        self.server_port = port
        self.faults: list[Fault | None] = []
        self.done: list[Fault] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._http.server_port
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self._http.shutdown()
        self._http.server_close()

    def pass_on(self, method: str, path: str, body: bytes, length: int) -> http.client.HTTPResponse:
        """Send a request to the server, or the beginning of one; return its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=5)
        connection.putrequest(method, path)
        if method == "POST":
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(length))
        connection.endheaders()
        connection.send(body)
        if len(body) < length:
            connection.close()
            raise ConnectionError
        return connection.getresponse()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        network = self  # the handler's self is another

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
                """Write nothing."""

            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fault = network.faults.pop(0) if network.faults else None
                if fault is not None:
                    network.done.append(fault)
                self._answer(body, fault)

            def _answer(self, body: bytes, fault: Fault | None = None) -> None:
                self.close_connection = True
                if fault == "before":
                    return
                sent = body[: len(body) // 2] if fault == "during" else body
                with suppress(OSError, http.client.HTTPException):
                    if fault == "twice":
                        network.pass_on(self.command, self.path, sent, len(body)).read()
                    answer = network.pass_on(self.command, self.path, sent, len(body))
                    content = answer.read()
                    if fault == "after":
                        return
                    self.send_response(answer.status)
                    for name, value in answer.getheaders():
                        if name.lower() in PASSED_ON:
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.send_header("Connection", "close")
                    self.end_headers()
                    self.wfile.write(content)

        return Handler


@contextmanager
def flaky_network(port: int) -> Iterator[FlakyNetwork]:
    """Run a network for a while."""
    network = FlakyNetwork(port)
    try:
        yield network
    finally:
        network.close()
