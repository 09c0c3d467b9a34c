"""A whole session of each task and language: a real window, real key presses, real files."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

INFORMATION = "# Über diese Studie\n\nSie dauert nicht lang. – Zażółć gęślą jaźń.\n\n- Sie dürfen aufhören.\n"
STUDY = """
[experiment]
stimuli = "main"
language = "{language}"
keyboard = "event"
participant_fields = []
inter_trial_interval_s = 0.05
confidence_levels = 3
{more}
[experiment.presentation]
{presentation}
[experiment.monitor]
size_px = [1280, 800]
width_cm = 34.0
"""
KEYS = {
    "2afc": ("space", "1", "3", "Left"),
    "single": ("space", "1", "3", "Right"),
    "rating": ("space", "1", "3"),  # a 2 would decline to take part
}


QUESTIONS = {
    "2afc": [],
    "single": [],
    "rating": [
        {"name": "clear", "text": "Wie klar?", "answers": ["gar nicht", "etwas", "sehr"]},
        {"name": "odd", "text": "Ungerade?", "answers": ["nein", "ja"]},
    ],
}


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _action(key: str) -> list[str]:
    """Return xdotool's words for a key press, or for a click at ``x,y``."""
    if "," not in key:
        return ["key", key]
    return ["mousemove", *key.split(","), "click", "1"]


def sit(screen: str, study: Path, keys: tuple[str, ...], patience_s: float = 90.0) -> str:
    """Run a session and press keys by turns until it ends; return what it says."""
    env = {"PATH": os.environ["PATH"], "HOME": str(study), "DISPLAY": screen}
    command = [
        sys.executable,
        "-m",
        "tricky",
        "-C",
        str(study),
        "run",
        "--participant",
        "07",
        "--no-dialog",
        "--force",
    ]
    end = time.monotonic() + patience_s
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            assert time.monotonic() < end
            found = subprocess.run(
                ["xdotool", "search", "--onlyvisible", "--name", "PsychoPy"],
                env=env,
                capture_output=True,
                text=True,
                check=False,
            ).stdout.split()
            if not found:
                time.sleep(0.1)
                continue
            press = [
                "windowfocus",
                found[-1],
                *(part for key in keys for part in (*_action(key), "sleep", "0.03")),
            ]
            subprocess.run(["xdotool", *press], env=env, capture_output=True, check=False)
        return process.communicate()[0]


@pytest.mark.parametrize(
    ("task", "language", "presentation"),
    [
        ("2afc", "de", "image_frames = 3\nmask_ms = 50"),
        ("single", "en", ""),
        ("rating", "de", ""),
    ],
)
def test_a_session_of_each_task_from_consent_to_debriefing(
    screen, tmp_path, build_digits, bids_issues, task, language, presentation
):
    made = build_digits(tmp_path, task=task, trials=2, practice_trials=1, questions=QUESTIONS[task])
    (tmp_path / "information.md").write_text(INFORMATION, encoding="utf-8")
    more = (
        'information = "information.md"\ndebriefing = "information.md"\n'
        'questions = [{ name = "strategy", text = "Strategie?", answers = ["nein", "ja"] }]'
    )
    (tmp_path / "study.toml").write_text(
        STUDY.format(language=language, more=more, presentation=presentation), encoding="utf-8"
    )
    said = sit(screen, tmp_path, KEYS[task])
    table = next((tmp_path / "data").rglob("*_beh.tsv"))
    rows = rows_of(table)
    assert said.endswith(f"Session complete: {len(made.trials)} trials in {table}\n")
    described = json.loads(table.with_suffix(".json").read_text(encoding="utf-8"))
    first = {"2afc": "response", "single": "response", "rating": "clear"}[task]
    given = set(described["AnswerKeys"][first].values())
    assert {row[first] for row in rows} <= given
    assert {row["confidence"] for row in rows} <= {"1", "2", "3"}
    assert all(float(row["confidence_time"]) > 0 for row in rows)
    assert described["Consent"]["answer"] == "agreed"
    assert described["Questionnaire"]["strategy"]["answer"] in ("nein", "ja")
    if presentation:
        shown = [row for row in rows if row["image_frames"] != "n/a"]
        assert all(0 < float(row["image_duration"]) < 1 for row in shown)
    assert bids_issues(tmp_path / "data") == []


def test_only_the_answer_is_saved_of_a_participant_who_does_not_agree(screen, tmp_path, build_digits):
    build_digits(tmp_path, task="single", trials=2, practice_trials=1)
    (tmp_path / "information.md").write_text(INFORMATION, encoding="utf-8")
    more = 'information = "information.md"'
    (tmp_path / "study.toml").write_text(STUDY.format(language="de", more=more, presentation=""))
    said = sit(screen, tmp_path, ("space", "2"))
    assert "The participant did not agree to take part" in said
    assert not (tmp_path / "data").exists()
    assert rows_of(tmp_path / "consent.tsv")[0]["answer"] == "not agreed"


def test_a_click_on_an_image_answers_and_answer_keys_do_not(screen, tmp_path, build_digits):
    made = build_digits(tmp_path, task="2afc", trials=2, practice_trials=1)
    (tmp_path / "study.toml").write_text(
        STUDY.format(language="en", more='answer_with = "mouse"', presentation="").replace(
            "confidence_levels = 3\n", ""
        ),
        encoding="utf-8",
    )
    # The keyboard check needs a key; "Left" would answer if answer keys were heard; the first click is
    # between the images and only turns pages, the second one on the right image.
    said = sit(screen, tmp_path, ("space", "Left", "640,400", "850,400"))
    table = next((tmp_path / "data").rglob("*_beh.tsv"))
    assert said.endswith(f"Session complete: {len(made.trials)} trials in {table}\n")
    assert [row["response"] for row in rows_of(table)] == ["right"] * len(made.trials)
    described = json.loads(table.with_suffix(".json").read_text(encoding="utf-8"))
    assert described["Settings"]["experiment"]["answer_with"] == "mouse"
    assert "click on the image" in json.dumps(described)
