"""The BIDS data set that sessions write: tables, sidecars, participants, consents.

`journal` writes a session table row by row, and `sidecar` its description. `find_sessions` finds all session
files and `read_data` reads them; `merge` and `withdraw` change whole data sets.
"""
