from __future__ import annotations

from collections.abc import Iterator

import pytest

from tricky.core import tasks
from tricky.core.tasks import TaskEntry, register


@pytest.fixture(scope="module")
def odd_one_out() -> Iterator[str]:
    """A fourth task, known while these tests run."""
    entries = dict(tasks._ENTRIES)
    entry = TaskEntry(
        "odd-one-out",
        stimuli="tests.fourth_task.trials:ODD_ONE_OUT",
        experiment="tests.fourth_task.session:ODD_ONE_OUT",
        analysis="tests.fourth_task.report:ODD_ONE_OUT",
        places=("odd", "second", "third"),
    )
    register(entry)
    yield entry.name
    tasks._ENTRIES.clear()
    tasks._ENTRIES.update(entries)
