"""How the numbers of the comparison of models were computed."""

from __future__ import annotations

from analysis.report.section import DynamicsReport, Section


def compute(_: DynamicsReport) -> None:
    """Return nothing: the page needs no further numbers."""


SECTION = Section(name="dynamics_methods", compute=compute, results=lambda _: {})
