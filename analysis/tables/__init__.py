"""Statistics of a table with one row a trial: a call for each question, for notebooks.

Each module answers one question. `tricky.stats` exports the functions; this package's modules are internal.
"""

__all__: list[str] = []
