"""Which files the report was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis.report.section import Section
from analysis.report.task import StudyReport


@dataclass(frozen=True)
class Origins:
    """Where the files of each stage come from.

    Attributes
    ----------
    stages : list of dict
        `manifest`, its `sha256`, `seed`, `versions` and `settings`.
    """

    stages: list[dict[str, Any]]


def compute(report: StudyReport) -> Origins:
    """Collect the manifests of all stages."""
    return Origins(
        [
            {
                "manifest": name,
                "sha256": report.data.made_from[name],
                "seed": manifest.seed,
                "versions": manifest.versions,
                "settings": manifest.settings.model_dump(mode="json", exclude_unset=True),
            }
            for name, manifest in report.data.manifests.items()
        ]
    )


SECTION = Section(name="origins", compute=compute, results=lambda found: {"stages": found.stages})
