"""Sessions: one observer, one session, no lost trial.

`run_session` runs the session of a person, `simulate_sessions` those of simulated observers, and
`check_session` checks what a session relies on; `merge_data`, `withdraw` and `export_psych_ds` act on the
data set that they write. What a session shows and asks is declared in `experiment.tasks`; the modules of
this package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from experiment.data.bids import Dataset
    from experiment.data.merge import merge_data
    from experiment.data.psych_ds import export_psych_ds
    from experiment.data.read_data import RecordedData, read_data
    from experiment.data.withdraw import withdraw
    from experiment.screen.load_psychopy import load_psychopy
    from experiment.session.doctor import check_session
    from experiment.session.participant import Participant
    from experiment.session.prepare import SessionSetup
    from experiment.session.run import SessionSummary, run_session
    from experiment.session.simulate import simulate_sessions
    from experiment.settings import ExperimentSettings, SimulateSettings

__all__ = [
    "Dataset",
    "ExperimentSettings",
    "Participant",
    "RecordedData",
    "SessionSetup",
    "SessionSummary",
    "SimulateSettings",
    "check_session",
    "export_psych_ds",
    "load_psychopy",
    "merge_data",
    "read_data",
    "run_session",
    "simulate_sessions",
    "withdraw",
]

__getattr__, __dir__ = attach(__name__, __file__)
