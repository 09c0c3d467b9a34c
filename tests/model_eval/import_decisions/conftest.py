"""Import files in a test as `tricky import decisions` does, into a study without images or with some."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_eval.decisions import Decisions, read_decisions
from model_eval.import_decisions.images import StudyImages
from model_eval.import_decisions.import_decisions import Target, import_decisions
from model_eval.settings import ImageSettings, ImportDecisionsSettings

Import = Callable[..., Decisions]


def imported(
    root: Path, *sources: str, study: StudyImages | None = None, replace: bool = False, **settings: Any
) -> Decisions:
    """Import files below `root` with these settings, and read what was written."""
    given = ImportDecisionsSettings.model_validate(settings)
    target = Target(root, root / "decisions", ImageSettings(source="none"), given, replace)
    import_decisions([root / source for source in sources], given, target, study)
    return read_decisions(root / "decisions")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], None]:
    """Write a text file below the study."""

    def write(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")

    return write


@pytest.fixture
def run(tmp_path: Path) -> Import:
    """Import files of the study."""
    return lambda *sources, **settings: imported(tmp_path, *sources, **settings)
