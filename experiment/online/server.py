"""The web server of a study's online sessions, as a process: `tricky online serve`."""

from __future__ import annotations

import signal
import socket
import sys

import uvicorn

from experiment.online.app import OnlineApp
from tricky.core.errors import InputError


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    InputError
        The address is in use, or not one of this machine.
    """
    try:
        return socket.create_server((host, port), family=_family(host), backlog=2048)
    except (OSError, OverflowError) as error:
        raise InputError(
            f"--host {host} --port {port}: can't listen there ({error}); end the other program, or give "
            "another port"
        ) from None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def serve(app: OnlineApp, listening: socket.socket) -> None:
    """Answer requests until the process gets SIGINT or SIGTERM; then finish those that have begun.

    Nothing is written about single requests, and no addresses of participants.
    """

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    # Rows are written in another thread: it gives way to requests sooner than by default (5 ms).
    sys.setswitchinterval(0.0005)
    before = signal.signal(signal.SIGTERM, stop)  # which uvicorn calls again when it has ended
    config = uvicorn.Config(
        app.app,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http="h11",
        ws="none",
        h11_max_incomplete_event_size=16 * 1024,
        limit_concurrency=2000,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
        listening.close()
