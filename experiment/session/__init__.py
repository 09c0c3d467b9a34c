"""Session logic, without a screen: prepare, check, run and record a session.

`experiment.session.run` reads like a description of a session: `prepare` reads everything that it shows,
`record` saves its data, and `engine` walks through the steps of `plan`. `sessions_of` and `next_session`
return which sessions a participant has had, and `schedule` their trials in order. The modules of this
package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from experiment.session.doctor import check_session
    from experiment.session.participant import Participant, next_session, sessions_of
    from experiment.session.plan import schedule
    from experiment.session.preflight import Check
    from experiment.session.prepare import SessionSetup
    from experiment.session.run import SessionSummary, run_session
    from experiment.session.simulate import simulate_sessions

__all__ = [
    "Check",
    "Participant",
    "SessionSetup",
    "SessionSummary",
    "check_session",
    "next_session",
    "run_session",
    "schedule",
    "sessions_of",
    "simulate_sessions",
]

__getattr__, __dir__ = attach(__name__, __file__)
