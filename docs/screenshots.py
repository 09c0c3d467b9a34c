"""Make the pictures of docs/in-the-lab.md: open a real window on real digits, show every screen, and save it.

Run from the repository's root, on a screen of 1280 × 800 pixels; on Linux without one:
``xvfb-run -s "-screen 0 1280x800x24" python docs/screenshots.py``.  With names behind it, only those.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from digit_sets import INFORMATION, Task, build
from PIL import Image, ImageGrab

from experiment.data.bids import Dataset, SessionPath
from experiment.pages import Page, PageName
from experiment.records import Ask, Option
from experiment.screen.canvas import Canvas
from experiment.screen.content import SessionContent
from experiment.screen.markdown_pages import read_document
from experiment.screen.psychopy_calibration import CardReader
from experiment.screen.psychopy_devices import open_devices
from experiment.screen.psychopy_display import PsychopyDisplay
from experiment.screen.psychopy_simulation import SyntheticKeyboard
from experiment.screen.psychopy_window import fonts_of, open_window
from experiment.screen.texts import read_texts
from experiment.session.consent import AGREE, DISAGREE
from experiment.session.prepare import SessionSetup, prepare_session, read_material
from experiment.settings import ExperimentSettings, MonitorSettings
from stimuli.records import Block

TASKS: tuple[Task, ...] = ("2afc", "single", "rating")
FOLDER = Path(__file__).parent / "images"
SIZE_PX = (1280, 800)
DATASET = Dataset("Pictures", ("Ada Lovelace", "Hermann Helmholtz"), "n/a", "CC0-1.0")
LAST = Ask(
    "strategy",
    "Did you follow a strategy?",
    (Option("no", "no", "1"), Option("sometimes", "sometimes", "2"), Option("yes", "yes", "3")),
)


def settings_for(language: str) -> ExperimentSettings:
    """Return what the pictures are made with."""
    return ExperimentSettings(
        language=language,
        keyboard="event",
        confidence_levels=4,
        monitor=MonitorSettings(size_px=SIZE_PX, full_screen=False, width_cm=34.0),
    )


def screens(screen: PsychopyDisplay, content: SessionContent) -> Iterator[str]:
    """Show one screen after the other; yield the name of each while it is shown."""
    trials, asked, settings, texts = content.trials, content.task, content.settings, content.texts
    main = next(trial for trial in trials if trial.block is Block.MAIN)
    task = asked.name
    is_first = task in TASKS[:1]  # screens that tasks share are shown once
    for name in PageName:
        no_examples = name is PageName.EXAMPLES and not asked.right_answers
        if no_examples or (name in SHARED and not is_first):
            continue
        reason = (
            "sub-07_task-harder_beh.tsv is not saved: No space left on device (all earlier trials are safe)"
        )
        screen.page(Page(name, 50, 150, reason))
        yield f"{task}-{name.replace('_', '-')}"
    screen.fixation(0.1)
    yield f"{task}-fixation"
    screen.images(main)
    yield f"{task}-trial"
    for ask in asked.asks[1:]:
        screen.further(main, ask)
        yield f"{task}-{ask.name}"
    if not asked.right_answers:
        return
    for name, correct in (("right", True), ("wrong", False)):
        screen.images(trials[0])
        screen.feedback(correct)
        yield f"{task}-{name}"
    if is_first:
        screen.ask_to_stop(float("inf"))
        screen.images(main)
        yield "stop"
        screen.ask_to_stop(float("-inf"))
        document = read_document(settings.information or Path(), "information.md")
        screen.read(document.pages(texts.lines["next"], screen.fits)[0])
        yield "information"
        labels = texts.tables["consent"]
        screen.question(
            Ask(
                "consent",
                texts.lines["consent_question"],
                (Option(AGREE, labels["agree"], "1"), Option(DISAGREE, labels["disagree"], "2")),
            )
        )
        yield "consent"
        screen.question(LAST)
        yield "question"


GERMAN = ("2afc-welcome", "2afc-practice", "2afc-trial", "single-trial", "consent")
"""Pictures of which the guide has a German one, too; the rest differs by its words only."""
SHARED = (
    *(PageName.PRACTICE_AGAIN, PageName.KEYBOARD),
    *(PageName.CLOSING, PageName.PAUSED, PageName.NOT_SAVED),
)


def save(name: str) -> None:
    """Keep what is on the screen."""
    picture = ImageGrab.grab((0, 0, *SIZE_PX)).convert("RGB")
    picture.quantize(64, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


def calibration() -> None:
    """Show the outline of a bank card as `tricky calibrate` does, and save it."""
    settings = settings_for("en")
    window = open_window(settings)
    reader = CardReader(window, Canvas(SIZE_PX, fonts_of(settings, Path())), settings, read_texts())
    reader.show_card(322)  # 8.56 of 34 cm
    save("calibrate")
    window.close()


def main(wanted: set[str]) -> None:
    """Make all pictures, or those that are named."""
    FOLDER.mkdir(exist_ok=True)
    if not wanted or "calibrate" in wanted:
        calibration()
    if wanted == {"calibrate"}:
        return
    with tempfile.TemporaryDirectory() as scratch:
        study = Path(scratch)
        (study / "information.md").write_text(INFORMATION, encoding="utf-8")
        for task in TASKS:
            made = build(study, task)
            for language in ("en", "de"):
                settings = settings_for(language).model_copy(update={"information": study / "information.md"})
                setup = SessionSetup(made.folder, study / "data", settings, DATASET, study)
                path = SessionPath(setup.data, "01", None, settings.task_name)
                session = prepare_session(setup, read_material(setup), path)
                with open_devices(session.content, keyboard=SyntheticKeyboard()) as devices:
                    devices.display.get_ready()
                    for name in screens(devices.display, session.content):
                        stem = f"screen-{language}-{name}"
                        if (language == "en" or name in GERMAN) and (not wanted or stem in wanted):
                            save(stem)


if __name__ == "__main__":
    main(set(sys.argv[1:]))
