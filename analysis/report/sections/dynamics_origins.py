"""Which files the comparison of models was made from."""

from __future__ import annotations

from analysis.report.section import DynamicsReport, Section


def compute(_: DynamicsReport) -> None:
    """Return nothing: the page needs no further numbers."""


SECTION = Section(name="dynamics_origins", compute=compute, results=lambda _: {})
