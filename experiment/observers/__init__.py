"""Observers, who answer in sessions: people, simulated observers, replayed sessions, networks.

Each implements the protocol `experiment.interfaces.Observer`. `person` is a person at a keyboard;
`from_settings` chooses the simulated observers that `[simulate]` describes.
"""
