"""The BIDS data set that sessions write: tables, sidecars, participants, consents.

`SessionPath` names the files of a session, `read_session_table` and `read_sidecar` read them, and
`read_participants` reads ``participants.tsv``; `experiment.read_data` reads a whole data set. The modules of
this package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from experiment.data.bids import Dataset, Participants, SessionPath, read_participants
    from experiment.data.session_table import SessionTable, read_session_table
    from experiment.data.sidecar import Sidecar, read_sidecar

__all__ = [
    "Dataset",
    "Participants",
    "SessionPath",
    "SessionTable",
    "Sidecar",
    "read_participants",
    "read_session_table",
    "read_sidecar",
]

__getattr__, __dir__ = attach(__name__, __file__)
