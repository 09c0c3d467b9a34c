"""Online sessions of each task; `python tests/support/online_plans.py 2afc` prints what a browser gets."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from small_sets import QUESTIONS, write_images_set, write_set

from experiment.data.bids import Dataset, SessionPath
from experiment.online.apply_events import Progress
from experiment.online.client_plan import ClientPlan
from experiment.online.settings import OnlineSettings
from experiment.records import Setting
from experiment.session.prepare import (
    PreparedSession,
    SessionSetup,
    prepare_session,
    read_material_for_people,
)
from experiment.settings import ExperimentSettings

TASKS = ("2afc", "single", "rating")
DATASET = Dataset("Online", ("Ada Lovelace", "Hermann Helmholtz"), "Vision Laboratory", "CC0-1.0")
INFORMATION = "# Information\n\nYou look at images.\n\n# Your data\n\n- Answers\n- Times\n"


def online_setup(folder: Path, task: str = "2afc", **settings: Any) -> SessionSetup:
    """Write a small set of a task, and return what its online sessions have in common."""
    stimuli = folder / "stimuli" / "main"
    if not stimuli.exists():
        if task == "2afc":
            write_set(stimuli, 3, 10, 1)
        else:
            write_images_set(stimuli, task, 2, 6, QUESTIONS if task == "rating" else ())
        (folder / "information.md").write_text(INFORMATION)
    made = ExperimentSettings(**settings)
    return SessionSetup(stimuli, folder / "data", made, DATASET, folder, Setting.ONLINE)


def online_session(setup: SessionSetup, participant: str = "web0001") -> PreparedSession:
    """Prepare the session of a slot."""
    path = SessionPath(setup.data, participant, None, setup.settings.task_name)
    return prepare_session(setup, read_material_for_people(setup), path)


def main(task: str, **settings: Any) -> None:
    """Print a plan."""
    with tempfile.TemporaryDirectory() as folder:
        session = online_session(online_setup(Path(folder), task, **settings))
        plan = ClientPlan(session, OnlineSettings(), "Harder for a network")
        print(json.dumps(plan.content(Progress(session).state()), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1], **json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}"))
