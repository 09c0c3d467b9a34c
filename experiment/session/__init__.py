"""Session logic, without a screen: prepare, check, run and record a session.

Start with `experiment.session.run`, which reads like a description of a session. `prepare` reads everything
that a session shows, `record` saves its data, and `engine` walks through the steps of `plan`.
"""
