"""Count what a process does to files of a study, stop it before one of these steps, or let it fail.

Python imports this module at its start where its folder is on the path.  ``TRICKY_FAULT`` says what to do:
``count FILE`` writes the number of steps to FILE at the end; ``SIGKILL 12`` sends that signal before step 12;
from step 12 on, ``ENOSPC 12`` makes every attempt to write a file fail, as on a full disk.
Only the process that was started does so, none that it starts itself.
"""

import atexit
import errno
import os
import signal
import sys
import threading

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"}


def install(kind: str, argument: str, study: str) -> None:
    """Watch every change of a file in a study."""
    lock, steps = threading.Lock(), 0

    def is_inside(path: object) -> bool:
        try:
            text = os.fsdecode(path)  # type: ignore[arg-type]
        except TypeError:  # an open file's number
            return False
        full = os.path.abspath(text)  # noqa: PTH100 - without touching the disk
        return full.startswith(study + os.sep) and f"{os.sep}.locks" not in full

    def is_for_writing(mode: object, flags: int) -> bool:
        if isinstance(mode, str):
            return mode[:1] in "wax" or "+" in mode
        return bool((flags or 0) & WRITING)

    def watch(event: str, args: tuple) -> None:
        nonlocal steps
        opens = event == "open" and is_for_writing(args[1], args[2])
        if not (opens or event in CHANGES) or not is_inside(args[0]):
            return
        with lock:
            steps += 1
            now = steps
        if kind == "ENOSPC":
            if now >= int(argument) and (opens or event == "os.mkdir"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fsdecode(args[0]))
        elif kind != "count" and now == int(argument):
            os.kill(os.getpid(), getattr(signal, kind))

    def write() -> None:
        with open(argument, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(str(steps))

    if kind == "count":
        atexit.register(write)
    sys.addaudithook(watch)


if fault := os.environ.pop("TRICKY_FAULT", ""):
    KIND, ARGUMENT = fault.split(" ", 1)
    install(KIND, ARGUMENT, os.path.realpath(os.environ["TRICKY_FAULT_STUDY"]))
