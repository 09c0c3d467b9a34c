"""Sessions: one observer, one session, no lost trial.

`experiment.session.run` runs a person's session and `experiment.session.simulate` those of simulated
observers, both through `experiment.session.engine`. `experiment.tasks` declares what is shown and asked,
`experiment.data` reads and writes the BIDS data set, and `experiment.screen` draws.
"""
