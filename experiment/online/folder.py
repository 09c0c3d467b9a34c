"""The folder ``online`` of a study: who may change it, and how a participant's part of it is removed."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from experiment.online.recruitment import Recruited
from experiment.online.store import FILE, Store, disk_errors_of_store
from tricky.core.locks import LOCKS, locked

FOLDER = "online"
"""Name of the folder in a study's folder."""


def only_server(folder: Path) -> ExitStack:
    """Return the lock that a server holds; whoever removes something from its store needs it, too.

    Parameters
    ----------
    folder : Path
        ``online`` in the study's folder, or ``online/preview``.

    Raises
    ------
    InputError
        Another process holds it.
    """
    stack = ExitStack()
    busy = (
        f"{folder}: the server of this study is running; stop it first (participants notice nothing: their "
        "pages wait and continue)"
    )
    root = folder.parent if folder.name == FOLDER else folder.parent.parent
    stack.enter_context(locked(root / LOCKS / f"{'.'.join(folder.relative_to(root).parts)}.lock", busy))
    return stack


def forget(folder: Path, participant: str) -> None:
    """Remove the events and the recruitment ids of someone who withdraws; do nothing if there are none.

    Raises
    ------
    InputError
        The server is running, or a file is damaged.
    """
    if not (folder / FILE).is_file():
        return
    with Store(folder, create=False) as store:
        if all(link.participant != participant for link in store.links()):
            return
        with only_server(folder), disk_errors_of_store(store.path):
            store.forget(participant)
            Recruited(folder).forget(participant)
