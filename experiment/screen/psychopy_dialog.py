"""Ask the experimenter in PsychoPy's dialog: everything at once, and again with the reason of each error."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from ctypes.util import find_library

from psychopy.gui.qtgui import Dlg
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel

from experiment.interfaces import Question
from tricky.core.errors import InputError


def ask_in_dialog(title: str, questions: Sequence[Question]) -> dict[str, str]:
    """Show one dialog with all questions until every answer is valid.

    Raises
    ------
    InputError
        The dialog was cancelled, or can't be shown here.
    """
    _require_screen()
    typed = [question.default for question in questions]
    wrong: list[str] = []
    while True:
        dialog = Dlg(title=title)
        for line in wrong:
            dialog.addText(line, color="#b00020")
        for question, before in zip(questions, typed, strict=True):
            if question.choices:
                choices = ["", *question.choices]
                dialog.addField(question.name, label=question.text, choices=choices, initial=before)
            else:
                dialog.addField(question.name, before, label=question.text)
        for label in dialog.findChildren(QLabel):
            label.setTextFormat(Qt.TextFormat.PlainText)  # otherwise Qt reads `<b>` in it as a style
        shown = dialog.show()
        if not dialog.OK or shown is None:
            raise InputError("the dialog was cancelled; nothing was recorded")
        typed = [str(shown[question.name] or "") for question in questions]
        answers, wrong = {}, []
        for question, text in zip(questions, typed, strict=True):
            try:
                answers[question.name] = question.check(text if text.strip() else question.default)
            except InputError as error:
                wrong.append(str(error))
        if not wrong:
            return answers


def _require_screen() -> None:
    """Raise for a missing screen or library, because Qt would end the process instead."""
    if platform.system() != "Linux" or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise InputError(
            "there is no screen to show a dialog on: run the session on a PC that has one (on Linux, DISPLAY "
            "names it)"
        )
    if find_library("xcb-cursor") is None:
        raise InputError(
            "the dialog needs libxcb-cursor0 (apt-get install libxcb-cursor0); install it, or use "
            "the terminal with --no-dialog"
        )
