"""What tests of several packages need."""

from pathlib import Path

import pytest


@pytest.fixture
def blank_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave figures undrawn, which take most of the time of a report."""

    def save_blank(_figure: object, stem: Path) -> None:
        stem.parent.mkdir(parents=True, exist_ok=True)
        for suffix in (".svg", ".png"):
            stem.with_suffix(suffix).write_text("<svg/>")

    monkeypatch.setattr("analysis.report.figures.save", save_blank)
