from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from online_plans import online_session, online_setup

from experiment.session.prepare import PreparedSession


@pytest.fixture
def prepare(tmp_path: Path) -> Callable[..., PreparedSession]:
    """Prepare the online session of a slot of a small set."""

    def call(task: str = "2afc", participant: str = "web0001", **settings) -> PreparedSession:
        return online_session(online_setup(tmp_path, task, **settings), participant)

    return call
