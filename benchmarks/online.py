"""Many online sessions at once: how long answers take, how much memory a session needs, and what is lost.

A server in a process of its own gets the events of 300 sessions at once, on this machine (127.0.0.1); each
participant answers every one to three seconds. Events are acknowledged when they are on disk, so the time of
an answer includes a flush. Prints as its last line one JSON object:

`answer_p50_ms`, `answer_p99_ms`: from sending an event until it is acknowledged; `events_lost`: answers that
were acknowledged and are not in the data set at the end; `session_kib`: memory of the server for each open
session; `events_per_second`: how many arrived.

    python -P benchmarks/online.py [NUMBER OF SESSIONS]
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
# Python puts a script's folder first, where this file would stand for the package of the same name.
sys.path[:] = [each for each in sys.path if Path(each).resolve() != Path(__file__).resolve().parent]
sys.path.append(str(ROOT / "tests" / "support"))

from online_client import OnlineParticipant  # noqa: E402
from online_server import invite, running  # noqa: E402
from small_sets import write_set  # noqa: E402

from experiment.data.read_data import read_data  # noqa: E402

N_PRACTICE, N_MAIN = 3, 27
PAUSE_S = (1.0, 3.0)
"""Between two answers of a participant."""


class Connection:
    """One connection to the server, which stays open as a browser's does."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def ask(self, method: str, path: str, body: bytes = b"") -> Any:
        """Send a request; return the content of the answer.

        Raises
        ------
        RuntimeError
            The answer isn't success.
        """
        if not hasattr(self, "_reader"):
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        status, *headers = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        lengths = [each.split(":")[1] for each in headers if each.lower().startswith("content-length")]
        content = json.loads(await self._reader.readexactly(int(lengths[0])))
        if " 200 " not in status:
            raise RuntimeError(f"{method} {path}: {status} {content}")
        return content

    def close(self) -> None:
        """End the connection."""
        self._writer.close()


async def take_part(port: int, token: str, times_ms: list[float], rng: random.Random) -> int:
    """Do a whole session; return the number of acknowledged events."""
    connection = Connection(port)
    plan = await connection.ask("GET", f"/s/{token}/plan")
    n_events = 0
    await asyncio.sleep(rng.uniform(0, PAUSE_S[1]))
    for event in OnlineParticipant(plan).events():
        await asyncio.sleep(rng.uniform(*PAUSE_S))
        body = json.dumps({"events": [event]}).encode()
        sent = time.perf_counter()
        reply = await connection.ask("POST", f"/s/{token}/events", body)
        times_ms.append((time.perf_counter() - sent) * 1000)
        assert reply["acknowledged"] == event["seq"]
        n_events += 1
    connection.close()
    return n_events


def memory_kib(process: int) -> int:
    """Return the memory of a process."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


async def load(port: int, server: int, tokens: list[str]) -> dict[str, float]:
    """Run all sessions at once."""
    before_kib, times_ms, began = memory_kib(server), [], time.perf_counter()
    sessions = [
        asyncio.create_task(take_part(port, token, times_ms, random.Random(number)))
        for number, token in enumerate(tokens)
    ]
    await asyncio.sleep(20)  # by now all are open
    session_kib = (memory_kib(server) - before_kib) / len(tokens)
    n_events = sum(await asyncio.gather(*sessions))
    return {
        "answer_p50_ms": float(np.quantile(times_ms, 0.5)),
        "answer_p99_ms": float(np.quantile(times_ms, 0.99)),
        "session_kib": session_kib,
        "events_per_second": n_events / (time.perf_counter() - began),
    }


def main(n_sessions: int) -> None:
    """Measure, and print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_set(root / "stimuli" / "main", N_PRACTICE, N_MAIN)
        (root / "information.md").write_text("# Information\n\nYou look at images.\n", encoding="utf-8")
        tokens = invite(root, n_sessions)
        with running(root) as server:
            figures = asyncio.run(load(server.port, server.process.pid, tokens))
        recorded = read_data(root / "data").sessions
        complete = sum(session.n_rows for session in recorded if session.sidecar.table_sha256)
    lost = n_sessions * (N_PRACTICE + N_MAIN) - complete
    print(json.dumps({"events_lost": lost} | figures))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
