"""Finished studies, made once; no test changes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz.studies import TASKS, finish, without_drawing
from fuzz.workspace import workspace


@pytest.fixture(autouse=True)
def nothing_drawn() -> Iterator[None]:
    with without_drawing():
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Finished studies by task."""
    folder = tmp_path_factory.mktemp("finished")
    with without_drawing():
        return {task: finish(folder / task, task, conditions=task == "2afc") for task in TASKS}


@pytest.fixture(scope="session")
def lab(finished: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study with examples of all that readers read; a test puts back what it damages."""
    return workspace(finished["2afc"], tmp_path_factory.mktemp("lab") / "study")
