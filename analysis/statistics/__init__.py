"""Statistics of observers and models: pure functions of arrays, each with an interval and its source.

`tricky.stats` exports those that are public, under the same names. The report of a study calls the same
functions. The modules of this package are internal.
"""

__all__: list[str] = []
