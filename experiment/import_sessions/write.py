"""Write imported sessions into the data set, in an order that keeps it valid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiment.data.atomic_folders import remove_folder
from experiment.data.bids import Dataset, register
from experiment.data.describe_dataset import describe_dataset
from experiment.data.session_files import put_new
from experiment.import_sessions.compare import Existing
from experiment.import_sessions.rows import SessionRows
from experiment.records import Kind
from tricky.core.files import read_json_object, write_json

ORIGINAL_ID = "original_id"


def write_sessions(
    data: Path, dataset: Dataset, new: Sequence[SessionRows], existing: Existing, *, keep_ids: bool
) -> None:
    """Write sessions, and remove those that they replace.

    The rows of participants are written before their folders, and removed after them.  If this is
    interrupted, the data set is valid, and the same import continues.

    Parameters
    ----------
    data : Path
        The data set.
    dataset : Dataset
        How it describes itself.
    new : sequence of SessionRows
    existing : Existing
        What is there.
    keep_ids : bool
        Whether the ids of the files are recorded, too.
    """
    describe_dataset(data, dataset)
    if keep_ids:
        _describe_original_ids(data / "participants.json")
    for participant in sorted(existing.replaced):
        remove_folder(data / f"sub-{participant}")
    gone = existing.replaced - {each.path.participant for each in new}
    ids = {each.path.participant: each.session.original_id for each in new}
    register(data, list(ids), Kind.PERSON, drop=gone)
    if keep_ids:
        for participant, original in ids.items():
            register(data, [participant], Kind.PERSON, values={ORIGINAL_ID: original})
    for each in new:
        put_new(each.path.table, each.text.encode(), each.sidecar)


def _describe_original_ids(path: Path) -> None:
    before = read_json_object(path, "repair it, or move it away")
    described = {"Description": "Identifier of the participant in the files that were imported."}
    if ORIGINAL_ID not in before:
        write_json(path, before | {ORIGINAL_ID: described})
