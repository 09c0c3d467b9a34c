"""Merge the data sets of several machines into one: `tricky merge`.

All data sets are read and checked first; nothing is written if they contradict each other. Each session
appears whole. The same call completes a merge that was interrupted; another call changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from experiment.data.bids import Dataset, read_participants
from experiment.data.consents import read_consents
from experiment.data.describe_dataset import describe_dataset
from experiment.data.find_sessions import find_sessions
from experiment.data.journal import locked
from experiment.data.merge_plan import plan_merge
from experiment.data.merge_records import Booth, Incoming, MergePlan
from experiment.data.read_data import RecordedData, read_data
from experiment.data.session_files import disk_errors_in_one_line, participants_locked, put_new
from experiment.data.sidecar import write_sidecar
from experiment.data.withdrawn import add_marks, read_marks
from experiment.settings import ParticipantField
from tricky.core.errors import InputError
from tricky.core.files import read_json_object, write_bytes, write_json


@dataclass(frozen=True)
class Merged:
    """What a merge did.

    Attributes
    ----------
    n_added, n_continued, n_same : int
        Sessions that are new, that were continued on another machine, and that were there already.
    n_participants : int
        All participants who are now in the data set.
    notes : tuple of str
        Lines for people, above all about what was left out.
    """

    n_added: int
    n_continued: int
    n_same: int
    n_participants: int
    notes: tuple[str, ...]


def merge_data(
    data_folder: Path,
    folders: Sequence[Path],
    dataset: Dataset,
    *,
    fields: Sequence[ParticipantField] = (),
    renames: Mapping[str, str] | None = None,
    people_only: bool = False,
    set_id: str | None = None,
) -> Merged:
    """Merge the data sets of other machines into one.

    Parameters
    ----------
    data_folder : Path
        The data set that the others are merged into; it may not exist yet.
    folders : sequence of Path
        Studies, or their ``data/`` folders, as other machines left them; nothing in them is changed.
    dataset : Dataset
        What the data set says about itself.
    fields : sequence of ParticipantField
        What the study asks about participants.
    renames : mapping of str to str, optional
        Participant id there → id here.
    people_only : bool
        Whether simulated observers are left out.
    set_id : str, optional
        Of the study's stimulus set, to report sessions with other sets.

    Raises
    ------
    InputError
        A data set is not sound, an id means two participants (free ids are named), a session is running, or
        the data set can't be written to.
    """
    sources = [_data_folder(each) for each in folders]
    resolved = [each.resolve() for each in [data_folder, *sources]]
    for number, each in enumerate(sources, start=1):
        if resolved[number] in resolved[:number]:
            raise InputError(f"{each}: named twice, or the study's own data; name each other data set once")
    with ExitStack() as stack:
        with disk_errors_in_one_line():
            stack.enter_context(participants_locked(data_folder))
        for each in sources:
            stack.enter_context(_nothing_runs(each))
        booths = [_read(each, read_data(each)) for each in sources]
        here = _read(data_folder, _read_here(data_folder, booths))
        plan = plan_merge(here, booths, renames or {}, people_only=people_only)
        for incoming in plan.sessions.values():
            busy = f"{incoming.file.table}: this session is running; merge when it is over"
            stack.enter_context(locked(data_folder, incoming.file.stem, busy))
        with disk_errors_in_one_line():
            _write(plan, data_folder, booths, dataset, fields)
    continued = sum(each.continued for each in plan.sessions.values())
    return Merged(
        len(plan.sessions) - continued,
        continued,
        plan.n_same,
        len(plan.participants.rows),
        (*plan.notes, *_other_sets(booths, set_id)),
    )


def _data_folder(folder: Path) -> Path:
    """Return the data set in a folder: itself, or the study's."""
    for each in (folder, folder / "data"):
        if (each / "participants.tsv").is_file():
            return each
    raise InputError(f"{folder}: no data set there (no participants.tsv); name a study's folder or its data/")


def _read(data_folder: Path, data: RecordedData) -> Booth:
    return Booth(data, read_consents(data_folder), frozenset(read_marks(data_folder)))


def _read_here(data_folder: Path, booths: Sequence[Booth]) -> RecordedData:
    """Read the target data set, without sessions that an interrupted merge has half written."""
    keys = {(each.file.session, each.file.task) for booth in booths for each in booth.data.sessions}
    found = find_sessions(data_folder)
    return read_data(data_folder, found.without_halves(lambda file: (file.session, file.task) in keys))


@contextmanager
def _nothing_runs(data_folder: Path) -> Iterator[None]:
    """Hold the locks of another machine's data set, if this one can write there.

    Raises
    ------
    InputError
        A session is running there.
    """
    folder = data_folder.resolve().parent / ".locks"
    with ExitStack() as stack:
        for path in sorted(folder.glob(f"{data_folder.resolve().name}.*.lock")):
            lock = FileLock(path)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise InputError(
                    f"{data_folder}: a session is running there; merge when it is over"
                ) from None
            except (OSError, NotImplementedError):  # a read-only copy: no session runs there
                continue
            stack.callback(lock.release)
        yield


def _write(
    plan: MergePlan,
    data_folder: Path,
    booths: Sequence[Booth],
    dataset: Dataset,
    fields: Sequence[ParticipantField],
) -> None:
    """Write the plan, in an order that keeps the data set valid."""
    add_marks(data_folder, plan.marks)
    describe_dataset(data_folder, dataset, fields)
    _describe_columns(data_folder, booths)
    if plan.participants != read_participants(data_folder):
        plan.participants.write()
    if plan.consents != read_consents(data_folder):
        plan.consents.write(plan.consents.rows)
    for incoming in plan.sessions.values():
        _put(incoming)


def _describe_columns(data_folder: Path, booths: Sequence[Booth]) -> None:
    """Copy descriptions of participant columns from the other data sets; existing ones are kept."""
    path, remedy = data_folder / "participants.json", "restore the file from a copy"
    before = read_json_object(path, remedy)
    content = dict(before)
    for booth in booths:
        there = booth.folder / "participants.json"
        for key, value in (read_json_object(there, remedy) if there.exists() else {}).items():
            content.setdefault(key, value)
    if content != before:
        write_json(path, content)


def _put(incoming: Incoming) -> None:
    table = incoming.file.table
    if incoming.continued or (table.exists() and incoming.file.sidecar.exists()):
        write_bytes(table, incoming.content)
        write_sidecar(incoming.file.sidecar, incoming.sidecar)
    else:
        put_new(table, incoming.content, incoming.sidecar)


def _other_sets(booths: Sequence[Booth], set_id: str | None) -> Iterator[str]:
    """Report sessions that were run with another stimulus set."""
    for booth in booths if set_id is not None else ():
        sessions = booth.data.sessions
        if others := sum(each.sidecar.stimulus_set.set_id != set_id for each in sessions):
            yield (
                f"{booth.folder}: {others} of {len(sessions)} sessions were run with another stimulus set "
                f"than the study's ({set_id})"
            )
