"""The report: numbers, figures and text on one page.

`write_report` writes the report of a study, `write_dynamics` that of a comparison of models, and
`write_plan` that of a power analysis. A report consists of sections (`analysis.report.sections`). The
modules of this package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from analysis.report.build import DynamicsSettings, Results, write_dynamics, write_report
    from analysis.report.power import write_plan

__all__ = ["DynamicsSettings", "Results", "write_dynamics", "write_plan", "write_report"]

__getattr__, __dir__ = attach(__name__, __file__)
