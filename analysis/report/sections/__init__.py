"""The sections of reports, one module each.

From a number on the page to its formula: the template of a section names an entry of its record, and
`compute` names the function of `analysis.statistics` that the entry comes from. `analysis.report.tasks` lists
the sections of each task, and `analysis.report.build` those of ``tricky dynamics``.
"""

__all__: list[str] = []
