"""Count what a process does to files of a study, or stop it before one of these steps.

Python imports this module at its start where its folder is on the path.  ``TRICKY_FAULT`` says what to do:
``count FILE`` writes the number of steps to FILE at the end; ``SIGKILL 12`` sends that signal before step 12.
Only the process that was started does so, none that it starts itself.
"""

import atexit
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

    def watch(event: str, args: tuple) -> None:
        nonlocal steps
        if event == "open":
            path, mode, flags = args
            changes = (
                bool((flags or 0) & WRITING)
                if not isinstance(mode, str)
                else mode[:1] in "wax" or "+" in mode
            )
        else:
            path, changes = (args[0] if args else None), event in CHANGES
        if not changes or not is_inside(path):
            return
        with lock:
            steps += 1
            now = steps
        if kind != "count" and now == int(argument):
            os.kill(os.getpid(), getattr(signal, kind))

    def write() -> None:
        with open(argument, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(str(steps))

    if kind == "count":
        atexit.register(write)
    sys.addaudithook(watch)


if fault := os.environ.pop("TRICKY_FAULT", ""):
    install(*fault.split(" ", 1), os.path.realpath(os.environ["TRICKY_FAULT_STUDY"]))
