"""Sessions that are written in a format, and imported from it, are the same sessions."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.experiment.import_sessions.conftest import ImportStudy
from tricky.core.write_tables import csv_text

IMAGES = {f"img/{name}.png": n_correct for name, n_correct in zip("abcdef", (0, 1, 2, 3, 4, 5), strict=True)}
CLASS_OF = {name: ("cat", "dog", "owl")[place % 3] for place, name in enumerate(IMAGES)}
ANSWERS = {
    "2afc": ("left", "right"),
    "single": ("trivial", "in-between", "impossible"),
    "rating": ("hardly", "somewhat", "very"),
    "naming": ("cat", "dog", "owl"),
}


@dataclass(frozen=True)
class Told:
    """A trial, as a file tells it."""

    observer: str
    session: int
    trial: int
    images: tuple[str, ...]
    answer: str | None
    time_us: int | None

    @property
    def expected(self) -> tuple[Any, ...]:
        """What the session table must say of it."""
        time = "n/a" if self.time_us is None else f"{self.time_us / 1e6:.6f}"
        return self.observer, str(self.session), self.images, self.answer or "n/a", time


@st.composite
def told(draw: st.DrawFn, task: str) -> list[Told]:
    """Draw the trials of one to three observers, in one or two sessions each."""
    n_images = 2 if task == "2afc" else 1
    trials = []
    for observer in draw(
        st.lists(st.sampled_from(["s1", "S2", "07", "anna3"]), min_size=1, max_size=3, unique=True)
    ):
        for session in range(1, draw(st.integers(1, 2)) + 1):
            order = draw(st.permutations(list(IMAGES)))
            groups = [tuple(order[i : i + n_images]) for i in range(0, len(order), n_images)]
            for trial, images in enumerate(groups[: draw(st.integers(1, len(groups)))], start=1):
                answer = draw(st.none() | st.sampled_from(ANSWERS[task]))
                # No two sessions of different people have all times in common: that would be a copy.
                time = draw(st.integers(1, 5_000_000)) * 10 + len(trials) % 10
                trials.append(Told(observer, session, trial, images, answer, time if answer else None))
    return trials


def _csv(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text(csv_text(list(rows[0]), [list(row.values()) for row in rows]), encoding="utf-8")
    return path


def _cells(trial: Told) -> dict[str, Any]:
    left, right = (*trial.images, "")[:2]
    time = "" if trial.time_us is None else f"{trial.time_us / 1e6:.6f}"
    return {
        "who": trial.observer,
        "ses": trial.session,
        "n": trial.trial,
        "left": left,
        "right": right,
        "said": trial.answer or "",
        "rt": time,
        "truth": CLASS_OF[left],
    }


def _columns(task: str) -> dict[str, str]:
    shown = {"left_image": "left", "right_image": "right"} if task == "2afc" else {"image": "left"}
    columns = {"observer": "who", "session": "ses", "trial": "n", "response_time": "rt"} | shown
    columns |= {} if task == "rating" else {"response": "said"}
    return columns | ({"class_name": "truth"} if task == "naming" else {})


def as_csv(folder: Path, trials: Sequence[Told], task: str) -> tuple[Path, dict[str, Any]]:
    path = _csv(folder / "trials.csv", [_cells(trial) for trial in trials])
    return path, {"columns": _columns(task), "response_time_unit": "s"}


def as_tsv(folder: Path, trials: Sequence[Told], task: str) -> tuple[Path, dict[str, Any]]:
    frame = pd.DataFrame([_cells(trial) for trial in trials])
    frame.sample(frac=1, random_state=1).to_csv(folder / "trials.tsv", sep="\t", index=False)
    return folder / "trials.tsv", {"columns": _columns(task), "response_time_unit": "s"}


def as_workbook(suffix: str, engine: Any) -> Callable[..., tuple[Path, dict[str, Any]]]:
    def write(folder: Path, trials: Sequence[Told], task: str) -> tuple[Path, dict[str, Any]]:
        frame = pd.DataFrame([_cells(trial) for trial in trials])
        frame["rt"] = pd.to_numeric(frame["rt"])
        frame.to_excel(folder / f"trials{suffix}", index=False, engine=engine)
        return folder / f"trials{suffix}", {"columns": _columns(task), "response_time_unit": "s"}

    return write


def as_jspsych(folder: Path, trials: Sequence[Told], task: str) -> tuple[Path, dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for trial in trials:
        html = "".join(f'<img src="{name}">' for name in trial.images)
        rows.append({"trial_type": "instructions", "trial_index": len(rows), "time_elapsed": 1, "rt": 900})
        rows.append(
            {
                "trial_type": "html-keyboard-response",
                "trial_index": len(rows),
                "time_elapsed": 2,
                "who": trial.observer,
                "ses": trial.session,
                "stimulus": html if trial.trial % 2 or trial.images[1:] else trial.images[0],
                "response": trial.answer,
                "rt": None if trial.time_us is None else trial.time_us / 1000,
                "truth": CLASS_OF[trial.images[0]],
            }
        )
    path = folder / "trials.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    columns = {"observer": "who", "session": "ses"}
    return path, {"columns": columns | ({"class_name": "truth"} if task == "naming" else {})}


def as_psychopy(folder: Path, trials: Sequence[Told], task: str) -> tuple[Path, dict[str, Any]]:
    rows = [
        {
            "left": left,
            "right": right,
            "trials.thisN": trial.trial,
            "key_resp.keys": trial.answer or "None",
            "key_resp.rt": "" if trial.time_us is None else f"{trial.time_us / 1e6:.6f}",
            "participant": trial.observer,
            "session": f"{trial.session:03d}",
            "expName": "x",
            "truth": CLASS_OF[left],
        }
        for trial in trials
        for left, right in [(*trial.images, "")[:2]]
    ]
    shown = {"left_image": "left", "right_image": "right"} if task == "2afc" else {"image": "left"}
    return _csv(folder / "trials.csv", rows), {
        "columns": shown | ({"class_name": "truth"} if task == "naming" else {})
    }


FORMATS = {
    "csv": as_csv,
    "tsv": as_tsv,
    "xlsx": as_workbook(".xlsx", "openpyxl"),
    "ods": as_workbook(".ods", "odf"),
    "jspsych": as_jspsych,
    "psychopy": as_psychopy,
}
RESPONSE = {"jspsych": "response", "psychopy": "key_resp.keys"}


def settings_of(task: str, name: str) -> dict[str, Any]:
    if task == "rating":
        column = RESPONSE.get(name, "said")
        answers = list(ANSWERS[task])
        return {"questions": [{"name": "clear", "text": "Clear?", "answers": answers, "column": column}]}
    return {"single": {"groups": ANSWERS[task]}, "naming": {"classes": ANSWERS[task]}}.get(task, {})


def right(trial: Told, task: str) -> str:
    """Return `correct`, worked out from the answer and what is known of the images."""
    if trial.answer is None:
        return "n/a"
    if task == "2afc":
        left, other = (IMAGES[name] for name in trial.images)
        return str((trial.answer == "left") == (left < other)).lower()
    kinds = ("impossible", "impossible", "in-between", "in-between", "trivial", "trivial")
    name = trial.images[0]
    truth = CLASS_OF[name] if task == "naming" else kinds[IMAGES[name]]
    return str(trial.answer == truth).lower()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("task", ANSWERS)
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_an_import_gives_the_sessions_that_the_file_tells(task, name, data):
    trials = data.draw(told(task))
    if name in ("xlsx", "ods"):  # where 07 would be the number 7, unless it is written as text: it is
        assert all(isinstance(trial.observer, str) for trial in trials)
    with tempfile.TemporaryDirectory() as folder:
        place = ImportStudy(Path(folder) / "study")
        place.label(IMAGES)
        path, asked = FORMATS[name](Path(folder), trials, task)
        place.run(path, **({"task": task} | asked | settings_of(task, name)))
        rows, made = place.rows(), items_of(place)
        answer = "clear" if task == "rating" else "response"
        shown = ["left_item", "right_item"] if task == "2afc" else ["item"]
        found = [
            (
                row["participant"],
                row["session"],
                tuple(made[row[each]] for each in shown),
                row[answer],
                row["response_time"],
            )
            for row in rows.to_dict("records")
        ]
        ordered = sorted(trials, key=lambda trial: (trial.observer, trial.session, trial.trial))
        assert found == [trial.expected for trial in ordered]
        if task != "rating":
            assert rows["correct"].tolist() == [right(trial, task) for trial in ordered]
        # And again: nothing is added, nothing has changed.
        assert place.run(path, **({"task": task} | asked | settings_of(task, name))).n_new == 0
        assert place.rows().equals(rows)


def items_of(place: ImportStudy) -> dict[str, str]:
    from stimuli.records import read_any_set

    made = read_any_set(place.root / "stimuli" / "imported")
    return {item.item_id: item.image_id for item in made.items.values()}
