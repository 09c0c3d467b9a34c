"""Check everything that a session relies on, without recording one: `tricky doctor`."""

from __future__ import annotations

from experiment.data.bids import SessionPath
from experiment.screen.content import SessionScreen
from experiment.session.preflight import Check, check_screen, check_without_screen
from experiment.session.prepare import SessionSetup, prepare_session, read_material_for_people
from tricky.core.progress import Notify, no_notice


def check_session(setup: SessionSetup, screen: SessionScreen, notify: Notify = no_notice) -> list[Check]:
    """Check stimulus set, data folder, keys and desktop; then open window and keyboard and show every image.

    The window is opened only if the stimulus set is sound.

    Parameters
    ----------
    setup : SessionSetup
        The study's stimulus set, data set and settings.
    screen : SessionScreen
        Opens window and keyboard.
    notify : callable
        Takes a line for the experimenter about what the check waits for.

    Raises
    ------
    InputError
        Texts or settings are wrong; screen or keyboard are missing; the images do not fit.
    """
    checks = check_without_screen(setup.stimuli, setup.data, setup.settings)
    if not checks[0].ok:
        return checks
    path = SessionPath(setup.data, "doctor", 1, setup.settings.task_name)
    session = prepare_session(setup, read_material_for_people(setup), path)
    with screen.open_devices(session.content, 0, notify) as devices:
        measured = devices.measured
        devices.display.get_ready()
    if measured is None:
        return checks
    return [*checks, *check_screen(measured, setup.settings, images_drawn=True)]
