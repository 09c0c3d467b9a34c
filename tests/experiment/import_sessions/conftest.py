from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_up import write_difficulty

from experiment.data.read_data import read_data
from experiment.import_sessions.import_sessions import ImportedSessions
from tricky.study import Study, create_study, open_study

N_MODELS = 5


class ImportStudy:
    """A study that files of trials are imported into."""

    def __init__(self, root: Path) -> None:
        self.root = root
        create_study(root)

    @property
    def data(self) -> Path:
        return self.root / "data"

    def label(self, n_correct: Mapping[str, int], class_name: str = "x") -> None:
        """Label images by the number of models that are right about them."""
        rows = pd.DataFrame({"image_id": list(n_correct), "n_correct": list(n_correct.values())})
        kinds = {0: "impossible", 1: "impossible", N_MODELS - 1: "trivial", N_MODELS: "trivial"}
        difficulty = rows["n_correct"].map(kinds).fillna("in-between")
        write_difficulty(
            self.root / "difficulty",
            rows.assign(difficulty=difficulty, n_models=N_MODELS, class_name=class_name),
        )

    def study(self, **settings: Any) -> Study:
        return open_study(self.root).with_settings(where="test", **{"import": {"sessions": settings}})

    def run(
        self, *sources: Path, name: str = "imported", replace: bool = False, **settings: Any
    ) -> ImportedSessions:
        """Import files with these settings."""
        return self.study(**settings).import_sessions(list(sources), name, replace=replace)

    def write(self, name: str, *lines: str) -> Path:
        """Write a file of trials next to the study."""
        path = self.root.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def rows(self) -> pd.DataFrame:
        """Return all rows of the data set, with `participant` and `session`."""
        parts = []
        for each in read_data(self.data).sessions:
            cells = each.cells()
            frame = pd.DataFrame(cells.rows, columns=list(cells.columns))
            parts.append(frame.assign(participant=each.file.participant, session=each.file.session))
        return pd.concat(parts, ignore_index=True)


@pytest.fixture
def place(tmp_path: Path) -> ImportStudy:
    return ImportStudy(tmp_path / "study")


@pytest.fixture
def bytes_of() -> Callable[[Path], dict[str, bytes]]:
    """Return every file below a folder, to see that nothing was written."""

    def read(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and ".locks" not in path.parts
        }

    return read
