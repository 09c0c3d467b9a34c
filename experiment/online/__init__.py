"""Online sessions: the plan of a lab session, shown by a browser; the rows are written here.

The client in `experiment.browser` gets the plan of a *slot*, a numbered place in the study, and reports
events. `client_plan` makes that plan, `apply_events` checks events against it, `server` talks to browsers,
and `store` keeps what they sent. The modules of this package are internal.
"""

__all__: list[str] = []
