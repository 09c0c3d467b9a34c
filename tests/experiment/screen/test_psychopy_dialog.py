"""The real dialog, drawn off screen, with hands that fill it in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

DIALOG = """
import json, sys
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit
from psychopy.gui.qtgui import Dlg, ensureQtApp
from experiment.session.participant import Given, identify_participant
from experiment.screen.psychopy_dialog import ask_in_dialog
from experiment.settings import ExperimentSettings, ParticipantField
from tricky.core.errors import InputError
from pathlib import Path

fills = [
    {"lines": ["../07"]},                    # no id
    {"lines": ["07"]},
    {"lines": ["young"], "choices": ["left"]},   # no age
    {"lines": ["31"]},
]
seen, plain = [], []

def fill():
    shown = [each for each in QApplication.topLevelWidgets() if isinstance(each, Dlg) and each.isVisible()]
    dialog = shown[-1] if shown else None
    if dialog is None:
        return QTimer.singleShot(50, fill)
    seen.append([label.text() for label in dialog.findChildren(QLabel)])
    plain[:] = {label.textFormat().name for label in dialog.findChildren(QLabel)}
    step = fills.pop(0) if fills else None
    if step is None:
        return dialog.reject()
    for box, text in zip(dialog.findChildren(QLineEdit), step["lines"]):
        box.setText(text)
        box.textEdited.emit(text)
    for box, text in zip(reversed(dialog.findChildren(QComboBox)), step.get("choices", [])):
        box.setCurrentText(text)
    QTimer.singleShot(50, fill)
    dialog.accept()

ensureQtApp()
QTimer.singleShot(50, fill)
who = identify_participant(Path(sys.argv[1]), ExperimentSettings(), Given(), ask_in_dialog)
print(json.dumps([who.participant, who.fields, seen]))
typed = sys.argv[2]
fills.append({"lines": [typed]})
note = ParticipantField(name="note", question="Any <b>remark</b>?")
settings = ExperimentSettings(participant_fields=(note,))
found = identify_participant(Path(sys.argv[1]), settings, Given("08"), ask_in_dialog)
shown = [each for each in seen[-1] if "remark" in each]
print(json.dumps([found.fields["note"] == typed, shown, plain]))
try:
    ask_in_dialog("again", [])
except InputError as error:
    print(error)
"""


TYPED = '  "so, so" <b>x</b> שלום \N{SLIGHTLY SMILING FACE}  '


def test_the_dialog_asks_again_with_the_reason_until_every_answer_can_be(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", DIALOG, str(tmp_path), TYPED],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    who, note, cancelled = done.stdout.splitlines()[-3:]
    assert json.loads(note) == [True, ["Any <b>remark</b>? (may be left empty)"], ["PlainText"]]
    participant, fields, seen = json.loads(who)
    assert participant == "07"
    assert fields == {"age": "31", "sex": "n/a", "handedness": "left"}
    assert any("letters and digits only" in text for text in seen[1])
    assert "Age in years (may be left empty)" in seen[2]
    assert any("'young' is no whole number" in text for text in seen[3])
    assert "cancelled" in cancelled


def test_without_a_screen_the_dialog_is_refused_in_one_line():
    code = "from experiment.screen.psychopy_dialog import ask_in_dialog; ask_in_dialog('who', [])"
    bare = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=bare,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "InputError: there is no screen to show a dialog on" in done.stderr.splitlines()[-1]
